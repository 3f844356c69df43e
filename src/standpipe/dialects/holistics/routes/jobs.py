"""Jobs: listed, looked at, cancelled, and what they have written down."""

from functools import partial
from typing import Final

from standpipe.core.errors import StandpipeError
from standpipe.core.executions import Submission
from standpipe.dialects.holistics.errors import text_of
from standpipe.dialects.holistics.requests.jobs import (
    ListArguments,
    LogArguments,
    last_line,
    wants_reports,
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
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.services.directory import Services

_MOST: Final = 100


def list_jobs(services: Services, inbound: Inbound) -> Outbound:
    """List the caller's last 100 jobs, newest first; administrators see those of everybody."""
    found = services.jobs.find(inbound.principal, _MOST) if wants_reports(inbound) else ()
    return render_json([_shown(services, inbound, job) for job in found])


def get_job(services: Services, inbound: Inbound) -> Outbound:
    """Tell how a job stands."""
    job = services.jobs.get(inbound.principal, job_number(inbound))
    return render_json(_shown(services, inbound, job))


def get_logs(services: Services, inbound: Inbound) -> Outbound:
    """Read what has happened to a job, behind the line ``last_id``."""
    job = services.jobs.get(inbound.principal, job_number(inbound))
    error = services.submissions.error_of(job)
    text = None if error is None else text_of(error)
    return render_json(show_log(job, text, last_line(inbound)))


def cancel_job(services: Services, inbound: Inbound) -> Outbound:
    """Cancel a job; what is over stays as it is."""
    services.jobs.cancel(inbound.principal, job_number(inbound))
    return render_json(CancelledShown(), cache=UNKEPT)


def _shown(services: Services, inbound: Inbound, job: Submission) -> JobShown:
    return show_job(job, _title(services, inbound, job), _holder(services, job))


def _title(services: Services, inbound: Inbound, job: Submission) -> str:
    """Return the name of what a job ran, if the caller may (still) know it."""
    if job.query_id is None:
        return ""
    try:
        return services.queries.get(inbound.principal, job.query_id).name
    except StandpipeError:
        return ""


def _holder(services: Services, job: Submission) -> str:
    user_id = job.holder.user_id
    return "" if user_id is None else services.accounts.get_user(user_id).name


_ABOUT: Final = partial(About, tag="jobs")
_ONE: Final = partial(_ABOUT, refusals=(404,))
_JOB: Final = "/jobs/{job_id}"
ROUTES: Final = (
    described("GET /jobs.json", list_jobs, _ABOUT(answer=list[JobShown], arguments=ListArguments)),
    described(f"GET {_JOB}.json", get_job, _ONE(answer=JobShown)),
    described(f"GET {_JOB}/logs.json", get_logs, _ONE(answer=LogShown, arguments=LogArguments)),
    described(f"PUT {_JOB}/cancel.json", cancel_job, _ONE(answer=CancelledShown), Work.WRITE),
)
