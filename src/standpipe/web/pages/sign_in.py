"""Signing in and out."""

from standpipe.core.errors import NotAuthenticated
from standpipe.http.limits import RateLimiter
from standpipe.http.messages import Handler, Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.forms import is_ticked, read_form
from standpipe.web.session import (
    SESSION_COOKIE,
    is_own_form,
    next_path,
    session_cookies,
    signed_out_cookies,
    visitor_token,
    workspace_slug,
)
from standpipe.web.show import redirect, show_page

EXPIRED_FORM = "This form had expired. Please try again, with cookies allowed for this site."


def show_sign_in(services: Services, inbound: Inbound) -> Outbound:
    """Show the form; whoever is signed in goes on at once."""
    if inbound.caller is not None:
        return redirect(next_path(inbound, inbound.arg("next")))
    if not services.accounts.is_set_up():
        return redirect(f"{inbound.prefix}/setup")
    return _show_form(inbound)


def sign_in_within(limit: RateLimiter) -> Handler:
    """Return the handler that signs in, as often as the limit allows each client."""

    def sign_in(services: Services, inbound: Inbound) -> Outbound:
        limit.check(inbound.client)
        form = read_form(inbound)
        if not is_own_form(inbound, form):
            return _show_form(inbound, status=400, problem=EXPIRED_FORM)
        try:
            return open_session(
                services,
                inbound,
                form.get("email", ""),
                form.get("password", ""),
                remember=is_ticked(form, "remember"),
            )
        except NotAuthenticated as error:
            return _show_form(inbound, status=401, problem=error.message)

    return sign_in


def open_session(
    services: Services, inbound: Inbound, email: str, password: str, *, remember: bool
) -> Outbound:
    """Sign in, end the session this browser had, and go on; NotAuthenticated."""
    cookie, session = services.accounts.sign_in(
        workspace_slug(inbound), email, password, remember=remember, client=inbound.client
    )
    services.accounts.sign_out(inbound.cookies.get(SESSION_COOKIE, ""))
    wanted = read_form(inbound).get("next") or inbound.arg("next")
    return redirect(
        next_path(inbound, wanted),
        headers=session_cookies(inbound, cookie, session, clock=services.clock, remember=remember),
    )


def sign_out(services: Services, inbound: Inbound) -> Outbound:
    """End the session and show the sign-in form; fine for whoever is not signed in."""
    services.accounts.sign_out(inbound.cookies.get(SESSION_COOKIE, ""))
    return redirect(f"{inbound.prefix}/login", headers=signed_out_cookies(inbound))


def _show_form(inbound: Inbound, *, status: int = 200, problem: str = "") -> Outbound:
    form = read_form(inbound)
    token, headers = visitor_token(inbound)
    return show_page(
        inbound,
        "sign_in.html",
        status=status,
        headers=headers,
        problem=problem,
        email=form.get("email", ""),
        is_remembered=is_ticked(form, "remember"),
        next=next_path(inbound, form.get("next") or inbound.arg("next")),
        csrf_token=token,
    )
