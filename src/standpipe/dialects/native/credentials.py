"""Where this API carries its key: anywhere that programs and spreadsheets can put one."""

import base64
import binascii

from standpipe.core.errors import NotAuthenticated
from standpipe.http.messages import Credentials, Inbound

SESSION_COOKIE = "session"
_SCHEMES = frozenset({"bearer", "key", "token"})


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key or the session cookie of a request; the first place that has one counts.

    ``Authorization`` (Bearer, Key, Token; Basic with the key as user name or as password), then
    ``X-API-Key``, then the argument ``api_key``, then the cookie. A wrong key is never made good
    by a later place. NotAuthenticated for an ``Authorization`` that cannot be read.
    """
    if "authorization" in inbound.headers:
        return Credentials(key=_authorized(inbound.headers["authorization"]))
    key = inbound.headers.get("x-api-key", inbound.arg("api_key"))
    if key is not None:
        return Credentials(key=key)
    return Credentials(cookie=inbound.cookies.get(SESSION_COOKIE))


def read_csrf(inbound: Inbound) -> str | None:
    """Return the token that a write with a session cookie must carry."""
    return inbound.headers.get("x-csrf-token")


def _authorized(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() in _SCHEMES:
        return rest.strip()
    if scheme.lower() == "basic":
        return _basic(rest.strip())
    raise NotAuthenticated(
        "The Authorization header cannot be read.", hint="Send 'Authorization: Bearer <key>'."
    )


def _basic(encoded: str) -> str:
    """Return the user name of Basic credentials, the password if that is empty or a mere word.

    Keys are longer than any word that people put beside them.
    """
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotAuthenticated("The Basic credentials cannot be read.") from error
    return max(name, password, key=len)
