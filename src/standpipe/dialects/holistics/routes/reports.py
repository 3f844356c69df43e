"""Reports: submitted as jobs, or downloaded at once where they are small."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from standpipe.core.errors import NotReady, TooManyRows
from standpipe.core.executions import Submission
from standpipe.dialects.holistics.requests.filters import parse_ask
from standpipe.dialects.holistics.requests.pages import PageArguments
from standpipe.dialects.holistics.requests.paths import report_id
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.responses.files import EXTENSIONS
from standpipe.dialects.holistics.responses.polls import SubmittedShown, show_submitted
from standpipe.dialects.holistics.routes.files import show_file
from standpipe.dialects.holistics.routes.notes import (
    BEGUN,
    FILE_REFUSED,
    KEY_REFUSED,
    RunArguments,
    file_shown,
)
from standpipe.dialects.holistics.routes.polls import Show, get_query_results, held
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Handler, Inbound, Onward, Route, Work
from standpipe.http.operations import Shown
from standpipe.services.directory import Services

MOST_ROWS: Final = 10_000
WAIT_SECONDS: Final = 300
TOO_LARGE: Final = "Result set too large: use submit_export"


def submit_query(services: Services, inbound: Inbound) -> Answer:
    """Run a report, or take its result if that is young enough; answers with the job's number.

    How old a result may be is the cache duration of the query. Without one every submit runs it.
    """
    return _begin(services, inbound, None)


def submit_export(extension: str, services: Services, inbound: Inbound) -> Answer:
    """Run a report for a file; answers with the job's number."""
    return _begin(services, inbound, extension)


def download_report(extension: str, services: Services, inbound: Inbound) -> Answer:
    """Run a report and wait for its file: deprecated, and for 10,000 rows at most."""

    def show(job: Submission) -> Answer:
        return _small_file(services, inbound, job, extension)

    def begun(job: Submission) -> Answer:
        return held(services, inbound, job.id, show, seconds=WAIT_SECONDS)

    return _begun(services, inbound, extension, begun)


def get_report_json(services: Services, inbound: Inbound) -> Answer:
    """Read a page of a job's rows; without a job, run the report and wait for its file."""
    if "job_id" in inbound.args:
        return get_query_results(services, inbound)
    return download_report("json", services, inbound)


def _begin(services: Services, inbound: Inbound, extension: str | None) -> Answer:
    return _begun(
        services, inbound, extension, lambda job: render_json(show_submitted(job), cache=UNKEPT)
    )


def _begun(services: Services, inbound: Inbound, extension: str | None, show: Show) -> Answer:
    query = services.queries.get(inbound.principal, report_id(inbound))
    ask = parse_ask(inbound, query)

    def prepare() -> Answer:
        job = services.jobs.prepare(inbound.principal, ask, format=extension)
        return Onward(Work.WRITE, lambda: show(services.jobs.begin(inbound.principal, job)))

    return Onward(Work.TEXT, prepare)


def _small_file(services: Services, inbound: Inbound, job: Submission, extension: str) -> Answer:
    """Return the file of a job that is over; its error, TooManyRows, NotReady."""
    if not job.state.is_final:
        raise NotReady(detail="The report still runs: ask again, or use submit_export.")
    error = services.submissions.error_of(job)
    if error is not None:
        raise error
    result = services.jobs.result(inbound.principal, job)
    if result.row_count > MOST_ROWS:
        raise TooManyRows(TOO_LARGE)
    file = show_file(services, inbound, result, extension)
    return replace(file, headers=(*file.headers, ("Deprecation", "true")))


def _beginning(place: str, handler: Handler, about: About) -> Route:
    """Return a route of a GET that begins a job: whoever only looks must not begin one."""
    return replace(described(place, handler, about), answers_head=False)


def _file_routes(extension: str) -> Iterator[Route]:
    """Yield the routes of one kind of file."""
    submit: Handler = partial(submit_export, extension)
    is_json = extension == "json"
    refused = KEY_REFUSED if is_json else FILE_REFUSED
    begun = partial(_QUERY, refused=refused)
    path = f"{_REPORT}/submit_export.{extension}"
    yield _beginning(f"GET {path}", submit, begun(name=f"submit_export_{extension}"))
    posted = begun(name=f"submit_export_{extension}_by_post")
    yield described(f"POST {path}", submit, posted)
    shown = file_shown(extension, is_deprecated=True)
    about = About(
        tag="reports",
        answer=shown,
        arguments=PageArguments if is_json else RunArguments,
        refusals=BEGUN,
        name=f"download_{extension}",
        refused=refused,
    )
    handler: Handler = get_report_json if is_json else partial(download_report, extension)
    yield described(f"GET {_REPORT}.{extension}", handler, about)


_REPORT: Final = "/queries/{report_id}"
SUBMITTED: Final = Shown(description="The job.", type=SubmittedShown)
_QUERY: Final = partial(
    About,
    tag="reports",
    answer=SUBMITTED,
    arguments=RunArguments,
    refusals=BEGUN,
    refused=KEY_REFUSED,
)
_SUBMIT: Final = f"{_REPORT}/submit_query.json"
ROUTES: Final = (
    _beginning(f"GET {_SUBMIT}", submit_query, _QUERY()),
    described(f"POST {_SUBMIT}", submit_query, _QUERY(name="submit_query_by_post")),
    *(route for extension in EXTENSIONS for route in _file_routes(extension)),
)
