"""Who is signed in, the key that stands for him, and the programs that act for him."""

from standpipe.core.errors import NotAllowed
from standpipe.core.oauth import SCOPES
from standpipe.core.workspaces import User
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.forms import read_form
from standpipe.web.show import redirect, show_page


def show_profile(services: Services, inbound: Inbound) -> Outbound:
    """Show name, e-mail and key of the caller, and his programs."""
    user = _user(services, inbound)
    key = services.keys.user_key(inbound.principal, user)
    programs = services.oauth_tokens.standing(inbound.principal)
    return show_page(inbound, "profile.html", user=user, key=key, programs=programs, scopes=SCOPES)


def replace_user_key(services: Services, inbound: Inbound) -> Outbound:
    """Give the caller a new key; the old one is refused from now on."""
    services.keys.replace_user_key(inbound.principal, _user(services, inbound))
    return redirect(f"{inbound.prefix}/profile", status=303)


def sign_out_program(services: Services, inbound: Inbound) -> Outbound:
    """End what a program may do for the caller; its tokens are refused from now on."""
    client_id = read_form(inbound).get("client_id", "")
    client = services.oauth_clients.find(inbound.principal.workspace_id, client_id)
    if client is not None:
        services.oauth_tokens.sign_out(inbound.principal, client)
    return redirect(f"{inbound.prefix}/profile", status=303)


def _user(services: Services, inbound: Inbound) -> User:
    user_id = inbound.principal.user_id
    if user_id is None:
        raise NotAllowed("Only a person has a profile.")
    return services.accounts.get_user(user_id)
