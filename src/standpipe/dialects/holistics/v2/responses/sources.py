"""Data sources as API v2 shows them: DataSource of the document."""

from collections.abc import Sequence

import msgspec

from standpipe.core.datasources import DataSource


class SettingsShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What everybody may know of how a source is reached: none of it is secret."""

    require_ssl: bool = False
    query_timeout: int | None = None
    enable_schema_info: bool = True
    use_connection_str: bool = False
    timezone: str = "Etc/UTC"


class SourceShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A data source."""

    id: int
    name: str
    dbtype: str
    settings: SettingsShown
    is_sample: bool
    is_default: bool


class SourceBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One data source."""

    data_source: SourceShown


class SourcesBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The data sources that the caller reaches."""

    data_sources: list[SourceShown]


def show_source(source: DataSource, oldest: int) -> SourceShown:
    """Return a source; ``oldest`` is the number of the default one."""
    return SourceShown(
        id=source.id,
        name=source.name,
        dbtype=source.kind,
        settings=SettingsShown(),
        is_sample=False,
        is_default=source.id == oldest,
    )


def show_sources(sources: Sequence[DataSource]) -> list[SourceShown]:
    """Return sources that the caller reaches, the oldest of which is the default."""
    oldest = min((source.id for source in sources), default=0)
    return [show_source(source, oldest) for source in sources]
