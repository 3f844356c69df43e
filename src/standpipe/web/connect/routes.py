"""The URL table of the token service, and the room as a value."""

from standpipe.core.clock import SystemClock
from standpipe.http.limits import RateLimiter
from standpipe.http.messages import Credentials, Inbound, Room, Route, Work
from standpipe.web.connect.endpoints import (
    exchange_within,
    revoke_within,
    show_keys,
    show_metadata,
    show_user,
)
from standpipe.web.connect.errors import render_error
from standpipe.web.connect.pages import PATH, ask, decide
from standpipe.web.forms import read_form
from standpipe.web.session import CSRF_FIELD, SESSION_COOKIE

MOUNTED_AT = ("/connect", "/.well-known")


def read_credentials(inbound: Inbound) -> Credentials:
    """Return the session cookie where a person is asked; programs prove themselves in the body."""
    if inbound.path != PATH:
        return Credentials()
    return Credentials(cookie=inbound.cookies.get(SESSION_COOKIE))


def make_room(failures: RateLimiter) -> Room:
    """Return the room; ``failures`` limits how often a caller may give wrong secrets and codes."""
    exchange, revoke = exchange_within(failures), revoke_within(failures)
    return Room(
        name="connect",
        routes=(
            Route("GET", PATH, ask, Work.SLOW, is_public=True),
            Route("POST", PATH, decide, Work.SLOW, is_public=True),
            Route("POST", "/connect/token", exchange, Work.SLOW, is_public=True),
            Route("POST", "/connect/revocation", revoke, Work.SLOW, is_public=True),
            Route("GET", "/connect/userinfo", show_user, is_public=True),
            Route("POST", "/connect/userinfo", show_user, is_public=True),
            Route("GET", "/.well-known/openid-configuration", show_metadata, is_public=True),
            Route("GET", "/.well-known/oauth-authorization-server", show_metadata, is_public=True),
            Route("GET", "/.well-known/jwks.json", show_keys, Work.SLOW, is_public=True),
        ),
        read_credentials=read_credentials,
        render_error=render_error,
        read_csrf=lambda inbound: read_form(inbound).get(CSRF_FIELD),
    )


# Generous, since many programs may share an address; counted in the one web process.
ROOM = make_room(RateLimiter(60, 60, SystemClock()))
