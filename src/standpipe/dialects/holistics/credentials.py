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
    key = inbound.headers.get("x-holistics-key")
    if key is None:
        authorization = inbound.headers.get("authorization", "")
        if authorization.lower().startswith(_BEARER):
            key = authorization[len(_BEARER) :].strip()
    return Credentials(key=inbound.arg("_utoken") if key is None else key)


def read_csrf(inbound: Inbound) -> str | None:  # noqa: ARG001
    """Return None: no browser session is taken here."""
    return None
