"""Jobs: listed, looked at, cancelled, and what they have written down."""

from functools import partial
from typing import Final

from msgspec.structs import replace

from standpipe.core.batches import Batch
from standpipe.core.errors import StandpipeError
from standpipe.core.executions import Submission
from standpipe.dialects.holistics.errors import text_of
from standpipe.dialects.holistics.requests.jobs import (
    IMPORT,
    ListArguments,
    LogArguments,
    last_line,
    parse_list,
    parse_refresh_name,
)
from standpipe.dialects.holistics.requests.paths import job_number
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.responses.jobs import (
    CancelledShown,
    JobShown,
    LogShown,
    show_job,
    show_log,
)
from standpipe.dialects.holistics.responses.runs import Job, runs_of
from standpipe.dialects.holistics.routes.polls import held
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Outbound, Work
from standpipe.services.directory import Services


def list_jobs(services: Services, inbound: Inbound) -> Outbound:
    """List the caller's newest jobs, 100 at a time; administrators see those of everybody.

    The next ones are those `before` the last number of a list.
    """
    ask = parse_list(inbound)
    found = (
        services.jobs.find(inbound.principal, ask.limit, ask.before, is_refresh=ask.is_refresh)
        if ask.is_known
        else ()
    )
    return render_json([_shown(services, inbound, job) for job in found])


def get_job(services: Services, inbound: Inbound) -> Outbound:
    """Tell how a job stands."""
    job = services.batches.find_job(inbound.principal, job_number(inbound))
    return render_json(_shown(services, inbound, job))


def get_import_job(services: Services, inbound: Inbound) -> Answer:
    """Tell how a refresh stands; who asks too early waits a few seconds."""

    def show(job: Submission) -> Outbound:
        error = services.submissions.error_of(job)
        shown = _shown(services, inbound, job, IMPORT)
        told = shown if error is None else replace(shown, error=text_of(error))
        return render_json(told)

    return held(services, inbound, job_number(inbound), show)


def get_logs(services: Services, inbound: Inbound) -> Outbound:
    """Read what has happened to a job, behind the line ``last_id``."""
    job = services.batches.find_job(inbound.principal, job_number(inbound))
    return render_json(show_log(job, run_errors(services, job), last_line(inbound)))


def cancel_job(services: Services, inbound: Inbound) -> Outbound:
    """Cancel a job; what is over stays as it is."""
    services.batches.cancel_job(inbound.principal, job_number(inbound))
    return render_json(CancelledShown(), cache=UNKEPT)


def run_errors(services: Services, job: Job) -> dict[int, str]:
    """Return why runs of a job have failed, by their numbers."""
    errors = ((run.id, services.submissions.error_of(run)) for run in runs_of(job))
    return {number: text_of(error) for number, error in errors if error is not None}


def _shown(
    services: Services, inbound: Inbound, job: Job, refresh_name: str | None = None
) -> JobShown:
    name = refresh_name or parse_refresh_name(inbound)
    return show_job(job, _title(services, inbound, job), _holder(services, job), name)


def _title(services: Services, inbound: Inbound, job: Job) -> str:
    """Return the name of what a job ran, if the caller may (still) know it."""
    try:
        if isinstance(job, Batch):
            return _title_of_batch(services, inbound, job)
        if job.view_id is not None:
            return services.views.get_by_id(inbound.principal, job.view_id).full_name
        if job.query_id is None:
            return ""
        return services.queries.get(inbound.principal, job.query_id).name
    except StandpipeError:
        return ""


def _title_of_batch(services: Services, inbound: Inbound, job: Batch) -> str:
    if job.dashboard_id is not None:
        return services.dashboards.get(inbound.principal, job.dashboard_id).name
    if job.data_source_id is not None:
        return services.data_sources.get(inbound.principal, job.data_source_id).name
    return ""


def _holder(services: Services, job: Job) -> str:
    user_id = job.holder.user_id
    return "" if user_id is None else services.accounts.get_user(user_id).name


_ABOUT: Final = partial(About, tag="jobs")
_ONE: Final = partial(_ABOUT, refusals=(404,))
_JOB: Final = "/jobs/{job_id}"
ROUTES: Final = (
    described("GET /jobs.json", list_jobs, _ABOUT(answer=list[JobShown], arguments=ListArguments)),
    described(f"GET {_JOB}.json", get_job, _ONE(answer=JobShown)),
    described("GET /data_imports/job_result/{job_id}.json", get_import_job, _ONE(answer=JobShown)),
    described(f"GET {_JOB}/logs.json", get_logs, _ONE(answer=LogShown, arguments=LogArguments)),
    described(f"PUT {_JOB}/cancel.json", cancel_job, _ONE(answer=CancelledShown), Work.WRITE),
)
