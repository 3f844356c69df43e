"""Pages as answers: templates rendered, headers set, redirects within the site."""

import functools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from standpipe.http.messages import Inbound, Outbound
from standpipe.web.session import Header, csrf_cookie
from standpipe.web.static import asset_path

_SELF = "'self'"


def security_headers(form_action: str = _SELF) -> tuple[Header, ...]:
    """Return the headers of a page whose forms may lead to ``form_action``.

    Browsers hold what a form is redirected to against it too.
    """
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return (
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )


SECURITY_HEADERS = security_headers()
CONTENT_SECURITY_POLICY = SECURITY_HEADERS[0][1]


def show_page(
    inbound: Inbound,
    template: str,
    *,
    status: int = 200,
    headers: Sequence[Header] = (),
    form_action: str = _SELF,
    **values: Any,
) -> Outbound:
    """Return a rendered page with the security headers; pages of sessions carry their token."""
    body = _environment().get_template(template).render(inbound=inbound, **values)
    return Outbound(
        status=status,
        headers=(
            ("Content-Type", "text/html; charset=utf-8"),
            *security_headers(form_action),
            *csrf_cookie(inbound),
            *headers,
        ),
        body=body.encode("utf-8", "replace"),
    )


def redirect(location: str, *, status: int = 302, headers: Sequence[Header] = ()) -> Outbound:
    """Send the browser elsewhere; 303 after a write, so that reloading does not repeat it."""
    return Outbound(status=status, headers=(("Location", location), *SECURITY_HEADERS, *headers))


@functools.cache
def _environment() -> Environment:
    """Make the template engine once; templates are read when first shown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_path
    environment.filters["moment"] = _moment
    environment.filters["count"] = _count
    return environment


def _moment(at: datetime) -> str:
    """Write a time for people: 22 Nov 2026, 13:09 UTC."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _count(number: int, noun: str) -> str:
    """Write a number with its noun: 1 row, 12,000 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
