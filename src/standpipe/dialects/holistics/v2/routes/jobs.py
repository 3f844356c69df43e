"""Jobs: listed by their numbers, looked at, and their files."""

from functools import partial
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.dialects.holistics.requests.paths import job_number
from standpipe.dialects.holistics.responses.bodies import render_json
from standpipe.dialects.holistics.responses.files import EXTENSIONS
from standpipe.dialects.holistics.responses.runs import Job
from standpipe.dialects.holistics.routes.jobs import run_errors
from standpipe.dialects.holistics.routes.notes import file_shown
from standpipe.dialects.holistics.routes.polls import download
from standpipe.dialects.holistics.v2.requests.jobs import (
    DownloadArguments,
    GetArguments,
    ListArguments,
    parse_get,
    parse_ids,
)
from standpipe.dialects.holistics.v2.responses.jobs import (
    JobBody,
    JobsBody,
    JobShown,
    LogBody,
    job_shown,
    show_log,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Outbound
from standpipe.http.operations import Shown
from standpipe.services.directory import Services


def list_jobs(services: Services, inbound: Inbound) -> Outbound:
    """List jobs by their numbers; those that are not there are left out."""
    asked, found = parse_get(inbound), []
    for number in parse_ids(inbound):
        try:
            job = services.batches.find_job(inbound.principal, number)
        except NotFound:
            continue
        found.append(_shown(services, job, asked))
    return render_json(JobsBody(jobs=found))


def get_job(services: Services, inbound: Inbound) -> Outbound:
    """Tell how a job stands."""
    job = services.batches.find_job(inbound.principal, job_number(inbound))
    return render_json(JobBody(job=_shown(services, job, parse_get(inbound))))


def get_job_logs(services: Services, inbound: Inbound) -> Outbound:
    """Read what has happened to a job."""
    job = services.batches.find_job(inbound.principal, job_number(inbound))
    return render_json(show_log(job, run_errors(services, job)))


def get_file(services: Services, inbound: Inbound) -> Answer:
    """Download the file of an export: the file itself, and no redirection to another place."""
    return download(services, inbound)


def _shown(services: Services, job: Job, asked: GetArguments) -> JobShown:
    return job_shown(
        job,
        run_errors(services, job),
        has_stats=asked.include_data_source_stats,
        has_source=asked.include_source,
    )


_ABOUT: Final = partial(About, tag="jobs")
_ONE: Final = partial(_ABOUT, refusals=(404,))
_FILE: Final = Shown(
    description="The file.",
    media_types=[kind for each in EXTENSIONS for kind in file_shown(each).media_types],
)
_JOB: Final = "/api/v2/jobs/{job_id}"
ROUTES: Final = (
    described(
        "GET /api/v2/jobs",
        list_jobs,
        _ABOUT(answer=JobsBody, arguments=ListArguments, refusals=(400,)),
    ),
    described(f"GET {_JOB}", get_job, _ONE(answer=JobBody, arguments=GetArguments)),
    described(f"GET {_JOB}/logs", get_job_logs, _ONE(answer=LogBody)),
    described(
        "GET /api/v2/exports/download",
        get_file,
        _ABOUT(answer=_FILE, arguments=DownloadArguments, refusals=(503,)),
    ),
)
