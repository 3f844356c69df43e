"""Users and groups, and the session of the caller."""

from standpipe.core.ids import UserId
from standpipe.core.workspaces import User
from standpipe.dialects.redash.requests.fields import parse_id
from standpipe.dialects.redash.requests.lists import parse_page, parse_people_filter
from standpipe.dialects.redash.responses.lists import render_page
from standpipe.dialects.redash.responses.people import (
    listed_user_body,
    render_groups,
    render_user,
)
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.directory import Services
from standpipe.services.people import select_people


def list_users(services: Services, inbound: Inbound) -> Outbound:
    """List the people of the workspace."""
    page = parse_page(inbound)
    users = services.accounts.users(inbound.principal)
    found = select_people(users, parse_people_filter(inbound), page)
    names = services.accounts.group_names(inbound.principal)
    bodies = [listed_user_body(user, names) for user in found.items]
    return render_page(found.total, page, bodies)


def get_user(services: Services, inbound: Inbound) -> Outbound:
    """Read a user; with the key for himself and administrators."""
    user = _find(services, inbound)
    principal = inbound.principal
    sees_key = principal.is_admin or principal.user_id == user.id
    return render_user(user, services.keys.user_key(principal, user) if sees_key else None)


def replace_user_key(services: Services, inbound: Inbound) -> Outbound:
    """Give a user a new key."""
    user = _find(services, inbound)
    return render_user(user, services.keys.replace_user_key(inbound.principal, user))


def list_groups(services: Services, inbound: Inbound) -> Outbound:
    """List the groups the caller may know of."""
    return render_groups(services.accounts.groups(inbound.principal))


def _find(services: Services, inbound: Inbound) -> User:
    return services.accounts.see_user(inbound.principal, UserId(parse_id(inbound, "user_id")))


_USER = "/api/users/{user_id:int}"

ROUTES = (
    Route("GET", "/api/users", list_users),
    Route("GET", _USER, get_user, Work.WRITE),  # a user without a key gets one
    Route("POST", f"{_USER}/regenerate_api_key", replace_user_key, Work.WRITE),
    Route("GET", "/api/groups", list_groups),
)
