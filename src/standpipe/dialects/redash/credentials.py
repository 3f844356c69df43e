"""Where this API carries its key, and the token that proves a write was meant."""

from standpipe.http.messages import Credentials, Inbound
from standpipe.services.oauth_tokens import looks_like_token

SESSION_COOKIE = "session"
KEY_PREFIX = "Key "


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key or the session cookie of a request; the first place that has one counts.

    Query string ``api_key``, then the header ``Authorization`` (its first ``Key `` removed, so a
    bare key works too), then the cookie. A wrong key is never made good by a later place. After
    ``Bearer `` stands an access token, which Redash itself does not know; a key there is wrong.
    """
    key = inbound.arg("api_key")
    if key is None and "authorization" in inbound.headers:
        key = inbound.headers["authorization"].replace(KEY_PREFIX, "", 1)
        scheme, _, rest = key.partition(" ")
        if scheme.lower() == "bearer" and looks_like_token(rest.strip()):
            key = rest.strip()
    if key is not None:
        return Credentials(key=key)
    return Credentials(cookie=inbound.cookies.get(SESSION_COOKIE))


def read_csrf(inbound: Inbound) -> str | None:
    """Return the token that a write with a session cookie must carry."""
    return inbound.headers.get("x-csrf-token") or inbound.headers.get("x-csrftoken")
