"""Dashboards and widgets as API v2 shows them: Dashboard, DashboardWidget, DynamicFilter."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.dashboards import Dashboard
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query
from standpipe.dialects.holistics.v2.responses.data_sets import (
    CursorsShown,
    DataSetShown,
    ReportShown,
)
from standpipe.services.dashboard_filters import BoardFilter
from standpipe.services.dashboards import ShownWidget

_VERSION: Final = 3
_KINDS: Final[Mapping[ParameterKind, str]] = {
    ParameterKind.NUMBER: "number",
    ParameterKind.DATE: "date",
    ParameterKind.DATETIME: "date",
    ParameterKind.DATETIME_SECONDS: "date",
    ParameterKind.DATE_RANGE: "date",
    ParameterKind.DATETIME_RANGE: "date",
    ParameterKind.DATETIME_SECONDS_RANGE: "date",
}


class ConditionShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A condition."""

    operator: str
    values: list[str | bool | int | float]
    modifier: str | None = None


class OptionShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A value that can be chosen."""

    value: str


class FilterSourceShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the values of a filter come from."""

    source_type: str
    manual_options: list[OptionShown]


class DefinitionShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a filter takes."""

    id: int | None
    label: str
    default_condition: ConditionShown
    filter_type: str
    input_type: str | None
    is_sharable: bool
    filter_source: FilterSourceShown


class MappingShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A widget that a filter acts on."""

    viz_conditionable_id: int
    viz_conditionable_type: str


class DynamicFilterShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A filter of a dashboard; its name is its id."""

    id: str
    order: int
    uname: str
    definition: DefinitionShown
    drillthrough_enabled: bool
    mappings: list[MappingShown]


class PermissionsShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the caller may do with a widget."""

    can_explore: bool
    can_export: bool
    can_export_data: bool


class WidgetShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A widget; one whose query is hidden from the caller says nothing of it."""

    id: int
    source_id: int
    source_type: str
    source_title: str
    permissions: PermissionsShown
    url: str | UnsetType = UNSET
    dashboard: "DashboardShown | UnsetType" = UNSET
    query_report: ReportShown | UnsetType = UNSET


class DashboardShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A dashboard."""

    id: int
    owner_id: int
    title: str
    category_id: int
    version: int
    dynamic_filters: list[DynamicFilterShown]
    widgets: list[WidgetShown]
    url: str
    tags: list[str]


class DashboardBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One dashboard."""

    dashboard: DashboardShown


class DashboardsBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Some of the dashboards."""

    dashboards: list[DashboardShown]
    cursors: CursorsShown


class WidgetBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One widget."""

    dashboard_widget: WidgetShown


class ReportWithSetShown(ReportShown, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A query, with the data set that is its result."""

    data_set: DataSetShown | UnsetType = UNSET


class ReportBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One query."""

    query_report: ReportWithSetShown


class MetadataShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A dashboard by its names."""

    id: int
    title: str
    uname: str
    project_id: int | None
    version: int


class MetadataBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """All dashboards by their names."""

    dashboards_metadata: list[MetadataShown]


class UrlShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A link to a dashboard; what it shows stands in it, so there is no hash to keep."""

    dashboard_url: str
    fstate_hash: str | None = None


def dashboard_shown(
    dashboard: Dashboard,
    widgets: Sequence[ShownWidget],
    filters: Sequence[BoardFilter],
    base_url: str,
) -> DashboardShown:
    """Return a dashboard with those of its widgets that the caller may see."""
    return DashboardShown(
        id=dashboard.id,
        owner_id=dashboard.owner_id,
        title=dashboard.name,
        category_id=0,
        version=_VERSION,
        dynamic_filters=[_filter(each, place) for place, each in enumerate(filters)],
        widgets=[widget_shown(each) for each in widgets if not each.is_restricted],
        url=dashboard_url(dashboard, base_url),
        tags=list(dashboard.tags),
    )


def widget_shown(shown: ShownWidget) -> WidgetShown:
    """Return a widget by itself."""
    query = shown.query
    has_rows = query is not None
    return WidgetShown(
        id=shown.widget.id,
        source_id=shown.widget.id if query is None else query.id,
        source_type="Text" if query is None else "QueryReport",
        source_title="" if query is None else query.name,
        permissions=PermissionsShown(
            can_explore=has_rows, can_export=has_rows, can_export_data=has_rows
        ),
    )


def report_shown(query: Query) -> ReportShown:
    """Return a query."""
    return ReportShown(**_report(query))


def report_with_set(query: Query, data_set: DataSetShown | UnsetType) -> ReportBody:
    """Return a query, with its data set if there is one to show."""
    return ReportBody(query_report=ReportWithSetShown(**_report(query), data_set=data_set))


def metadata_shown(dashboard: Dashboard) -> MetadataShown:
    """Return a dashboard by its names."""
    return MetadataShown(
        id=dashboard.id,
        title=dashboard.name,
        uname=dashboard.slug,
        project_id=None,
        version=_VERSION,
    )


def dashboard_url(dashboard: Dashboard, base_url: str) -> str:
    """Return where people look at a dashboard."""
    return f"{base_url}/dashboards/{dashboard.id}-{dashboard.slug}"


def query_url(query: Query, base_url: str) -> str:
    """Return where people look at a query."""
    return f"{base_url}/queries/{query.id}"


def _report(query: Query) -> dict[str, Any]:
    return {
        "id": query.id,
        "title": query.name,
        "data_set_id": query.id,
        "data_source_id": query.data_source_id,
        "owner_id": query.owner_id,
    }


def _filter(found: BoardFilter, place: int) -> DynamicFilterShown:
    parameter = found.parameter
    return DynamicFilterShown(
        id=found.name,
        order=place,
        uname=found.name,
        definition=DefinitionShown(
            id=None,
            label=parameter.title or found.name,
            default_condition=_default(parameter),
            filter_type=_KINDS.get(parameter.kind, "string"),
            input_type=None,
            is_sharable=False,
            filter_source=FilterSourceShown(
                source_type="ManualFilterSource",
                manual_options=[OptionShown(value=option) for option in parameter.options],
            ),
        ),
        drillthrough_enabled=False,
        mappings=[
            MappingShown(viz_conditionable_id=id, viz_conditionable_type="DashboardWidget")
            for id in found.widget_ids
        ],
    )


def _default(parameter: Parameter) -> ConditionShown:
    """Return the default of a parameter as a condition."""
    default = parameter.default
    if default is None:
        return ConditionShown(operator="none", values=[])
    if isinstance(default, Mapping):
        ends = [str(default.get(end, "")) for end in ("start", "end")]
        return ConditionShown(operator="between", values=list(ends))
    values = list(default) if isinstance(default, list | tuple) else [default]
    return ConditionShown(operator="is", values=values)
