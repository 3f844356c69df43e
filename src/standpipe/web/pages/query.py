"""One query: its text, its parameters, its key and where its latest result is."""

from dataclasses import dataclass

from standpipe.core.datasources import DataSource
from standpipe.core.errors import ResultNotCached
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Parameter
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.core.schedules import Schedule
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.preview import read_preview
from standpipe.web.show import redirect, show_page

# What clients can ask for, as their addresses end.
DOWNLOADS = ("csv", "json", "parquet")

_UNITS = ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """A parameter as the page writes it."""

    name: str
    title: str
    kind: str
    default: str


def show_query(services: Services, inbound: Inbound) -> Outbound:
    """Show a query; its key only to its owner and to administrators."""
    principal = inbound.principal
    query = services.queries.get(principal, _query_id(inbound))
    result = _latest(services, principal, query)
    return show_page(
        inbound,
        "query.html",
        query=query,
        owner=services.accounts.get_user(query.owner_id),
        source=_source(services, query),
        schedule=describe_schedule(query.schedule) if query.schedule else None,
        parameters=[describe_parameter(parameter) for parameter in query.parameters],
        key=services.keys.query_keys(principal, [query]).get(query.id),
        result=result,
        preview=read_preview(services, result) if result else None,
        downloads=DOWNLOADS,
    )


def replace_query_key(services: Services, inbound: Inbound) -> Outbound:
    """Give a query a new key; the old one is refused from now on."""
    query = services.queries.replace_key(inbound.principal, _query_id(inbound))
    return redirect(f"{inbound.prefix}/queries/{query.id}", status=303)


def describe_parameter(parameter: Parameter) -> ParameterRow:
    """Return the words for a parameter: what it takes and what it is without a value."""
    kind = parameter.kind.value.replace("_", " ")
    count = "several" if parameter.multiple else "one"
    if parameter.options:
        kind = f"{count} of {', '.join(parameter.options)}"
    elif parameter.multiple:
        kind = f"several of {kind}"
    return ParameterRow(
        name=parameter.name,
        title=parameter.title,
        kind=kind,
        default=_default(parameter),
    )


def describe_schedule(schedule: Schedule) -> str:
    """Return the words for a schedule: "every day at 06:30 (Europe/London), until 2027-01-31"."""
    zone = f" ({schedule.zone})"
    if schedule.cron:
        when = f"cron {schedule.cron}{zone}"
    else:
        when = f"every {_span(schedule.interval_seconds or 0)}"
        when += f" on {schedule.day_of_week}" if schedule.day_of_week else ""
        when += f" at {schedule.time}{zone}" if schedule.time else ""
    when += f", until {schedule.until.isoformat()}" if schedule.until else ""
    return f"paused: {when}" if schedule.is_disabled else when


def _span(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return unit if count == 1 else f"{count} {unit}s"


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if isinstance(value, dict):
        return f"{value.get('start', '')} to {value.get('end', '')}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _query_id(inbound: Inbound) -> QueryId:
    return QueryId(int(inbound.parts["id"]))


def _source(services: Services, query: Query) -> DataSource | None:
    return services.data_sources.find(query.data_source_id)


def _latest(services: Services, principal: Principal, query: Query) -> Result | None:
    try:
        return services.read.latest(principal, query.id).result
    except ResultNotCached:
        return None
