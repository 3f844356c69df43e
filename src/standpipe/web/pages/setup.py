"""First-run set-up: makes the first administrator, once."""

from standpipe.core.errors import Conflict, InvalidRequest
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.accounts import MINIMUM_PASSWORD_LENGTH, NewAccount
from standpipe.services.directory import Services
from standpipe.web.forms import read_form
from standpipe.web.pages.sign_in import EXPIRED_FORM, open_session
from standpipe.web.session import is_own_form, visitor_token
from standpipe.web.show import redirect, show_page


def show_setup(services: Services, inbound: Inbound) -> Outbound:
    """Show the form while nobody has an account."""
    if services.accounts.is_set_up():
        return redirect(f"{inbound.prefix}/login")
    return _show_form(inbound)


def set_up(services: Services, inbound: Inbound) -> Outbound:
    """Make the first administrator and sign him in."""
    if services.accounts.is_set_up():
        return redirect(f"{inbound.prefix}/login")
    form = read_form(inbound)
    if not is_own_form(inbound, form):
        return _show_form(inbound, status=400, problem=EXPIRED_FORM)
    password = form.get("password", "")
    if not password:  # an account without one is for people who sign in elsewhere
        return _show_form(inbound, status=400, problem="The password is empty.")
    account = NewAccount(name=form.get("name", ""), email=form.get("email", ""), password=password)
    return _make(services, inbound, account, password)


def _make(services: Services, inbound: Inbound, account: NewAccount, password: str) -> Outbound:
    try:
        user = services.accounts.set_up(account)
    except Conflict:  # somebody else was faster
        return redirect(f"{inbound.prefix}/login")
    except InvalidRequest as error:
        return _show_form(inbound, status=400, problem=str(error))
    return open_session(services, inbound, user.email, password, remember=False)


def _show_form(inbound: Inbound, *, status: int = 200, problem: str = "") -> Outbound:
    form = read_form(inbound)
    token, headers = visitor_token(inbound)
    return show_page(
        inbound,
        "setup.html",
        status=status,
        headers=headers,
        problem=problem,
        name=form.get("name", ""),
        email=form.get("email", ""),
        minimum=MINIMUM_PASSWORD_LENGTH,
        csrf_token=token,
    )
