"""Imports and transforms: materialised queries, refreshed as jobs."""

from functools import partial
from typing import Final

from standpipe.core.errors import NotAllowed, NotFound
from standpipe.dialects.holistics.requests.jobs import LastArguments, parse_view_ids
from standpipe.dialects.holistics.requests.paths import view_id
from standpipe.dialects.holistics.responses.about import ViewShown, show_view
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.responses.jobs import LastJobShown, show_last
from standpipe.dialects.holistics.responses.polls import SubmittedShown, show_submitted
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.services.directory import Services


def list_views(services: Services, inbound: Inbound) -> Outbound:
    """List the materialised queries that the caller may read, with their numbers."""
    found = services.views.find(inbound.principal, _MOST)
    return render_json([show_view(view) for view in found.items])


def execute_view(services: Services, inbound: Inbound) -> Outbound:
    """Refresh a materialised query; a refresh that is under way is joined."""
    view = services.views.get_by_id(inbound.principal, view_id(inbound))
    table = view.table
    job = services.views.refresh(inbound.principal, table.namespace, table.name)
    return render_json(show_submitted(job), cache=UNKEPT)


def get_last_jobs(services: Services, inbound: Inbound) -> Outbound:
    """Tell how the last refresh of each materialised query stands, as far as the caller may."""
    found = {}
    for number in parse_view_ids(inbound):
        try:
            view = services.views.get_by_id(inbound.principal, number)
            run = view.runs[0] if view.runs else None
            if run is not None:
                found[str(number)] = show_last(services.submissions.get(inbound.principal, run))
        except (NotFound, NotAllowed):
            continue
    return render_json(found)


_MOST: Final = 1_000
_LISTED: Final = partial(About, tag="views", answer=list[ViewShown], refusals=(403,))
_LAST: Final = partial(About, tag="views", answer=dict[str, LastJobShown], arguments=LastArguments)
_EXECUTED: Final = partial(About, tag="views", answer=SubmittedShown, refusals=(403, 404, 409, 503))
ROUTES: Final = (
    described("GET /data_imports.json", list_views, _LISTED(name="list_data_imports")),
    described("GET /data_transforms.json", list_views, _LISTED(name="list_data_transforms")),
    described("GET /jobs/last_run_jobs.json", get_last_jobs, _LAST(name="get_last_run_jobs")),
    described("GET /jobs/get_last_jobs.json", get_last_jobs, _LAST()),
    described(
        "POST /data_imports/{source_id}/execute.json",
        execute_view,
        _EXECUTED(name="execute_data_import"),
        Work.TEXT,
    ),
    described(
        "POST /data_transforms/{source_id}/execute.json",
        execute_view,
        _EXECUTED(name="execute_data_transform"),
        Work.TEXT,
    ),
)
