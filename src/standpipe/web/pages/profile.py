"""Who is signed in, and the key that stands for him."""

from standpipe.core.errors import NotAllowed
from standpipe.core.workspaces import User
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.show import redirect, show_page


def show_profile(services: Services, inbound: Inbound) -> Outbound:
    """Show name, e-mail and key of the caller."""
    user = _user(services, inbound)
    key = services.keys.user_key(inbound.principal, user)
    return show_page(inbound, "profile.html", user=user, key=key)


def replace_user_key(services: Services, inbound: Inbound) -> Outbound:
    """Give the caller a new key; the old one is refused from now on."""
    services.keys.replace_user_key(inbound.principal, _user(services, inbound))
    return redirect(f"{inbound.prefix}/profile", status=303)


def _user(services: Services, inbound: Inbound) -> User:
    user_id = inbound.principal.user_id
    if user_id is None:
        raise NotAllowed("Only a person has a profile.")
    return services.accounts.get_user(user_id)
