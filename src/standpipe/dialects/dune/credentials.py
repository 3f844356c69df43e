"""Where Dune's clients put their key."""

from standpipe.http.messages import Credentials, Inbound


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the key of the header ``X-Dune-API-Key``, else of the argument ``api_key``."""
    return Credentials(key=inbound.headers.get("x-dune-api-key", inbound.arg("api_key")))


def read_csrf(inbound: Inbound) -> str | None:  # noqa: ARG001
    """Return None: no browser session is taken here."""
    return None
