"""Materialised views as Dune's clients read them (compat/dune.md 3.9)."""

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.executions import Submission
from standpipe.core.ids import Uid
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.queries import Listing
from standpipe.dialects.dune.responses.bodies import show_id


class ViewUpserted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A view that was made or changed, and the run that refreshes it."""

    name: str
    execution_id: str


class ViewRefreshed(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The run that refreshes a view."""

    sql_id: str
    execution_id: str


class ListedView(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A view as a line of a list."""

    id: str
    sql_id: str
    query_id: int
    is_private: bool
    table_size_bytes: int


class ViewShown(ListedView, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A view, its newest refreshes first."""

    last_execution_ids: list[str]
    owner_team_id: int
    owner_user_id: int


class ViewList(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of views, and where the next one begins."""

    materialized_views: list[ListedView]
    next_offset: int | UnsetType = UNSET


class ViewDeleted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What was done to a view, in words."""

    message: str


def show_upserted(view: MaterializedView, run: Uid) -> ViewUpserted:
    """Return a view that was made or changed."""
    return ViewUpserted(name=view.full_name, execution_id=show_id(run))


def show_refreshed(name: str, run: Submission) -> ViewRefreshed:
    """Return the run that refreshes a view of that full name."""
    return ViewRefreshed(sql_id=name, execution_id=show_id(run.uid))


def show_view(view: MaterializedView) -> ViewShown:
    """Return a view; private too while its rows were read from private tables."""
    return ViewShown(
        id=view.full_name,
        sql_id=view.full_name,
        query_id=view.query_id,
        is_private=view.table.is_private,
        table_size_bytes=view.table.byte_count,
        last_execution_ids=[show_id(run) for run in view.runs],
        owner_team_id=view.table.workspace_id,
        owner_user_id=view.table.owner_id,
    )


def show_views(found: Listing[MaterializedView], offset: int) -> ViewList:
    """Return a page of views that begins at ``offset``."""
    views = [
        ListedView(
            id=view.full_name,
            sql_id=view.full_name,
            query_id=view.query_id,
            is_private=view.table.is_private,
            table_size_bytes=view.table.byte_count,
        )
        for view in found.items
    ]
    end = offset + len(views)
    following = end if views and end < found.total else UNSET
    return ViewList(materialized_views=views, next_offset=following)
