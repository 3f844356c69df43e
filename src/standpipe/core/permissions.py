"""May they? Pure functions over a principal and the thing it asks for.

The rules (compat/redash.md 1.4, without its leaks): access to a data source comes from groups; a
query inherits the groups of its data source; without one only administrators reach it. A query
key reaches its query, its results and its own submissions, and nothing else. A private table, and
what was read from it, is for its owner and for administrators; a query key acts for the owner of
its query there, but never as an administrator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from standpipe.core.batches import Batch
from standpipe.core.datasources import DataSource
from standpipe.core.errors import NotAllowed, NotFound, SourceNotAllowed, UserNeeded
from standpipe.core.executions import Submission
from standpipe.core.ids import UserId
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Query, Visibility
from standpipe.core.reports.requests import ReportRequest
from standpipe.core.tables import UploadedTable


class Access(IntEnum):
    """How far somebody reaches into a data source."""

    NONE = 0
    VIEW = 1
    FULL = 2


def source_access(principal: Principal, source: DataSource | None) -> Access:
    """Return how far a principal reaches into a source; a missing source is for administrators."""
    if principal.is_admin:
        return Access.FULL
    if source is None:
        return Access.NONE
    grants = [source.grants[group] for group in principal.group_ids if group in source.grants]
    if not grants:
        return Access.NONE
    return Access.VIEW if all(grants) else Access.FULL


def require_permission(principal: Principal, permission: Permission) -> None:
    """Raise NotAllowed unless one of the principal's groups allows this."""
    if permission not in principal.permissions and not principal.is_admin:
        raise NotAllowed(hint=f"This takes the permission {permission.value!r}.")


def require_user(principal: Principal) -> None:
    """Raise UserNeeded for keys that do not stand for a person."""
    if not principal.is_user:
        raise UserNeeded()


def require_source(principal: Principal, source: DataSource | None, access: Access) -> None:
    """Raise SourceNotAllowed unless the principal reaches into the source this far."""
    if source_access(principal, source) < access:
        raise SourceNotAllowed()


def sees_query(principal: Principal, query: Query) -> bool:
    """Whether the principal may know that a query exists at all."""
    if query.workspace_id != principal.workspace_id:
        return False
    if principal.is_user:
        is_own = query.owner_id == principal.user_id
        return is_own or principal.is_admin or query.visibility is not Visibility.PRIVATE
    return principal.query_id == query.id


def require_view(principal: Principal, query: Query, source: DataSource | None) -> None:
    """Raise NotFound for a hidden query, NotAllowed where the data source is out of reach."""
    if not sees_query(principal, query):
        raise NotFound(f"There is no query {query.id}.")
    if not principal.is_user:
        return
    require_permission(principal, Permission.VIEW_QUERY)
    if source_access(principal, source) < Access.VIEW:
        raise NotAllowed(hint="Your groups do not reach this query's data source.")


def can_edit_query(principal: Principal, query: Query) -> bool:
    """Whether this is the query's owner or an administrator."""
    return principal.is_user and (principal.is_admin or principal.user_id == query.owner_id)


def require_owner(principal: Principal, owner_id: int) -> None:
    """Raise NotAllowed unless the principal owns the thing or is an administrator."""
    if not principal.is_user or not (principal.is_admin or principal.user_id == owner_id):
        raise NotAllowed(hint="Only its owner or an administrator may change this.")


def require_holder(
    principal: Principal, held: Submission | Batch | ReportRequest, missing: str
) -> None:
    """Raise NotFound unless what is held is the principal's own (or it administrates).

    ``missing`` is what the store says of one that is not there: nobody may tell them apart.
    """
    own = held.holder == principal.holder
    if held.workspace_id != principal.workspace_id or not (own or principal.is_admin):
        raise NotFound(missing)


@dataclass(frozen=True, slots=True)
class TableReader:
    """Who reads private tables."""

    user_id: UserId | None
    is_admin: bool = False

    def may_read(self, table: UploadedTable) -> bool:
        """Whether a table of his workspace is there for him."""
        return not table.is_private or self.may_read_of((table.owner_id,))

    def may_read_of(self, owner_ids: Sequence[UserId]) -> bool:
        """Whether he may read what comes from private tables of all these owners."""
        return self.is_admin or all(owner_id == self.user_id for owner_id in owner_ids)


def table_reader(principal: Principal, query: Query | None = None) -> TableReader:
    """Return as whom a principal reads private tables, for a query if there is one."""
    if principal.is_user:
        return TableReader(principal.user_id, principal.is_admin)
    is_own = query is not None and principal.query_id == query.id
    return TableReader(query.owner_id if query is not None and is_own else None)


def require_table_owner(principal: Principal, table: UploadedTable) -> None:
    """Raise NotFound for a table that is hidden, NotAllowed for one that is somebody else's."""
    is_visible = table.workspace_id == principal.workspace_id
    if not is_visible or not table_reader(principal).may_read(table):
        raise NotFound(f"There is no table {table.full_name}.")
    require_owner(principal, table.owner_id)
