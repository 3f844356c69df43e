"""Where this API carries its key, and the token that proves a write was meant."""

from standpipe.http.messages import Credentials, Inbound

SESSION_COOKIE = "session"
KEY_PREFIX = "Key "
BEARER = "bearer "


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key or the session cookie of a request; the first place that has one counts.

    Query string ``api_key``, then the header ``Authorization`` (its first ``Key `` removed, so a
    bare key works too; so does one after ``Bearer ``, which Redash itself does not take), then the
    cookie. A wrong key is never made good by a later place.
    """
    key = inbound.arg("api_key")
    if key is None and "authorization" in inbound.headers:
        key = inbound.headers["authorization"].replace(KEY_PREFIX, "", 1)
        if key[: len(BEARER)].lower() == BEARER:
            key = key[len(BEARER) :].strip()
    if key is not None:
        return Credentials(key=key)
    return Credentials(cookie=inbound.cookies.get(SESSION_COOKIE))


def read_csrf(inbound: Inbound) -> str | None:
    """Return the token that a write with a session cookie must carry."""
    return inbound.headers.get("x-csrf-token") or inbound.headers.get("x-csrftoken")
