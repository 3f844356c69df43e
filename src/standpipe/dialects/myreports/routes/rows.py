"""The rows of requests: as the published result, or as files."""

import hashlib
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Final

from standpipe.core.errors import ResultExpired
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.errors import Incomplete
from standpipe.dialects.myreports.requests.pages import FORMATS, DataArguments, parse_data
from standpipe.dialects.myreports.responses.bodies import (
    AGAIN,
    CHANGING,
    JSON_TYPE,
    KEYED,
    UNKEPT,
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
from standpipe.dialects.myreports.routes.standings import await_end, standing_of
from standpipe.dialects.myreports.routes.views import settled
from standpipe.formats import distinct_names
from standpipe.formats.json import JsonRows
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Encoded, Inbound, Outbound
from standpipe.http.operations import Shown
from standpipe.services.directory import Services
from standpipe.services.reports import ReportView

_SAFE: Final = ("X-Content-Type-Options", "nosniff")


def get_data(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a request that is complete, or wait until it is.

    Before that, and where it failed, the result says so and has no rows.
    """
    asked = parse_data(inbound)
    show = partial(_show, services, inbound, asked)
    return await_end(services, inbound, asked.wait, show)


def _show(
    services: Services, inbound: Inbound, asked: DataArguments, request: ReportRequest
) -> Answer:
    if not request.submission.state.is_final:
        return _show_pending(services, inbound, asked, request)
    return settled(
        services, inbound, request, partial(_show_over, services, asked), asked.core_page
    )


def _show_pending(
    services: Services, inbound: Inbound, asked: DataArguments, request: ReportRequest
) -> Outbound:
    if asked.format != "json" or asked.incomplete == "409":
        raise Incomplete("Report processing in progress.", hint="Ask again in 1 s.")
    standing = standing_of(services, inbound, request)
    return render_bare(show_result(standing, Figures()), (UNKEPT, AGAIN, *_identity(standing)))


def _show_over(
    services: Services, asked: DataArguments, standing: Standing, view: ReportView | None
) -> Outbound:
    if view is not None:
        return _show_rows(services, asked, standing, view)
    if asked.format == "json":
        return render_bare(show_result(standing, Figures()), _identity(standing))
    if standing.is_gone:
        raise ResultExpired()
    raise services.submissions.error_of(standing.request.submission) or ResultExpired()


def _show_rows(
    services: Services, asked: DataArguments, standing: Standing, view: ReportView
) -> Outbound:
    style = style_of(standing)
    headers: Headers = (CHANGING, KEYED, _SAFE, *_identity(standing))
    if asked.format == "json":
        shown = show_result(standing, _figures(services, standing, view), view.columns, asked.size)
        keys = distinct_names(view.columns)
        encoding = result_encoding(shown, style, keys, has_nulls=asked.nulls == "include")
        headers = (JSON_TYPE, *headers)
    else:
        encoding = file_encoding(asked.format, view.columns, style)
        name = f'attachment; filename="{standing.request.uid}.{file_entry(asked.format).extension}"'
        kind = file_entry(asked.format).content_type()
        headers = (("Content-Type", kind), ("Content-Disposition", name), *headers)
    body = Encoded(
        etag=_tag(standing, asked, view),
        open=services.read.encode(view.result, view.window, encoding),
        is_compressible=asked.format == "json" or file_entry(asked.format).is_compressible,
    )
    return Outbound(headers=headers, body=body, is_result=True)


def _figures(services: Services, standing: Standing, view: ReportView) -> Figures:
    execution = standing.request.submission.execution
    started, finished = execution.started_at, execution.finished_at
    total = 0.0 if started is None or finished is None else (finished - started).total_seconds()
    return Figures(
        effort=view.effort,
        query_milliseconds=round(view.result.runtime_seconds * 1000),
        total_milliseconds=round(total * 1000),
        query_count=view.query_count,
        total_count=view.total_count,
        summary=_summary(services, view),
    )


def _summary(services: Services, view: ReportView) -> bytes:
    """Return the sums over all rows, as JSON; an empty array if there are none."""
    if view.summary is None or view.total_count == 0:
        return b"[]"
    with closing(services.read.encode(view.result, view.summary, JsonRows())()) as chunks:
        return b"".join(chunks)


def _identity(standing: Standing) -> Headers:
    return (("X-Execution-Id", str(standing.request.submission.execution.uid)),)


def _tag(standing: Standing, asked: DataArguments, view: ReportView) -> str:
    """Return the strong tag of exactly these bytes, without quotes."""
    form = (asked.format, asked.page, asked.size, asked.nulls)
    parts = ("myreports", standing.request.uid, view.result.uid, view.total_count, *form)
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
    described(
        f"GET {_R}/results/{{request_id}}/data", get_data, _DATA(name="get_result_data")
    ),
)
