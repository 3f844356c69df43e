"""The habits of a workspace."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from standpipe.core.permissions import require_permission
from standpipe.core.ports import WorkspaceStore
from standpipe.core.principals import Permission, Principal
from standpipe.core.workspaces import Variant, Workspace


class Workspaces:
    """Changes what a workspace does in its own way."""

    def __init__(self, store: WorkspaceStore) -> None:
        """Take the port."""
        self._store = store

    def change(
        self,
        principal: Principal,
        *,
        variant: Variant | None = None,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> Workspace:
        """Change whose habits the principal's workspace follows, and settings by name.

        NotAllowed for all but administrators.
        """
        require_permission(principal, Permission.ADMIN)
        with self._store.transaction():
            old = self._store.get_workspace(principal.workspace_id)
            kept = {**old.settings, **settings}
            return self._store.update_workspace(
                replace(old, variant=variant or old.variant, settings=kept)
            )
