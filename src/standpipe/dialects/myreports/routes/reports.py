"""Workspaces, reports, and what is to be known of a report."""

from functools import partial
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.core.queries import Page, Query, QueryFilter, QueryOrder
from standpipe.core.workspaces import Workspace
from standpipe.dialects.myreports.requests.paths import report_uid, workspace_uid
from standpipe.dialects.myreports.responses.bodies import Many, One, render_many, render_one
from standpipe.dialects.myreports.responses.fields import (
    FieldShown,
    FilterShown,
    show_fields,
    show_filters,
)
from standpipe.dialects.myreports.responses.reports import (
    ReportDetailShown,
    ReportShown,
    WorkspaceShown,
    show_report,
    show_report_detail,
    show_workspace,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services

_MOST: Final = 1_000


def list_workspaces(services: Services, inbound: Inbound) -> Outbound:
    """List the workspaces of the caller: he has one."""
    workspace = services.accounts.workspace_of(inbound.principal)
    return render_many([show_workspace(workspace)], services.clock.now())


def get_workspace(services: Services, inbound: Inbound) -> Outbound:
    """Read a workspace."""
    return render_one(show_workspace(_workspace(services, inbound)), services.clock.now())


def list_reports(services: Services, inbound: Inbound) -> Outbound:
    """List the reports that the caller may see, by name."""
    _workspace(services, inbound)
    shown = [
        show_report(each, services.reports.template(each)) for each in _reports(services, inbound)
    ]
    return render_many(shown, services.clock.now())


def get_report(services: Services, inbound: Inbound) -> Outbound:
    """Read a report with its parameters and what its requests inherit."""
    query = find_report(services, inbound)
    return render_one(
        show_report_detail(query, services.reports.settings(query)), services.clock.now()
    )


def list_fields(services: Services, inbound: Inbound) -> Outbound:
    """List the fields of a report's rows; their types are known once it has run.

    Before that only the fields are there that its settings name.
    """
    query = find_report(services, inbound)
    settings = services.reports.settings(query)
    fields = services.reports.fields(inbound.principal, query)
    return render_many(show_fields(fields, settings), services.clock.now())


def list_filters(services: Services, inbound: Inbound) -> Outbound:
    """List the filters that are saved with a report."""
    query = find_report(services, inbound)
    return render_many(show_filters(services.reports.settings(query)), services.clock.now())


def find_report(services: Services, inbound: Inbound) -> Query:
    """Return the report of the path; NotFound, also if it is in another workspace."""
    _workspace(services, inbound)
    return services.reports.find_query(inbound.principal, report_uid(inbound))


def _workspace(services: Services, inbound: Inbound) -> Workspace:
    wanted = workspace_uid(inbound)
    workspace = services.accounts.workspace_of(inbound.principal)
    if workspace.uid != wanted:
        raise NotFound(f"There is no workspace {wanted}.")
    return workspace


def _reports(services: Services, inbound: Inbound) -> list[Query]:
    """Return all queries that the caller may see; a query key sees its own."""
    principal = inbound.principal
    if not principal.is_user:
        own = principal.query_id
        return [] if own is None else [services.queries.get(principal, own)]
    filter = QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        data_source_ids=services.data_sources.reachable_ids(principal),
        order=QueryOrder.NAME,
        descending=False,
    )
    found: list[Query] = []
    while True:
        page = Page(size=_MOST, offset=len(found))
        listing = services.queries.find(principal, filter, page)
        found += [each.query for each in listing.items]
        if not listing.items or len(found) >= listing.total:
            return found


_W: Final = "/api/v1.0/workspaces"
_R: Final = f"{_W}/{{workspace_id}}/reports"
_ABOUT: Final = partial(About, tag="reports")
_ONE: Final = partial(_ABOUT, refusals=(403, 404))
ROUTES: Final = (
    described(f"GET {_W}", list_workspaces, _ABOUT(answer=Many[WorkspaceShown])),
    described(f"GET {_W}/{{workspace_id}}", get_workspace, _ONE(answer=One[WorkspaceShown])),
    described(f"GET {_R}", list_reports, _ONE(answer=Many[ReportShown])),
    described(f"GET {_R}/{{report_id}}", get_report, _ONE(answer=One[ReportDetailShown])),
    described(f"GET {_R}/{{report_id}}/fields", list_fields, _ONE(answer=Many[FieldShown])),
    described(f"GET {_R}/{{report_id}}/filters", list_filters, _ONE(answer=Many[FilterShown])),
)
