"""The caller and data sources, as the older clients see them: compat/holistics.md 2b."""

import msgspec

from standpipe.core.datasources import DataSource
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.workspaces import User


class UserShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whose key it is."""

    id: int
    email: str
    name: str
    role: str


class SourceShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A data source."""

    id: int
    name: str
    dbtype: str


class ViewShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A materialised query, by the number that stands for it here."""

    id: int
    title: str
    query_id: int


def show_view(view: MaterializedView) -> ViewShown:
    """Return a materialised query."""
    return ViewShown(id=view.id, title=view.full_name, query_id=view.query_id)


def show_user(user: User, *, is_admin: bool) -> UserShown:
    """Return a user."""
    role = "admin" if is_admin else "analyst"
    return UserShown(id=user.id, email=user.email, name=user.name, role=role)


def show_source(source: DataSource) -> SourceShown:
    """Return what everybody may know who reaches a data source."""
    return SourceShown(id=source.id, name=source.name, dbtype=source.kind)
