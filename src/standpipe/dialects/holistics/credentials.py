"""Where Holistics' clients put their key: compat/holistics.md 1."""

from typing import Final

from standpipe.http.messages import Credentials, Inbound

LINKED: Final = "/exports/file"
_BEARER: Final = "bearer "


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key of the header ``X-Holistics-Key``, of a bearer, or of ``_utoken``.

    The first place that has one counts. A link stands for whoever made it, and for him alone.
    """
    if inbound.path == LINKED:
        return Credentials(link=inbound.arg("link") or "")
    return Credentials(key=find_key(inbound))


def find_key(inbound: Inbound) -> str | None:
    """Return the key that a request carries; an empty one is none."""
    authorization = inbound.headers.get("authorization", "")
    is_bearer = authorization.lower().startswith(_BEARER)
    bearer = authorization[len(_BEARER) :].strip() if is_bearer else ""
    return inbound.headers.get("x-holistics-key") or bearer or inbound.arg("_utoken") or None


def read_csrf(inbound: Inbound) -> str | None:  # noqa: ARG001
    """Return None: no browser session is taken here."""
    return None
