"""Results of jobs as pages of rows: compat/holistics.md 3.8."""

from functools import partial
from typing import Final

from standpipe.core.batches import FIRST_BATCH
from standpipe.core.data_set_queries import ALL, PAGE_SIZE
from standpipe.core.errors import InvalidRequest, StandpipeError
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.results import Result
from standpipe.core.windows import WindowAsk
from standpipe.dialects.holistics.errors import text_of
from standpipe.dialects.holistics.requests.paths import job_number
from standpipe.dialects.holistics.responses.bodies import (
    CHANGING,
    JSON_TYPE,
    KEYED,
    STATUS,
    render_json,
)
from standpipe.dialects.holistics.routes.files import tag_of
from standpipe.dialects.holistics.routes.polls import held
from standpipe.dialects.holistics.v2.responses.results import (
    JobResultShown,
    MetaShown,
    result_encoding,
    show_failed,
    show_pending,
    show_without_rows,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Encoded, Inbound, Onward, Outbound, Work
from standpipe.services.data_sets import DataSetPage
from standpipe.services.directory import Services


def get_job_result(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a job, as many as were asked for: 20 where nothing was said.

    Waits up to 3 seconds for the job.
    """
    number = job_number(inbound)
    if number > FIRST_BATCH:
        batch = services.batches.find_job(inbound.principal, number)
        return render_json(show_without_rows(batch.state))
    return held(services, inbound, number, partial(_show, services, inbound))


def meta_of(services: Services, page: DataSetPage) -> MetaShown:
    """Return which page this is; counts its rows."""
    total = services.data_sets.total(page)
    size = total if page.query.page_size == ALL else page.query.page_size
    return MetaShown(page=page.query.page, page_size=size, num_rows=total)


def _show(services: Services, inbound: Inbound, job: Submission) -> Answer:
    if job.format is not None:
        raise InvalidRequest(
            f"Job {job.id} makes a file.", hint="Download it: /api/v2/exports/download?job_id="
        )
    if not job.state.is_final or job.state is ExecutionState.CANCELLED:
        return render_json(show_pending(job))
    error = services.submissions.error_of(job)
    if error is not None:
        return render_json(show_failed(_said(error)))
    return Onward(Work.SLOW, partial(_show_rows, services, inbound, job))


def _show_rows(services: Services, inbound: Inbound, job: Submission) -> Outbound:
    try:
        if job.data_set_query is None:
            return _show_plain(services, job, services.jobs.result(inbound.principal, job))
        page = services.data_sets.collect(inbound.principal, job)
        meta = meta_of(services, page)
    except StandpipeError as error:
        return render_json(show_failed(_said(error)))
    encoding = result_encoding(page.window.columns, meta)
    opened = services.read.encode(page.result, page.window, encoding)
    return _rows(Encoded(etag=tag_of(page.result, job.id), open=opened))


def _show_plain(services: Services, job: Submission, result: Result) -> Outbound:
    """Return the first page of rows that were asked for as they are."""
    window = services.read.window(result, WindowAsk(limit=PAGE_SIZE))
    meta = MetaShown(page=1, page_size=PAGE_SIZE, num_rows=result.row_count)
    opened = services.read.encode(result, window, result_encoding(window.columns, meta))
    return _rows(Encoded(etag=tag_of(result, job.id), open=opened))


def _rows(body: Encoded) -> Outbound:
    headers = (JSON_TYPE, CHANGING, KEYED, STATUS)
    return Outbound(headers=headers, body=body, is_result=True)


def _said(error: StandpipeError) -> str:
    """Return the name of an error, which clients expect, and what is to be said of it."""
    return f"{type(error).__name__}: {text_of(error)}"


ROUTES: Final = (
    described(
        "GET /api/v2/jobs/{job_id}/result",
        get_job_result,
        About(tag="jobs", answer=JobResultShown, refusals=(403, 404)),
    ),
)
