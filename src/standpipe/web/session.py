"""Cookies, the tokens of forms, and where to go after sign-in.

Two tokens: a form of somebody signed in carries the token of his session, which the door checks;
the forms before that (sign-in, set-up) carry one made from a cookie that only this browser has.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from standpipe.core.clock import Clock
from standpipe.core.workspaces import Session
from standpipe.http.messages import Credentials, Inbound
from standpipe.services.accounts import DEFAULT_SLUG
from standpipe.web.forms import read_form

SESSION_COOKIE = "session"
CSRF_COOKIE = "csrf_token"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
# These forms may be sent by somebody who is signed in elsewhere; they check a token of their own.
SIGN_IN_PATHS = frozenset({"/login", "/setup"})

_VISITOR = re.compile(r"[A-Za-z0-9_-]{43}")
# Browsers drop tabs and line breaks and read "\" as "/": "/\t/host" and "/\host" leave the site.
_WITHIN_SITE = re.compile(r"/(?![/\\])[!-\[\]-~]{0,8000}")

Header = tuple[str, str]


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the session cookie; keys do not open pages."""
    return Credentials(cookie=inbound.cookies.get(SESSION_COOKIE))


def read_csrf(inbound: Inbound) -> str | None:
    """Return the token that a write carries in its header or in its form."""
    if inbound.path in SIGN_IN_PATHS and inbound.session is not None:
        return inbound.session.csrf_token
    return inbound.headers.get(CSRF_HEADER) or read_form(inbound).get(CSRF_FIELD)


def session_cookies(
    inbound: Inbound, cookie: str, session: Session, *, clock: Clock, remember: bool
) -> list[Header]:
    """Return the headers that sign a browser in, until it closes or for as long as remembered."""
    age = int((session.expires_at - clock.now()).total_seconds()) if remember else None
    return [
        _set_cookie(inbound, SESSION_COOKIE, cookie, max_age=age),
        _set_cookie(inbound, CSRF_COOKIE, session.csrf_token, max_age=age, is_readable=True),
        _set_cookie(inbound, visitor_cookie_name(inbound), "", max_age=0),
    ]


def signed_out_cookies(inbound: Inbound) -> list[Header]:
    """Return the headers that make a browser forget its session."""
    return [
        _set_cookie(inbound, SESSION_COOKIE, "", max_age=0),
        _set_cookie(inbound, CSRF_COOKIE, "", max_age=0, is_readable=True),
    ]


def csrf_cookie(inbound: Inbound) -> list[Header]:
    """Return what gives a signed-in browser its readable token back, if it lost it."""
    session = inbound.session
    if session is None or inbound.cookies.get(CSRF_COOKIE) == session.csrf_token:
        return []
    return [_set_cookie(inbound, CSRF_COOKIE, session.csrf_token, is_readable=True)]


def visitor_cookie_name(inbound: Inbound) -> str:
    """Return the name of the cookie of somebody who is not signed in yet.

    Over HTTPS the prefix keeps neighbouring hosts from planting one.
    """
    return "__Host-visitor" if _is_secure(inbound) else "visitor"


def visitor_token(inbound: Inbound) -> tuple[str, list[Header]]:
    """Return the token for a form before sign-in, and the header of its cookie."""
    name = visitor_cookie_name(inbound)
    visitor = inbound.cookies.get(name, "")
    if not _VISITOR.fullmatch(visitor):
        visitor = secrets.token_urlsafe(32)
    return _token_of(visitor), [_set_cookie(inbound, name, visitor)]


def is_own_form(inbound: Inbound, form: Mapping[str, str]) -> bool:
    """Whether a form before sign-in was served to this very browser."""
    visitor = inbound.cookies.get(visitor_cookie_name(inbound), "")
    given = form.get(CSRF_FIELD, "")
    return bool(_VISITOR.fullmatch(visitor)) and hmac.compare_digest(
        given.encode(), _token_of(visitor).encode()
    )


def next_path(inbound: Inbound, wanted: str | None) -> str:
    """Return where to go after sign-in: ``wanted`` if it stays within this site, else home."""
    if wanted and _WITHIN_SITE.fullmatch(wanted):
        return wanted
    return f"{inbound.prefix}/"


def login_location(inbound: Inbound) -> str:
    """Return the address of the sign-in page that comes back to this page."""
    login = f"{inbound.prefix}/login"
    here = quote(f"{inbound.prefix}{inbound.path}")
    if inbound.method not in {"GET", "HEAD"} or inbound.path == "/":
        return login
    return f"{login}?next={quote(here, safe='/')}"


def workspace_slug(inbound: Inbound) -> str:
    """Return the workspace to sign in to."""
    return inbound.workspace.slug if inbound.workspace else DEFAULT_SLUG


def _token_of(visitor: str) -> str:
    return hashlib.sha256(f"standpipe form {visitor}".encode()).hexdigest()


def _is_secure(inbound: Inbound) -> bool:
    return inbound.base_url.startswith("https://")


def _set_cookie(
    inbound: Inbound,
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    is_readable: bool = False,
) -> Header:
    parts = [f"{name}={value}", "Path=/"]
    parts += [] if max_age is None else [f"Max-Age={max(0, max_age)}"]
    parts += [] if is_readable else ["HttpOnly"]
    parts += ["Secure"] if _is_secure(inbound) else []
    return ("Set-Cookie", "; ".join([*parts, "SameSite=Lax"]))
