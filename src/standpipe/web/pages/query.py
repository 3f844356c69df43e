"""One query: its text, its parameters, its key and where its latest result is."""

from dataclasses import dataclass

from standpipe.core.datasources import DataSource
from standpipe.core.errors import ResultNotCached
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Parameter
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.preview import read_preview
from standpipe.web.show import redirect, show_page

# What clients can ask for, as their addresses end.
DOWNLOADS = ("csv", "json", "parquet")


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
    if parameter.options:
        kind = f"{kind}: {', '.join(parameter.options)}"
    return ParameterRow(
        name=parameter.name,
        title=parameter.title,
        kind=f"several of {kind}" if parameter.multiple else kind,
        default=_default(parameter),
    )


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
