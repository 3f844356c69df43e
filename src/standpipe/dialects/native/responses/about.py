"""Where everything is, who is asking, and the data sources."""

from collections.abc import Sequence

import msgspec

from standpipe.core.datasources import DataSource
from standpipe.core.permissions import Access, source_access
from standpipe.core.principals import Principal
from standpipe.core.workspaces import User, Workspace
from standpipe.dialects.native.responses.bodies import Addresses


class Index(msgspec.Struct, kw_only=True, frozen=True):
    """Where everything is."""

    name: str
    version: str
    openapi: str
    me: str
    data_sources: str
    queries: str
    executions: str


class SourceShown(msgspec.Struct, kw_only=True, frozen=True):
    """A configured database; its settings are for the terminal."""

    id: int
    name: str
    kind: str
    is_paused: bool
    pause_reason: str | None
    can_run: bool


class SourceList(msgspec.Struct, kw_only=True, frozen=True):
    """The data sources that the caller reaches into, by name."""

    data_sources: tuple[SourceShown, ...]


class WorkspaceShown(msgspec.Struct, kw_only=True, frozen=True):
    """Who shares queries and sources."""

    slug: str
    name: str


class UserShown(msgspec.Struct, kw_only=True, frozen=True):
    """A person with an account."""

    id: int
    name: str
    email: str


class MeShown(msgspec.Struct, kw_only=True, frozen=True):
    """Who asks: a user, or the key of one query."""

    workspace: WorkspaceShown
    user: UserShown | None
    query_id: int | None
    permissions: tuple[str, ...]


def show_index(to: Addresses) -> Index:
    """Return where everything is."""
    return Index(
        name="Standpipe",
        version="1",
        openapi=to.to("openapi.json"),
        me=to.to("me"),
        data_sources=to.to("data-sources"),
        queries=to.to("queries"),
        executions=to.to("executions"),
    )


def show_sources(sources: Sequence[DataSource], principal: Principal) -> SourceList:
    """Return data sources as a body."""
    return SourceList(data_sources=tuple(_source(each, principal) for each in sources))


def show_me(principal: Principal, workspace: Workspace, user: User | None) -> MeShown:
    """Return who asks as a body."""
    return MeShown(
        workspace=WorkspaceShown(slug=workspace.slug, name=workspace.name),
        user=None if user is None else UserShown(id=user.id, name=user.name, email=user.email),
        query_id=principal.query_id,
        permissions=tuple(sorted(str(each) for each in principal.permissions)),
    )


def _source(source: DataSource, principal: Principal) -> SourceShown:
    return SourceShown(
        id=source.id,
        name=source.name,
        kind=source.kind,
        is_paused=source.is_paused,
        pause_reason=source.pause_reason,
        can_run=source_access(principal, source) is Access.FULL,
    )
