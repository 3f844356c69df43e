"""Where Dune's clients put their key."""

from standpipe.http.messages import Credentials, Inbound


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key of the header ``X-Dune-API-Key``, of a bearer, or of ``api_key``.

    The first place that has one counts. Dune itself takes no bearer.
    """
    key = inbound.headers.get("x-dune-api-key")
    scheme, _, bearer = inbound.headers.get("authorization", "").strip().partition(" ")
    if key is None and scheme.lower() == "bearer":
        key = bearer.strip()
    return Credentials(key=inbound.arg("api_key") if key is None else key)


def read_csrf(inbound: Inbound) -> str | None:  # noqa: ARG001
    """Return None: no browser session is taken here."""
    return None
