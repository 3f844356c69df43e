"""The rows of requests: as the published result, or as files."""

import hashlib
from contextlib import closing
from functools import partial
from typing import Final

from standpipe.core.errors import ExecutionFailed, ResultExpired
from standpipe.core.ports import Chunks
from standpipe.core.queries import Query
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.errors import Incomplete
from standpipe.dialects.myreports.requests.pages import FORMATS, DataArguments, parse_data
from standpipe.dialects.myreports.responses.bodies import (
    AGAIN,
    CHANGING,
    JSON_TYPE,
    KEYED,
    Headers,
    render_bare,
)
from standpipe.dialects.myreports.responses.requests import Standing
from standpipe.dialects.myreports.responses.results import (
    Figures,
    ResultShown,
    file_encoding,
    file_entry,
    result_encoding,
    show_result,
    style_of,
)
from standpipe.dialects.myreports.routes.standings import await_end, error_of, identity_of
from standpipe.dialects.myreports.routes.views import settled
from standpipe.formats import distinct_names
from standpipe.formats.json import JsonRows
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Encoded, Inbound, Outbound
from standpipe.http.operations import Shown
from standpipe.services.directory import Services
from standpipe.services.reports import ReportPage, ReportView

_EFFORT_OF_A_SECOND: Final = 100  # of processor time: milliseconds / 10
_SAFE: Final = ("X-Content-Type-Options", "nosniff")


def get_data(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a request that is complete, or wait until it is.

    Before that, and where it failed, the result says so and has no rows.
    """
    asked = parse_data(inbound)
    show = partial(_show, services, inbound, asked)
    return await_end(services, inbound, asked.wait, show)


def _show(
    services: Services, inbound: Inbound, asked: DataArguments, query: Query, request: ReportRequest
) -> Answer:
    show = partial(_show_rows, services, asked)
    page = ReportPage(offset=asked.offset, limit=asked.size)
    return settled(services, inbound, (query, request), show, page)


def _show_none(services: Services, asked: DataArguments, standing: Standing) -> Outbound:
    """Show a request without rows; files, which cannot tell why, are refused with the reason."""
    is_over, is_file = standing.state.is_final, asked.format != "json"
    if not is_over and (is_file or asked.incomplete == "409"):
        raise Incomplete("Report processing in progress.", hint="Ask again in 1 s.")
    if is_file:
        unfit = ExecutionFailed(standing.error) if standing.error else ResultExpired()
        raise error_of(services, standing.request) or unfit
    headers = () if is_over else (AGAIN,)
    return render_bare(show_result(standing, Figures()), (*headers, *identity_of(standing.request)))


def _show_rows(
    services: Services, asked: DataArguments, standing: Standing, view: ReportView | None
) -> Outbound:
    if view is None:
        return _show_none(services, asked, standing)
    entry = file_entry(asked.format)
    headers: Headers = (CHANGING, KEYED, _SAFE, *identity_of(standing.request))
    if asked.format == "json":
        headers = (JSON_TYPE, *headers)
    else:
        name = f'attachment; filename="{standing.request.uid}.{entry.extension}"'
        kind = ("Content-Type", entry.content_type())
        headers = (kind, ("Content-Disposition", name), *headers)
    body = Encoded(
        etag=_tag(standing, asked, view),
        open=partial(_open, services, asked, standing, view),
        is_compressible=entry.is_compressible,
    )
    return Outbound(headers=headers, body=body, is_result=True)


def _open(services: Services, asked: DataArguments, standing: Standing, view: ReportView) -> Chunks:
    """Begin to write a body; what was written before is not summed up again."""
    style, columns = style_of(standing), view.window.columns
    if asked.format == "json":
        figures = _figures(services, standing, view)
        keys = distinct_names(columns)
        shown = show_result(standing, figures, keys, asked.size)
        encoding = result_encoding(shown, style, keys, has_nulls=asked.nulls == "include")
    else:
        encoding = file_encoding(asked.format, columns, style)
    return services.read.encode(view.result, view.window, encoding)()


def _figures(services: Services, standing: Standing, view: ReportView) -> Figures:
    result = view.result
    return Figures(
        effort=round((result.cpu_seconds or 0) * _EFFORT_OF_A_SECOND, 2),
        query_milliseconds=round(result.runtime_seconds * 1000),
        total_milliseconds=round(max(_run_seconds(standing), result.runtime_seconds) * 1000),
        query_count=view.query_count,
        total_count=view.total_count,
        summary=_summary(services, view),
    )


def _run_seconds(standing: Standing) -> float:
    """Return how long it took from the queue to a stored result."""
    run = standing.request.submission
    if run is None or run.execution.started_at is None or run.execution.finished_at is None:
        return 0.0
    return (run.execution.finished_at - run.execution.started_at).total_seconds()


def _summary(services: Services, view: ReportView) -> bytes:
    """Return the sums over all rows, as JSON; an empty array if there are none."""
    if view.summary is None or view.total_count == 0:
        return b"[]"
    with closing(services.read.encode(view.result, view.summary, JsonRows())()) as chunks:
        return b"".join(chunks)


def _tag(standing: Standing, asked: DataArguments, view: ReportView) -> str:
    """Return the strong tag of exactly these bytes, without quotes."""
    form = (asked.format, asked.page, asked.size, asked.nulls)
    parts = ("myreports", standing.request.uid, standing.template, view.result.uid, *form)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


_R: Final = "/api/v1.0/workspaces/{workspace_id}/reports/{report_id}"
_FILES: Final = [file_entry(each).media_type for each in FORMATS if each != "json"]
_DATA: Final = partial(
    About,
    tag="rows",
    answer=Shown(
        description="The result, or its rows as a file.", type=ResultShown, media_types=_FILES
    ),
    arguments=DataArguments,
    refusals=(403, 404, 409, 503),
)
ROUTES: Final = (
    described(f"GET {_R}/requests/{{request_id}}/data", get_data, _DATA()),
    described(f"GET {_R}/results/{{request_id}}/data", get_data, _DATA(name="get_result_data")),
)
