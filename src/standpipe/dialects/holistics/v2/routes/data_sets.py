"""Data sets: listed, read, and asked for their groups."""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from standpipe.core.columns import Column
from standpipe.core.data_sets.sets import DataSet
from standpipe.core.errors import NotReady, StandpipeError
from standpipe.core.executions import Submission
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.dialects.holistics.responses.bodies import (
    JSON_TYPE,
    KEYED,
    STATUS,
    UNKEPT,
    render_json,
)
from standpipe.dialects.holistics.routes.polls import held
from standpipe.dialects.holistics.v2.requests.data_sets import (
    GetArguments,
    QueryBody,
    parse_get,
    query_of,
    read_asked,
    set_id,
)
from standpipe.dialects.holistics.v2.requests.offsets import ListArguments, parse_part
from standpipe.dialects.holistics.v2.responses.data_sets import (
    CursorsShown,
    DataSetBody,
    DataSetsBody,
    DataSetShown,
    SqlBody,
    show_data_set,
    show_model,
    show_reports,
)
from standpipe.dialects.holistics.v2.responses.results import (
    AsyncShown,
    DataShown,
    data_encoding,
    show_begun,
)
from standpipe.dialects.holistics.v2.routes.results import meta_of
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.http.operations import Shown
from standpipe.services.data_sets import DataSetPage
from standpipe.services.directory import Services
from standpipe.services.submit import Prepared

WAIT_SECONDS: Final = 60


def list_data_sets(services: Services, inbound: Inbound) -> Outbound:
    """List the data sets that the caller may ask: those of queries, then those of tables."""
    part = parse_part(inbound)
    found = services.data_sets.find(inbound.principal, part.limit, part.offset)
    shown = [shown_data_set(services, inbound, each) for each in found.items]
    cursors = CursorsShown(previous=part.previous(), next=part.next(found.total))
    return render_json(DataSetsBody(data_sets=shown, cursors=cursors))


def get_data_set(services: Services, inbound: Inbound) -> Outbound:
    """Read a data set; its fields are known once its rows were read."""
    wanted, data_set = (
        parse_get(inbound),
        services.data_sets.get(inbound.principal, set_id(inbound)),
    )
    shown = shown_data_set(services, inbound, data_set)
    if wanted.include_models:
        model = show_model(data_set, _columns(services, inbound, data_set))
        shown = msgspec.structs.replace(shown, data_models=[model])
    if wanted.include_reports:
        shown = msgspec.structs.replace(shown, reports=show_reports(data_set))
    return render_json(DataSetBody(data_set=shown))


def submit_query(services: Services, inbound: Inbound) -> Answer:
    """Ask a data set for groups: the answer, if a stored result is fresh enough, else a job.

    How old it may be is the cache duration of the query; the rows of a table are those of now.
    The same ask while a job is under way is the same job.
    """
    asked = read_asked(inbound)
    data_set = services.data_sets.get(inbound.principal, set_id(inbound))
    query, must_run = query_of(asked, data_set), bool(asked.bust_cache)

    def prepare() -> Answer:
        found = services.data_sets.prepare(inbound.principal, data_set, query, must_run=must_run)
        if isinstance(found, DataSetPage):
            return Onward(Work.SLOW, partial(_show_page, services, found))
        return Onward(Work.WRITE, partial(_begin, services, found))

    return Onward(Work.TEXT, prepare)


def generate_sql(services: Services, inbound: Inbound) -> Answer:
    """Write SQL that answers a query; rows that were never read are read first."""
    asked = read_asked(inbound)
    data_set = services.data_sets.get(inbound.principal, set_id(inbound))
    query = query_of(asked, data_set)

    def show(result: Result) -> Answer:
        write = partial(services.data_sets.text, inbound.principal, query, result)
        return Onward(Work.TEXT, lambda: render_json(SqlBody(sql=write()), cache=UNKEPT))

    def prepare() -> Answer:
        found = services.data_sets.prepare_rows(inbound.principal, data_set)
        if isinstance(found, Result):
            return show(found)
        return Onward(Work.WRITE, partial(_wait, services, inbound, found, show))

    return Onward(Work.TEXT, prepare)


def _begin(services: Services, prepared: Prepared) -> Outbound:
    asked_at = services.clock.now()
    job = services.data_sets.begin(prepared)
    return render_json(show_begun(job, is_new=job.created_at >= asked_at), cache=UNKEPT)


def _wait(
    services: Services, inbound: Inbound, prepared: Prepared, show: Callable[[Result], Answer]
) -> Answer:
    def shown(job: Submission) -> Answer:
        if not job.state.is_final:
            raise NotReady(detail="The rows are still being read: ask again.")
        error = services.submissions.error_of(job)
        if error is not None:
            raise error
        return show(services.jobs.result(inbound.principal, job))

    job = services.data_sets.begin(prepared)
    return held(services, inbound, job.id, shown, seconds=WAIT_SECONDS)


def _show_page(services: Services, page: DataSetPage) -> Outbound:
    """Return a page by itself: it is made for this request, and not kept."""
    encoding = data_encoding(page.window.columns, meta_of(services, page))
    return Outbound(
        headers=(JSON_TYPE, UNKEPT, KEYED, STATUS),
        body=services.read.encode(page.result, page.window, encoding),
        is_result=True,
    )


def shown_data_set(services: Services, inbound: Inbound, data_set: DataSet) -> DataSetShown:
    """Return a data set as the caller sees it."""
    owner_id = data_set.of.owner_id
    owner = services.accounts.get_user(owner_id).name
    principal = inbound.principal
    can_edit = principal.is_admin or principal.user_id == owner_id
    return show_data_set(data_set, owner, can_edit=can_edit)


def _columns(services: Services, inbound: Inbound, data_set: DataSet) -> tuple[Column, ...]:
    """Return the columns of a query's result, if it can be read."""
    if not isinstance(data_set.of, Query):
        return ()
    try:
        found = services.data_sets.find_result(inbound.principal, data_set)
    except StandpipeError:  # it cannot be run (any more), which is no reason to hide it
        return ()
    return found.columns if found else ()


_ABOUT: Final = partial(About, tag="data sets")
_ASK: Final = partial(_ABOUT, body=QueryBody, refusals=(400, 404, 409, 503))
_SET: Final = "/api/v2/data_sets/{set_id}"
ROUTES: Final = (
    described(
        "GET /api/v2/data_sets",
        list_data_sets,
        _ABOUT(answer=DataSetsBody, arguments=ListArguments),
    ),
    described(
        f"GET {_SET}",
        get_data_set,
        _ABOUT(answer=DataSetBody, arguments=GetArguments, refusals=(404,)),
        Work.TEXT,
    ),
    described(
        f"POST {_SET}/submit_query",
        submit_query,
        _ASK(
            answer=Shown(description="The answer, or a job.", type=(DataShown, AsyncShown)),
            name="submit_data_set_query",
        ),
    ),
    described(f"POST {_SET}/generate_sql", generate_sql, _ASK(answer=SqlBody)),
)
