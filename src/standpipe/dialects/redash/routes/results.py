"""Runs and results: ask for one, read one, in a format, by query or by id."""

from dataclasses import replace

from standpipe.core.ids import QueryId, ResultId
from standpipe.core.ports import Chunks
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.core.windows import whole
from standpipe.dialects.redash.requests.fields import parse_id
from standpipe.dialects.redash.requests.results import parse_view
from standpipe.dialects.redash.requests.runs import (
    asks_for_values,
    parse_job_id,
    parse_query_ask,
    parse_statement_ask,
    parse_stored_ask,
    parse_url_values,
)
from standpipe.dialects.redash.responses.bodies import JSON_TYPE, render_json
from standpipe.dialects.redash.responses.jobs import render_job
from standpipe.dialects.redash.responses.results import (
    ShownResult,
    encode_json,
    encode_result,
    result_etag,
    result_headers,
    with_unique_names,
)
from standpipe.http.messages import (
    Answer,
    Encoded,
    FileBody,
    Inbound,
    Onward,
    Outbound,
    Route,
    Work,
)
from standpipe.services.directory import Services
from standpipe.services.read import QueryResult
from standpipe.services.submit import Prepared


def post_query_results(services: Services, inbound: Inbound) -> Answer:
    """Answer with a stored result that is fresh enough, or with the job of a run."""
    ask = parse_query_ask(inbound)
    return _answer(services, inbound, services.submit.prepare_query(inbound.principal, ask))


def post_statement(services: Services, inbound: Inbound) -> Answer:
    """The same for SQL that is not saved."""
    ask = parse_statement_ask(inbound)
    return _answer(services, inbound, services.submit.prepare_statement(inbound.principal, ask))


def refresh_query(services: Services, inbound: Inbound) -> Answer:
    """Submit a new run; values stand in the URL."""
    query_id = QueryId(parse_id(inbound, "query_id"))
    query = services.queries.get(inbound.principal, query_id)
    values = parse_url_values(inbound, query.parameters)
    found = services.submit.prepare_refresh(inbound.principal, query_id, values)
    return _answer(services, inbound, found)


def get_latest_result(services: Services, inbound: Inbound) -> Answer:
    """Read a query's latest result, or the stored one of the values in the URL."""
    if asks_for_values(inbound):
        return Onward(Work.TEXT, lambda: _show_stored(services, inbound))
    found = services.read.latest(inbound.principal, QueryId(parse_id(inbound, "query_id")))
    return _show(services, inbound, found, is_pinned=False)


def get_query_result(services: Services, inbound: Inbound) -> Outbound:
    """Read one result of a query."""
    query_id = QueryId(parse_id(inbound, "query_id"))
    result_id = ResultId(parse_id(inbound, "result_id"))
    found = services.read.of_query(inbound.principal, query_id, result_id)
    return _show(services, inbound, found, is_pinned=True)


def get_result(services: Services, inbound: Inbound) -> Outbound:
    """Read a result by its id alone."""
    result_id = ResultId(parse_id(inbound, "result_id"))
    found = services.read.get(inbound.principal, result_id)
    return _show(services, inbound, found, is_pinned=True)


def get_job(services: Services, inbound: Inbound) -> Outbound:
    """Look at one's own submission."""
    uid, query_id = parse_job_id(inbound)
    job = render_job(services.submissions.get(inbound.principal, uid, query_id=query_id))
    return replace(job, is_steady=True)


def cancel_job(services: Services, inbound: Inbound) -> Outbound:
    """Cancel one's own submission."""
    uid, query_id = parse_job_id(inbound)
    services.submissions.cancel(inbound.principal, uid, query_id=query_id)
    return render_json(None)


def _answer(services: Services, inbound: Inbound, found: Result | Prepared) -> Answer:
    """Show a job, or a whole result inside the answer, without the headers of a file."""
    if isinstance(found, Prepared):
        return Onward(Work.WRITE, lambda: render_job(services.submit.enqueue(found)))
    result = with_unique_names(found)
    variant = services.accounts.workspace_of(inbound.principal).variant
    rows = encode_json(result, result.columns, variant, is_projected=not inbound.principal.is_user)
    return Outbound(
        headers=(JSON_TYPE,),
        body=services.read.encode(result, whole(result.columns), rows),
        is_result=True,
    )


def _show_stored(services: Services, inbound: Inbound) -> Outbound:
    """Show the stored result of given values; SQL is taken apart for it."""
    query = services.queries.get(inbound.principal, QueryId(parse_id(inbound, "query_id")))
    ask = parse_stored_ask(inbound, query.parameters)
    found = services.submit.stored(inbound.principal, ask)
    # Which stored result fits some values may depend on the day and the hour.
    return replace(_show(services, inbound, found, is_pinned=False), is_steady=False)


def _show(
    services: Services, inbound: Inbound, found: QueryResult | Result, *, is_pinned: bool
) -> Outbound:
    """Show a window of a result as a file in the format of the path."""
    view = parse_view(inbound)
    result, query = _parts(found)
    result = with_unique_names(result)
    shown = ShownResult(
        result=result,
        query=query,
        workspace=services.accounts.workspace_of(inbound.principal),
        format=view.format,
        window=services.read.window(result, view.window),
        has_iso_dates=view.has_iso_dates,
        is_pinned=is_pinned,
    )
    headers, etag, path = result_headers(shown), result_etag(shown), services.read.path(result)
    if view.format.is_artifact(shown.window, result.columns):
        file = FileBody(path, etag, result.retrieved_at)
        return Outbound(headers=headers, body=file, is_result=True)

    def open_chunks() -> Chunks:
        return services.read.encode(result, shown.window, encode_result(shown))()

    body = Encoded(
        etag=etag,
        open=open_chunks,
        is_compressible=view.format.is_compressible,
        modified_at=result.retrieved_at,
    )
    is_steady = shown.window.is_steady
    return Outbound(headers=headers, body=body, is_steady=is_steady, is_result=True)


def _parts(found: QueryResult | Result) -> tuple[Result, Query | None]:
    return (found, None) if isinstance(found, Result) else (found.result, found.query)


_QUERY = "/api/queries/{query_id:int}"

ROUTES = (
    Route("GET", "/api/jobs/{job_id}", get_job),
    Route("GET", "/api/query_results/{result_id:int}", get_result),
    Route("GET", f"{_QUERY}/results", get_latest_result),
    Route("POST", f"{_QUERY}/results", post_query_results, Work.TEXT),
    Route("GET", _QUERY + "/results.{extension}", get_latest_result),
    Route("GET", _QUERY + "/results/{result_id:int}.{extension}", get_query_result),
    Route("GET", _QUERY + "/results/{result_id:int}", get_query_result),
    Route("GET", _QUERY + "/jobs/{job_id}", get_job),
    Route("DELETE", _QUERY + "/jobs/{job_id}", cancel_job, Work.WRITE),
    Route("DELETE", "/api/jobs/{job_id}", cancel_job, Work.WRITE),
    Route("GET", "/api/query_results/{result_id:int}.{extension}", get_result),
    Route("POST", "/api/query_results", post_statement, Work.TEXT),
    Route("POST", f"{_QUERY}/refresh", refresh_query, Work.TEXT),
)
