"""Workspaces."""

from dataclasses import replace

from sqlalchemy import bindparam, insert, select, update

from standpipe.core.errors import NotFound
from standpipe.core.ids import WorkspaceId, new_uid
from standpipe.core.workspaces import Workspace
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered_for_long
from standpipe.stores.metadata.rows import read_workspace
from standpipe.stores.metadata.tables import workspaces
from standpipe.stores.metadata.values import to_json, to_time

_BY_ID = select(workspaces).where(workspaces.c.id == bindparam("id"))
_BY_SLUG = select(workspaces).where(workspaces.c.slug == bindparam("slug"))


class Workspaces(Database):
    """Implements WorkspaceStore."""

    @remembered_for_long
    def find_workspace(self, slug: str) -> Workspace | None:
        """Return the workspace of a slug."""
        row = self._one(_BY_SLUG, {"slug": slug})
        return None if row is None else read_workspace(row)

    @remembered_for_long
    def get_workspace(self, workspace_id: WorkspaceId) -> Workspace:
        """Return a workspace by id; NotFound."""
        row = self._one(_BY_ID, {"id": workspace_id})
        if row is None:
            raise NotFound(f"There is no workspace {workspace_id}.")
        return read_workspace(row)

    def add_workspace(self, workspace: Workspace) -> Workspace:
        """Store a new workspace; NameTaken if the slug exists."""
        added = replace(workspace, uid=new_uid(workspace.created_at))
        statement = insert(workspaces).values(
            uid=str(added.uid),
            slug=added.slug,
            name=added.name,
            variant=added.variant.value,
            settings=to_json(added.settings),
            created_at=to_time(added.created_at),
        )
        taken = f"There already is a workspace {workspace.slug!r}."
        return replace(added, id=WorkspaceId(self._insert(statement, taken=taken)))

    def update_workspace(self, workspace: Workspace) -> Workspace:
        """Replace name, variant and settings; NotFound."""
        statement = (
            update(workspaces)
            .where(workspaces.c.id == workspace.id)
            .values(
                name=workspace.name,
                variant=workspace.variant.value,
                settings=to_json(workspace.settings),
            )
        )
        with self.transaction():
            self._write(statement)
            return self.get_workspace(workspace.id)
