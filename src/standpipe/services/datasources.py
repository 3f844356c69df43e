"""Data sources: who may see, configure and try them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.datasources import ConnectorKind, DataSource, SourceTable
from standpipe.core.errors import FieldMissing, NotAllowed, NotFound
from standpipe.core.ids import DataSourceId, GroupId, new_uid
from standpipe.core.permissions import (
    Access,
    require_permission,
    require_source,
    source_access,
)
from standpipe.core.ports import Connectors, DataSourceStore, PeopleStore
from standpipe.core.principals import Permission, Principal

MASK = "--------"
EVERYBODY = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """What an administrator configures."""

    name: str
    kind: str
    settings: Mapping[str, Any]


class DataSourcesStore(DataSourceStore, PeopleStore, Protocol):
    """The slice of the metadata store that data sources need."""


class DataSources:
    """The data sources of a workspace."""

    def __init__(self, store: DataSourcesStore, *, connectors: Connectors, clock: Clock) -> None:
        """Take the ports."""
        self._store = store
        self._connectors = connectors
        self._clock = clock

    def kinds(self, principal: Principal) -> tuple[ConnectorKind, ...]:
        """Return what can be configured; administrators only."""
        require_permission(principal, Permission.ADMIN)
        return self._connectors.kinds()

    def kind(self, source: DataSource) -> ConnectorKind:
        """Return what a source's kind is called and how it is configured."""
        return self._connectors.get(source.kind).kind

    def visible(self, principal: Principal) -> tuple[DataSource, ...]:
        """Return the sources the principal reaches into, by name."""
        require_permission(principal, Permission.LIST_DATA_SOURCES)
        return tuple(
            source
            for source in self._store.find_data_sources(principal.workspace_id)
            if source_access(principal, source) >= Access.VIEW
        )

    def reachable_ids(self, principal: Principal) -> frozenset[DataSourceId] | None:
        """Return the ids of the sources the principal reaches into; None = all."""
        if principal.is_admin:
            return None
        return frozenset(
            source.id
            for source in self._store.find_data_sources(principal.workspace_id)
            if source_access(principal, source) >= Access.VIEW
        )

    def get(self, principal: Principal, data_source_id: DataSourceId) -> DataSource:
        """Return a source the principal reaches into; NotFound, NotAllowed."""
        source = self._store.get_data_source(data_source_id)
        if source.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no data source {data_source_id}.")
        if source_access(principal, source) < Access.VIEW:
            raise NotAllowed(hint="Your groups do not reach this data source.")
        return source

    def find(self, data_source_id: DataSourceId | None) -> DataSource | None:
        """Return a source for checking rights; None where a query is detached."""
        return None if data_source_id is None else self._store.get_data_source(data_source_id)

    def create(self, principal: Principal, draft: SourceDraft) -> DataSource:
        """Configure a new source, open to the built-in group of everybody."""
        require_permission(principal, Permission.ADMIN)
        now = self._clock.now()
        return self._store.add_data_source(
            DataSource(
                id=DataSourceId(0),
                uid=new_uid(now),
                workspace_id=principal.workspace_id,
                name=_check_name(draft.name),
                kind=draft.kind,
                settings=self._connectors.get(draft.kind).check_settings(draft.settings),
                grants=dict.fromkeys(self._everybody(principal), False),
                created_at=now,
            )
        )

    def configure(
        self, principal: Principal, data_source_id: DataSourceId, draft: SourceDraft
    ) -> DataSource:
        """Change name, kind and settings; a masked secret keeps its old value."""
        require_permission(principal, Permission.ADMIN)
        source = self.get(principal, data_source_id)
        merged = {
            name: source.settings.get(name) if value == MASK else value
            for name, value in draft.settings.items()
        }
        return self._store.update_data_source(
            replace(
                source,
                name=_check_name(draft.name),
                kind=draft.kind,
                settings=self._connectors.get(draft.kind).check_settings(merged),
            )
        )

    def set_paused(
        self,
        principal: Principal,
        data_source_id: DataSourceId,
        *,
        paused: bool,
        reason: str | None,
    ) -> DataSource:
        """Stop new runs on a source, or allow them again."""
        require_permission(principal, Permission.ADMIN)
        source = self.get(principal, data_source_id)
        return self._store.update_data_source(
            replace(source, is_paused=paused, pause_reason=reason if paused else None)
        )

    def outdate_results(self, principal: Principal, data_source_id: DataSourceId) -> DataSource:
        """Let no result that is stored now be fresh enough for those who ask for fresh rows.

        For whoever may run statements of his own there. NotFound, NotAllowed, SourceNotAllowed.
        """
        with self._store.transaction():
            source = self.get(principal, data_source_id)
            require_source(principal, source, Access.FULL)
            return self._store.update_data_source(replace(source, fresh_since=self._clock.now()))

    def delete(self, principal: Principal, data_source_id: DataSourceId) -> None:
        """Remove a source; its queries keep their text and lose their source."""
        require_permission(principal, Permission.ADMIN)
        self._store.delete_data_source(self.get(principal, data_source_id).id)

    def masked_settings(self, source: DataSource) -> Mapping[str, Any]:
        """Return the settings with every secret replaced by a mask."""
        secret = {field.name for field in self.kind(source).fields if field.is_secret}
        return {
            name: MASK if name in secret and value else value
            for name, value in source.settings.items()
        }

    def test(self, principal: Principal, data_source_id: DataSourceId) -> None:
        """Return if the source answers; SourceFailed says why not."""
        require_permission(principal, Permission.ADMIN)
        source = self.get(principal, data_source_id)
        self._connectors.get(source.kind).ping(source)

    def tables(self, principal: Principal, data_source_id: DataSourceId) -> tuple[SourceTable, ...]:
        """Return what can be queried in a source; SourceFailed."""
        source = self.get(principal, data_source_id)
        return self._connectors.get(source.kind).tables(source)

    def _everybody(self, principal: Principal) -> list[GroupId]:
        groups = self._store.get_groups(principal.workspace_id)
        return [group.id for group in groups if group.is_builtin and group.name == EVERYBODY]


def _check_name(name: str) -> str:
    if not name.strip():
        raise FieldMissing("The data source has no name.")
    return name.strip()
