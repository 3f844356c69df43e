"""What is asked of dashboards and widgets: DynamicFilterCondition, compat/holistics.md 2c, 3.10."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from standpipe.core.data_set_queries import Filter
from standpipe.core.ids import DashboardId, QueryId, WidgetId
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.dialects.holistics.v2.requests.data_sets import Text, Values
from standpipe.dialects.holistics.v2.requests.offsets import ListArguments
from standpipe.http.asked import read_body, read_known_arguments
from standpipe.http.messages import Inbound

_MOST: Final = 100


class DashboardArguments(ListArguments, kw_only=True, frozen=True):
    """Which dashboards, in which order."""

    sort: Annotated[
        Literal["natural", "id_asc", "id_desc"], Meta(description="By name, or by number.")
    ] = "natural"
    include_embed_info: Annotated[bool, Meta(description="There is none.")] = False


class WidgetArguments(msgspec.Struct, kw_only=True, frozen=True):
    """What is told of a widget beside itself."""

    include_dashboard: Annotated[bool, Meta(description="Its dashboard.")] = False
    include_report: Annotated[bool, Meta(description="Its query.")] = False
    include_url: Annotated[bool, Meta(description="Where people look at its query.")] = False


class ReportArguments(msgspec.Struct, kw_only=True, frozen=True):
    """What is told of a query beside itself."""

    include_data_set: Annotated[bool, Meta(description="The data set that is its result.")] = False


class ConditionAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A condition."""

    operator: Annotated[Text, Meta(description="is, between, matches, last, next, none, ...")]
    values: Values | None = None
    modifier: Annotated[Text | None, Meta(description="The unit of `last` and `next`.")] = None


class FilterConditionAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A condition on a filter of the dashboard."""

    dynamic_filter_id: Annotated[Text, Meta(description="The name of the filter.")] | int
    condition: ConditionAsked


Conditions = Annotated[list[FilterConditionAsked], Meta(max_length=_MOST)]


class PreloadBody(msgspec.Struct, kw_only=True, frozen=True):
    """How a dashboard is preloaded."""

    dashboard_filter_conditions: Conditions = []
    bust_cache: Annotated[bool, Meta(description="Take no stored result, however young.")] = False


class UrlBody(msgspec.Struct, kw_only=True, frozen=True):
    """What a link to a dashboard is to show."""

    filter_states: Conditions = []


class ExportBody(msgspec.Struct, kw_only=True, frozen=True):
    """How a widget is exported."""

    output: Literal["csv", "xlsx", "pdf"]
    dashboard_filter_conditions: Conditions = []


def dashboard_id(inbound: Inbound) -> DashboardId:
    """Return the number of the dashboard in the path; NotFound."""
    return DashboardId(parse_number(inbound.parts["dashboard_id"]))


def widget_id(inbound: Inbound) -> WidgetId:
    """Return the number of the widget in the path; NotFound."""
    return WidgetId(parse_number(inbound.parts["widget_id"]))


def report_number(inbound: Inbound) -> QueryId:
    """Return the number of the query in the path; NotFound."""
    return QueryId(parse_number(inbound.parts["report_id"]))


def parse_list(inbound: Inbound) -> DashboardArguments:
    """Return which dashboards are listed; FieldInvalid."""
    return read_known_arguments(DashboardArguments, inbound.args)


def parse_preload(inbound: Inbound) -> PreloadBody:
    """Return how a dashboard is preloaded; MalformedBody, FieldInvalid, FieldMissing."""
    return read_body(PreloadBody, inbound.body)


def parse_url(inbound: Inbound) -> UrlBody:
    """Return what a link is to show; MalformedBody, FieldInvalid, FieldMissing."""
    return read_body(UrlBody, inbound.body)


def parse_export(inbound: Inbound) -> ExportBody:
    """Return how a widget is exported; MalformedBody, FieldInvalid, FieldMissing."""
    return read_body(ExportBody, inbound.body)


def conditions_of(asked: Sequence[FilterConditionAsked]) -> tuple[Filter, ...]:
    """Return conditions on the filters of a dashboard, by their names."""
    return tuple(
        Filter(
            field=str(each.dynamic_filter_id),
            operator=each.condition.operator,
            values=tuple(each.condition.values or ()),
            modifier=each.condition.modifier,
        )
        for each in asked
    )
