"""Jobs asked for their rows or their file; who asks too early waits a few seconds."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from standpipe.core.errors import ResultExpired
from standpipe.core.executions import Submission
from standpipe.core.results import Result
from standpipe.dialects.holistics.credentials import LINKED, find_key
from standpipe.dialects.holistics.errors import NoFile, text_of, without_file
from standpipe.dialects.holistics.requests.pages import (
    LinkArguments,
    PageArguments,
    PollArguments,
    RowPage,
    parse_page,
)
from standpipe.dialects.holistics.requests.paths import job_number
from standpipe.dialects.holistics.responses.bodies import (
    CHANGING,
    JSON_TYPE,
    KEYED,
    STATUS,
    render_json,
    show_redirect,
    show_time,
)
from standpipe.dialects.holistics.responses.files import EXTENSIONS, page_encoding
from standpipe.dialects.holistics.responses.polls import (
    NOT_YET,
    ExportShown,
    FileShown,
    PaginatedShown,
    RowsShown,
    show_columns,
    show_failed_rows,
    show_pending_rows,
)
from standpipe.dialects.holistics.routes.files import show_file, tag_of
from standpipe.dialects.holistics.routes.notes import KEY_REFUSED, file_shown
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Encoded, Inbound, Later, Outbound
from standpipe.http.operations import Shown
from standpipe.services.directory import Services

HOLD_SECONDS: Final = 3
Show = Callable[[Submission], Answer]


def get_query_results(services: Services, inbound: Inbound) -> Answer:
    """Read a page of a job's rows, or how it stands."""
    page = parse_page(inbound)
    show = partial(_show_rows, services, inbound, page)
    return held(services, inbound, job_number(inbound), show)


def get_export_results(services: Services, inbound: Inbound) -> Answer:
    """Tell whether a job's file is there."""
    show = partial(_show_export, services, inbound)
    return held(services, inbound, job_number(inbound), show)


def get_job_results(services: Services, inbound: Inbound) -> Answer:
    """Tell whether an export's file is there; of any other job, read a page of its rows."""
    page, rows = parse_page(inbound), partial(_show_rows, services, inbound)

    def show(job: Submission) -> Answer:
        return rows(page, job) if job.format is None else _show_export(services, inbound, job)

    return held(services, inbound, job_number(inbound), show)


def download(services: Services, inbound: Inbound) -> Answer:
    """Download the file of an export, or its address for a minute if the server is set so."""
    with without_file():
        number = job_number(inbound)
        file = _file(services, inbound, number)
    if not services.links.is_wanted:
        return file
    key = find_key(inbound) or ""
    path = f"{LINKED}?link={services.links.make(key, number)}"
    return show_redirect(f"{inbound.base_url}{inbound.prefix}{path}")


def download_linked(services: Services, inbound: Inbound) -> Answer:
    """Download the file that a link is for; it is good for a minute, and needs no key."""
    number = services.links.number_of(inbound.arg("link") or "")
    with without_file():
        return _file(services, inbound, number)


def _file(services: Services, inbound: Inbound, number: int) -> Outbound:
    job = services.jobs.get(inbound.principal, number)
    if job.format is None or error_text(services, inbound, job) is not None:
        raise NoFile
    return show_file(services, inbound, _result(services, inbound, job), job.format)


def held(
    services: Services,
    inbound: Inbound,
    number: int,
    show: Show,
    *,
    seconds: float = HOLD_SECONDS,
) -> Answer:
    """Show a job when it is over, or as it stands when that takes too long; NotFound."""

    def resume(is_over: bool) -> Answer:
        job = services.jobs.get(inbound.principal, number)
        if job.state.is_final or is_over:
            return show(job)
        return Later(execution_id=job.execution.id, seconds=seconds, resume=resume)

    return resume(False)


def error_text(services: Services, inbound: Inbound, job: Submission) -> str | None:
    """Return why a job that is over has no result (any more); None if it has one."""
    error = services.submissions.error_of(job)
    if error is not None:
        return text_of(error)
    try:
        _result(services, inbound, job)
    except ResultExpired:
        return "The result of this job is not stored any more."
    return None


def _show_export(services: Services, inbound: Inbound, job: Submission) -> Outbound:
    if not job.state.is_final:
        return render_json(ExportShown(status=NOT_YET))
    error = error_text(services, inbound, job)
    if error is not None:
        return render_json(ExportShown(status="failure", error=error))
    path = f"{inbound.base_url}{inbound.prefix}/exports/download?job_id={job.id}"
    file = None if job.format is None else FileShown(http_path=path)
    return render_json(ExportShown(status="success", export=file))


def _show_rows(services: Services, inbound: Inbound, page: RowPage, job: Submission) -> Answer:
    if not job.state.is_final:
        return render_json(show_pending_rows(job))
    error = error_text(services, inbound, job)
    if error is not None:
        return render_json(show_failed_rows(job, error))
    return _show_page(services, page, job, _result(services, inbound, job))


def _show_page(services: Services, page: RowPage, job: Submission, result: Result) -> Outbound:
    window = services.read.window(result, page.ask)
    columns = show_columns(window.columns)
    paginated = PaginatedShown(
        page=page.number,
        page_size=result.row_count if page.size is None else page.size,
        num_pages=page.count(result.row_count),
        num_rows=result.row_count,
    )
    head = {"status": "success", "job_id": job.id, **columns}
    tail = {"paginated": paginated, "last_cache_updated": show_time(result.retrieved_at)}

    def start() -> Any:
        return services.read.encode(result, window, page_encoding(head, tail))()

    body = Encoded(etag=tag_of(result, job.id, page), open=start)
    return Outbound(headers=(JSON_TYPE, CHANGING, KEYED, STATUS), body=body, is_result=True)


def _result(services: Services, inbound: Inbound, job: Submission) -> Result:
    return services.jobs.result(inbound.principal, job)


_ABOUT: Final = partial(About, tag="polls", refused=KEY_REFUSED)
_ROWS: Final = _ABOUT(answer=RowsShown, arguments=PageArguments, refusals=(403, 404))
_EXPORT: Final = _ABOUT(answer=ExportShown, arguments=PollArguments, refusals=(403, 404))
_EITHER: Final = _ABOUT(
    answer=Shown(description="How it stands.", type=(ExportShown, RowsShown)),
    arguments=PageArguments,
    refusals=(403, 404),
)
_FILE: Final = partial(
    _ABOUT,
    answer=Shown(
        description="The file.",
        media_types=[kind for each in EXTENSIONS for kind in file_shown(each).media_types],
    ),
    refusals=(403, 503),
)
ROUTES: Final = (
    described("GET /queries/get_query_results.json", get_query_results, _ROWS),
    described("GET /queries/get_export_results.json", get_export_results, _EXPORT),
    described("GET /jobs/{job_id}/get_results.json", get_job_results, _EITHER),
    described("GET /exports/download", download, _FILE(arguments=PollArguments)),
    described(f"GET {LINKED}", download_linked, _FILE(arguments=LinkArguments)),
)
