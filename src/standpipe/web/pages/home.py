"""The list of queries, or the way to it: set-up, then sign-in."""

from standpipe.core.errors import NotAuthenticated
from standpipe.core.principals import Principal
from standpipe.core.queries import Listing, Page, QueryFilter, QueryListing, QueryOrder
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.show import redirect, show_page

PAGE_SIZE = 50
SEARCH_LENGTH = 200

_LAST_PAGE = 1_000_000


def show_home(services: Services, inbound: Inbound) -> Outbound:
    """Show one page of the queries the caller may see, found by words if some are given."""
    if inbound.caller is None:
        if not services.accounts.is_set_up():
            return redirect(f"{inbound.prefix}/setup")
        raise NotAuthenticated()
    search = (inbound.arg("q") or "").strip()[:SEARCH_LENGTH]
    number = _page_number(inbound)
    listing = _find(services, inbound.caller, search, number)
    return show_page(
        inbound,
        "home.html",
        search=search,
        number=number,
        pages=max(1, -(-listing.total // PAGE_SIZE)),
        listing=listing,
    )


def _find(
    services: Services, principal: Principal, search: str, number: int
) -> Listing[QueryListing]:
    wanted = QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        data_source_ids=services.data_sources.reachable_ids(principal),
        search=search or None,
        order=QueryOrder.NAME,
        descending=False,
    )
    return services.queries.find(principal, wanted, Page(number=number, size=PAGE_SIZE))


def _page_number(inbound: Inbound) -> int:
    text = inbound.arg("page") or "1"
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return min(max(1, int(text)), _LAST_PAGE) if is_number else 1
