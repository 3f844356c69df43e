"""The URL table of the pages."""

from standpipe.core.clock import SystemClock
from standpipe.http.limits import RateLimiter
from standpipe.http.messages import Room, Route, Work
from standpipe.web.errors import render_error
from standpipe.web.pages.home import show_home
from standpipe.web.pages.profile import replace_user_key, show_profile, sign_out_program
from standpipe.web.pages.programs import (
    add_program,
    remove_program,
    replace_secret,
    show_programs,
)
from standpipe.web.pages.query import replace_query_key, show_query
from standpipe.web.pages.setup import set_up, show_setup
from standpipe.web.pages.sign_in import show_sign_in, sign_in_within, sign_out
from standpipe.web.session import read_credentials, read_csrf
from standpipe.web.static import show_asset


def make_room(sign_ins: RateLimiter) -> Room:
    """Return the room of the pages; ``sign_ins`` limits how often a client may try a password."""
    return Room(
        name="web",
        routes=(
            Route("GET", "/", show_home, is_public=True),
            Route("GET", "/login", show_sign_in, is_public=True),
            Route("POST", "/login", sign_in_within(sign_ins), Work.SLOW, is_public=True),
            Route("GET", "/logout", sign_out, Work.WRITE, is_public=True),
            Route("POST", "/logout", sign_out, Work.WRITE, is_public=True),
            Route("GET", "/setup", show_setup, is_public=True),
            Route("POST", "/setup", set_up, Work.SLOW, is_public=True),
            Route("GET", "/profile", show_profile, Work.WRITE),
            Route("POST", "/profile/key", replace_user_key, Work.WRITE),
            Route("POST", "/profile/programs/sign-out", sign_out_program, Work.WRITE),
            Route("GET", "/profile/programs", show_programs),
            Route("POST", "/profile/programs", add_program, Work.WRITE),
            Route("POST", "/profile/programs/secret", replace_secret, Work.WRITE),
            Route("POST", "/profile/programs/remove", remove_program, Work.WRITE),
            Route("GET", "/queries/{id:int}", show_query, Work.SLOW),
            Route("POST", "/queries/{id:int}/key", replace_query_key, Work.WRITE),
            Route("GET", "/static/{name}", show_asset, is_public=True),
        ),
        read_credentials=read_credentials,
        render_error=render_error,
        read_csrf=read_csrf,
    )


# Redash's limit. Counted in the one web process.
ROOM = make_room(RateLimiter(50, 3600, SystemClock()))
