"""Where MyReports' clients put their token: compat/myreports.md 1."""

from typing import Final

from standpipe.http.messages import Credentials, Inbound

# Its British pages spell the header as the word is spelled there.
HEADERS: Final = ("authorization", "authorisation")
_BEARER: Final = "bearer "


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the bearer of either header: a token, or any key of this server."""
    for header in HEADERS:
        text = inbound.headers.get(header, "").strip()
        if text.lower().startswith(_BEARER):
            return Credentials(key=text[len(_BEARER) :].strip())
    return Credentials()


def read_csrf(inbound: Inbound) -> str | None:  # noqa: ARG001
    """Return None: no browser session is taken here."""
    return None
