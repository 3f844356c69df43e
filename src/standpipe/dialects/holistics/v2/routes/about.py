"""The caller, the data sources that he reaches, and the queue of jobs."""

from functools import partial
from typing import Final

from standpipe.core.executions import ExecutionState
from standpipe.dialects.holistics.requests.paths import source_id
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.v2.responses.jobs import show_batch
from standpipe.dialects.holistics.v2.responses.people import UserBody, show_user
from standpipe.dialects.holistics.v2.responses.queues import QueuesBody, show_queue
from standpipe.dialects.holistics.v2.responses.results import AsyncShown
from standpipe.dialects.holistics.v2.responses.sources import (
    SourceBody,
    SourcesBody,
    show_sources,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.services.directory import Services


def get_me(services: Services, inbound: Inbound) -> Outbound:
    """Tell the caller who he is."""
    principal = inbound.principal
    user = services.accounts.user_of(principal)
    return render_json(show_user(user, is_admin=principal.is_admin))


def list_sources(services: Services, inbound: Inbound) -> Outbound:
    """List the data sources that the caller reaches."""
    found = services.data_sources.visible(inbound.principal)
    return render_json(SourcesBody(data_sources=show_sources(found)))


def get_source(services: Services, inbound: Inbound) -> Outbound:
    """Read a data source."""
    wanted = services.data_sources.get(inbound.principal, source_id(inbound)).id
    found = show_sources(services.data_sources.visible(inbound.principal))
    return render_json(SourceBody(data_source=next(each for each in found if each.id == wanted)))


def bust_cache(services: Services, inbound: Inbound) -> Outbound:
    """Let no stored result of a data source be fresh enough any more; done when this answers."""
    number = services.data_sources.outdate_results(inbound.principal, source_id(inbound)).id
    batch = services.batches.begin(inbound.principal, data_source_id=number)
    return render_json(show_batch(batch), cache=UNKEPT)


def list_queues(services: Services, inbound: Inbound) -> Outbound:
    """Tell how many jobs can run at once and how many do; for administrators."""
    sizes = services.submissions.queue_sizes(inbound.principal)
    running = sizes.get(ExecutionState.RUNNING, 0)
    return render_json(show_queue(max(services.run_places, running), running))


_ABOUT: Final = partial(About, tag="about")
ROUTES: Final = (
    described("GET /api/v2/users/me", get_me, _ABOUT(answer=UserBody)),
    described("GET /api/v2/job_queues", list_queues, _ABOUT(answer=QueuesBody)),
    described("GET /api/v2/data_sources", list_sources, _ABOUT(answer=SourcesBody)),
    described(
        "GET /api/v2/data_sources/{source_id}",
        get_source,
        _ABOUT(answer=SourceBody, refusals=(404,)),
    ),
    described(
        "POST /api/v2/data_sources/{source_id}/bust_exploration_cache",
        bust_cache,
        _ABOUT(answer=AsyncShown, refusals=(404,)),
        Work.WRITE,
    ),
)
