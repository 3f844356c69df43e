"""Namespaces: every user has one, named by the handle of his name; the team's is the workspace's.

Everybody of the workspace may make things in the team's namespace. What is made belongs to whoever
made it; what an administrator makes in somebody's namespace belongs to that user.
"""

from typing import Protocol

from standpipe.core.errors import NotAllowed
from standpipe.core.ids import UserId
from standpipe.core.permissions import require_user
from standpipe.core.ports import PeopleStore, WorkspaceStore
from standpipe.core.principals import Principal
from standpipe.core.tables import handle_of


class NamespaceStore(PeopleStore, WorkspaceStore, Protocol):
    """The slice of the metadata store that namespaces need."""


def own_namespace(store: NamespaceStore, principal: Principal) -> str:
    """Return the namespace of a user; UserNeeded."""
    require_user(principal)
    assert principal.user_id is not None  # noqa: S101 # a user has an id
    return handle_of(store.get_user(principal.user_id).name)


def team_namespace(store: NamespaceStore, principal: Principal) -> str:
    """Return the namespace that the workspace shares."""
    return handle_of(store.get_workspace(principal.workspace_id).slug)


def owner_in(store: NamespaceStore, principal: Principal, namespace: str) -> UserId:
    """Return whose becomes what a caller makes in a namespace; NotAllowed in somebody else's."""
    own = own_namespace(store, principal), team_namespace(store, principal)
    if namespace in own and principal.user_id is not None:
        return principal.user_id
    if principal.is_admin:
        for user in store.find_users(principal.workspace_id):
            if handle_of(user.name) == namespace and not user.is_disabled:
                return user.id
    raise NotAllowed(
        f"namespace: {namespace!r} is not yours.", detail=f"Yours are: {', '.join(own)}."
    )
