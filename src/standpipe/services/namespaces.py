"""Namespaces of uploaded tables: who may make tables where, and whose they become."""

from typing import Protocol

from standpipe.core.errors import NotAllowed
from standpipe.core.ids import UserId
from standpipe.core.permissions import require_user
from standpipe.core.ports import PeopleStore, WorkspaceStore
from standpipe.core.principals import Principal
from standpipe.core.tables import handle_of


class NamespaceStore(PeopleStore, WorkspaceStore, Protocol):
    """The slice of the metadata store that namespaces need."""


class Namespaces:
    """Every user has one, named by the handle of his name; the team's is named by its slug."""

    def __init__(self, store: NamespaceStore) -> None:
        """Take the port."""
        self._store = store

    def of(self, principal: Principal) -> tuple[str, str]:
        """Return the namespaces in which a user may make tables: his own and the team's."""
        team = handle_of(self._store.get_workspace(principal.workspace_id).slug)
        return self.own(principal), team

    def own(self, principal: Principal) -> str:
        """Return the namespace of a user; UserNeeded."""
        require_user(principal)
        assert principal.user_id is not None  # noqa: S101 # a user has an id
        return handle_of(self._store.get_user(principal.user_id).name)

    def owner_in(self, principal: Principal, namespace: str) -> UserId:
        """Return whose a table becomes that is made there; NotAllowed."""
        own = self.of(principal)
        if namespace in own and principal.user_id is not None:
            return principal.user_id
        if principal.is_admin:
            for user in self._store.find_users(principal.workspace_id):
                if handle_of(user.name) == namespace and not user.is_disabled:
                    return user.id
        raise NotAllowed(
            f"namespace: {namespace!r} is not yours.", detail=f"Yours are: {', '.join(own)}."
        )
