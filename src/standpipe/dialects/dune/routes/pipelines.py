"""Pipelines: executed, of a query or as described; their graphs; how they stand."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from standpipe.core.errors import FieldInvalid, NotAllowed, NotFound, SourcePaused
from standpipe.core.ids import QueryId, Uid
from standpipe.core.materialized_views import parse_view_name
from standpipe.core.pipelines import Node, check_graph
from standpipe.dialects.dune.errors import (
    HIDDEN_QUERY,
    NO_PIPELINE,
    NO_QUERY,
    NO_VIEW,
    NOT_RUNNABLE,
    told,
)
from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.dialects.dune.requests.paths import pipeline_uid, query_id
from standpipe.dialects.dune.requests.pipelines import (
    NodeBody,
    PipelineArguments,
    PipelineBody,
    asked_performance,
    performance_of,
)
from standpipe.dialects.dune.requests.runs import (
    QueryRun,
    RunArguments,
    known_values,
    parse_query_values,
    read_values,
)
from standpipe.dialects.dune.responses.bodies import render_json, show_id
from standpipe.dialects.dune.responses.pipelines import (
    PipelineShown,
    PipelineStarted,
    PipelineStatus,
    show_graph,
    show_pipeline,
)
from standpipe.dialects.dune.routes.executions import UNKEPT, make_once, runnable_query
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.services.directory import Services

_UNKNOWN: Final = QueryId(0)


def execute_query_pipeline(services: Services, inbound: Inbound) -> Answer:
    """Refresh the views that a query reads, and run it; answers at once."""
    query = runnable_query(services, inbound, query_id(inbound))
    values = parse_query_values(inbound, query)
    performance = asked_performance(inbound, read_struct(inbound, QueryRun).performance)

    def graph() -> tuple[Node, ...]:
        return services.pipelines.graph_of(
            inbound.principal, query, values, performance=performance
        )

    return _execute(services, inbound, graph)


def execute_pipeline(services: Services, inbound: Inbound) -> Answer:
    """Execute a graph; answers at once."""
    bodies = read_struct(inbound, PipelineBody).pipeline.nodes
    check_graph([_outline(body) for body in bodies])

    def graph() -> tuple[Node, ...]:
        return tuple(_node(services, inbound, body) for body in bodies)

    return _execute(services, inbound, graph)


def get_query_pipeline(services: Services, inbound: Inbound) -> Answer:
    """Return the graph of a query; runs nothing."""
    with told(NO_QUERY, NotFound), told(HIDDEN_QUERY, NotAllowed):
        query = services.queries.get(inbound.principal, query_id(inbound))
    values = parse_query_values(inbound, query)
    performance = asked_performance(inbound)

    def answer() -> Answer:
        graph = services.pipelines.graph_of(
            inbound.principal, query, values, performance=performance
        )
        return render_json(show_graph(graph))

    return Onward(Work.TEXT, answer)


def get_pipeline_status(services: Services, inbound: Inbound) -> Outbound:
    """Tell how a pipeline of one's own stands."""
    uid = pipeline_uid(inbound)
    with told(NO_PIPELINE):
        pipeline = services.pipelines.get(inbound.principal, uid)
    return render_json(show_pipeline(pipeline))


def _execute(services: Services, inbound: Inbound, graph: Callable[[], tuple[Node, ...]]) -> Answer:
    """Check on a thread of its own, store on the writer's, begin on the first one again."""

    def check() -> Answer:
        asked = graph()
        with told(NOT_RUNNABLE, NotAllowed, SourcePaused):
            nodes = services.pipelines.check(inbound.principal, asked)

        def make() -> Uid:
            return services.pipelines.add(inbound.principal, nodes)

        def store() -> Answer:
            uid = make_once(services, inbound, make)
            return Onward(Work.TEXT, lambda: _begin(services, uid))

        return Onward(Work.WRITE, store)

    return Onward(Work.TEXT, check)


def _begin(services: Services, uid: Uid) -> Outbound:
    services.pipelines.advance(uid)
    shown = PipelineStarted(pipeline_execution_id=show_id(uid))
    return replace(render_json(shown), headers=UNKEPT)


def _outline(body: NodeBody) -> Node:
    """Return the place of a node in its graph; FieldInvalid unless it is exactly one thing."""
    if (body.query_execution is None) is (body.materialized_view_refresh is None):
        raise FieldInvalid(
            f"pipeline.nodes: node {body.id} needs either query_execution"
            " or materialized_view_refresh."
        )
    return Node(id=body.id, dependencies=tuple(body.dependencies or ()), query_id=_UNKNOWN)


def _node(services: Services, inbound: Inbound, body: NodeBody) -> Node:
    """Return a node of what the caller may run: errors as for a run of the query alone."""
    outline = _outline(body)
    if (view := body.materialized_view_refresh) is not None:
        names = parse_view_name(view.name)
        outline = replace(outline, performance=performance_of(view.performance))
        with told(NO_VIEW, NotFound):
            return services.pipelines.view_node(inbound.principal, names, outline)
    assert body.query_execution is not None  # noqa: S101 # the outline has seen to it
    run = body.query_execution
    query = runnable_query(services, inbound, QueryId(run.query_id))
    return replace(
        outline,
        query_id=query.id,
        values=known_values(query, read_values(run.query_parameters)),
        performance=performance_of(run.performance),
    )


_ABOUT: Final = partial(About, tag="pipelines", refusals=(403, 404))
_STARTED: Final = partial(_ABOUT, answer=PipelineStarted, refusals=(403, 404, 409, 429, 503))
_OF_QUERY: Final = _STARTED(body=QueryRun, arguments=RunArguments)
_GRAPH: Final = _ABOUT(answer=PipelineShown, arguments=PipelineArguments)
_STATUS: Final = _ABOUT(answer=PipelineStatus)
ROUTES: Final = (
    described("POST /query/{query_id}/pipeline/execute", execute_query_pipeline, _OF_QUERY),
    described("GET /query/{query_id}/pipeline", get_query_pipeline, _GRAPH),
    described("POST /pipelines/execute", execute_pipeline, _STARTED(body=PipelineBody)),
    described(
        "GET /pipelines/executions/{pipeline_execution_id}/status", get_pipeline_status, _STATUS
    ),
)
