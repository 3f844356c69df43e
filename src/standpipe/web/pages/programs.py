"""The registered programs: administrators add them, owners renew their secrets or remove them."""

from standpipe.core.errors import InvalidRequest
from standpipe.core.oauth import DEFAULT_REDIRECT_URI, OAuthClient
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.services.oauth_clients import NewClient
from standpipe.web.forms import is_ticked, read_form
from standpipe.web.show import redirect, show_page

PATH = "/profile/programs"


def show_programs(services: Services, inbound: Inbound) -> Outbound:
    """Show the programs that the caller may manage; administrators also a form for a new one."""
    return _show(services, inbound)


def add_program(services: Services, inbound: Inbound) -> Outbound:
    """Register a program for the caller; its secret is shown in this answer alone."""
    form = read_form(inbound)
    new = NewClient(
        name=form.get("name", ""),
        owner_id=services.accounts.user_of(inbound.principal).id,
        is_public=is_ticked(form, "is_public"),
        redirect_uris=tuple(form.get("redirect_uris", "").split()),
    )
    try:
        client, secret = services.oauth_clients.add(inbound.principal, new)
    except InvalidRequest as error:
        return _show(services, inbound, status=400, problem=str(error))
    return _show(services, inbound, client=client, secret=secret)


def replace_secret(services: Services, inbound: Inbound) -> Outbound:
    """Give a program a new secret, shown in this answer alone; the old one is refused."""
    name = read_form(inbound).get("client_id", "")
    client = services.oauth_clients.get(inbound.principal, name)
    secret = services.oauth_clients.rotate_secret(inbound.principal, name)
    return _show(services, inbound, client=client, secret=secret)


def remove_program(services: Services, inbound: Inbound) -> Outbound:
    """Remove a program with its tokens."""
    name = read_form(inbound).get("client_id", "")
    services.oauth_clients.remove(inbound.principal, name)
    return redirect(f"{inbound.prefix}{PATH}", status=303)


def _show(
    services: Services,
    inbound: Inbound,
    *,
    status: int = 200,
    problem: str = "",
    client: OAuthClient | None = None,
    secret: str | None = None,
) -> Outbound:
    return show_page(
        inbound,
        "programs.html",
        status=status,
        problem=problem,
        made=client,
        secret=secret,
        clients=services.oauth_clients.list(inbound.principal),
        usual=DEFAULT_REDIRECT_URI,
        path=f"{inbound.prefix}{PATH}",
    )
