"""Pipelines as clients describe them (compat/dune.md 3.8)."""

from typing import Annotated, Any, Final

import msgspec

from standpipe.http.messages import Inbound

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
PERFORMANCES: Final = ("small", "medium", "large")


class QueryNode(msgspec.Struct, kw_only=True, frozen=True):
    """A run of a saved query."""

    query_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    query_parameters: dict[str, Any] | list[Any] | None = None
    performance: Any = None


class ViewNode(msgspec.Struct, kw_only=True, frozen=True):
    """A refresh of a materialised view: ``dune.<namespace>.result_x``, or ``result_x``."""

    name: str
    performance: Any = None


class NodeBody(msgspec.Struct, kw_only=True, frozen=True):
    """A node; it has either ``query_execution`` or ``materialized_view_refresh``."""

    id: _Number
    dependencies: list[_Number] | None = None
    query_execution: QueryNode | None = None
    materialized_view_refresh: ViewNode | None = None


class GraphBody(msgspec.Struct, kw_only=True, frozen=True):
    """Nodes, in any order."""

    nodes: list[NodeBody]


class PipelineBody(msgspec.Struct, kw_only=True, frozen=True):
    """A graph to be executed."""

    pipeline: GraphBody


class PipelineArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Values for the query itself, as JSON."""

    query_parameters: str | None = None
    performance: str | None = None


def performance_of(given: Any) -> str:
    """Return a performance that is known, else the usual one: all run alike here."""
    return given if given in PERFORMANCES else "medium"


def asked_performance(inbound: Inbound, body: Any = None) -> str:
    """Return the performance of the body, else of the address."""
    return performance_of(body if body is not None else inbound.arg("performance"))
