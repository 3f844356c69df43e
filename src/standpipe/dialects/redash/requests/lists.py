"""Pages, orders and filters of lists, from query arguments."""

from collections.abc import Mapping
from typing import TypeVar

from standpipe.core.dashboards import DashboardFilter, DashboardOrder
from standpipe.core.errors import PageOutOfRange
from standpipe.core.ids import DataSourceId
from standpipe.core.principals import Principal
from standpipe.core.queries import Page, QueryFilter, QueryOrder
from standpipe.http.messages import Inbound
from standpipe.services.people import PeopleFilter

T = TypeVar("T")

MAX_PAGE_SIZE = 250
_MAX_PAGE = 2**31

_QUERY_ORDERS = {
    "name": QueryOrder.NAME,
    "lowercase_name": QueryOrder.NAME,
    "created_at": QueryOrder.CREATED_AT,
    "schedule": QueryOrder.SCHEDULE,
    "runtime": QueryOrder.RUNTIME,
    "executed_at": QueryOrder.EXECUTED_AT,
    "created_by": QueryOrder.CREATED_BY,
    "starred_at": QueryOrder.STARRED_AT,
}
_DASHBOARD_ORDERS = {
    "name": DashboardOrder.NAME,
    "lowercase_name": DashboardOrder.NAME,
    "created_at": DashboardOrder.CREATED_AT,
    "starred_at": DashboardOrder.STARRED_AT,
}

Reach = frozenset[DataSourceId] | None


def parse_page(inbound: Inbound) -> Page:
    """Return the page asked for; what is no integer silently means the default. PageOutOfRange."""
    number, size = _integer(inbound, "page", 1), _integer(inbound, "page_size", 25)
    if number < 1:
        raise PageOutOfRange("Page must be positive integer.")
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise PageOutOfRange("Page size is out of range (1-250).")
    return Page(number=min(number, _MAX_PAGE), size=size)


def parse_query_filter(inbound: Inbound, reach: Reach) -> QueryFilter:
    """Return what a list of queries holds; ``reach`` are the sources the caller reaches into."""
    principal = inbound.principal
    search = inbound.arg("q") or None
    unordered = (QueryOrder.RELEVANCE if search else QueryOrder.CREATED_AT, True)
    order, descending = _order(inbound, _QUERY_ORDERS) or unordered
    return QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        data_source_ids=reach,
        search=search,
        tags=inbound.args.get("tags", ()),
        order=order,
        descending=descending,
    )


def parse_recent_filter(principal: Principal) -> QueryFilter:
    """Return what the list of a user's own queries by last change holds."""
    return QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        owner_id=principal.user_id,
        order=QueryOrder.UPDATED_AT,
    )


def parse_dashboard_filter(inbound: Inbound, reach: Reach) -> DashboardFilter:
    """Return what a list of dashboards holds."""
    principal = inbound.principal
    order, descending = _order(inbound, _DASHBOARD_ORDERS) or (DashboardOrder.CREATED_AT, True)
    return DashboardFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        data_source_ids=reach,
        search=inbound.arg("q") or None,
        tags=inbound.args.get("tags", ()),
        order=order,
        descending=descending,
    )


def parse_people_filter(inbound: Inbound) -> PeopleFilter:
    """Return what a list of people holds. The arguments are words: ``true`` and anything else."""
    order = inbound.arg("order") or "-created_at"
    pending = inbound.arg("pending")
    return PeopleFilter(
        search=(inbound.arg("q") or "").lower(),
        is_disabled=(inbound.arg("disabled") or "").lower() == "true",
        is_pending=None if pending is None else pending.lower() == "true",
        order=order.removeprefix("-"),
        descending=order.startswith("-"),
    )


def _order(inbound: Inbound, orders: Mapping[str, T]) -> tuple[T, bool] | None:
    text = inbound.arg("order") or ""
    found = orders.get(text.removeprefix("-"))
    return None if found is None else (found, text.startswith("-"))


def _integer(inbound: Inbound, name: str, default: int) -> int:
    try:
        return int(inbound.arg(name) or default)
    except ValueError:
        return default
