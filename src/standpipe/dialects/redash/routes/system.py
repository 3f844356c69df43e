"""Session, configuration, counts and signs of life."""

from dataclasses import replace

from standpipe.core.queries import Page
from standpipe.dialects.redash.requests.lists import parse_dashboard_filter, parse_query_filter
from standpipe.dialects.redash.responses.system import (
    render_config,
    render_counters,
    render_index,
    render_pong,
    render_session,
    render_status,
)
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.services.directory import Services

FIRST = Page(number=1, size=1)


def get_session(services: Services, inbound: Inbound) -> Outbound:
    """Say who is asking, and how the client should show things."""
    principal = inbound.principal
    user = services.accounts.user_of(principal)
    workspace = services.accounts.workspace_of(principal)
    return render_session(user, principal, workspace, base_path=_base_path(inbound))


def get_config(services: Services, inbound: Inbound) -> Outbound:
    """Say how the client should show things."""
    workspace = inbound.workspace or services.accounts.workspace()
    is_known = inbound.caller is not None
    return render_config(workspace, base_path=_base_path(inbound), is_known=is_known)


def get_counters(services: Services, inbound: Inbound) -> Outbound:
    """Count what the caller reaches."""
    return render_counters(_counters(services, inbound))


def get_status(services: Services, inbound: Inbound) -> Outbound:
    """Tell operators what the server does."""
    queue = services.submissions.queue_sizes(inbound.principal)
    return render_status(_counters(services, inbound), queue)


def get_index(_services: Services, _inbound: Inbound) -> Outbound:
    """Answer at the root of the API, which some clients try first."""
    return render_index()


def ping(_services: Services, _inbound: Inbound) -> Outbound:
    """Give a sign of life."""
    return render_pong()


def _counters(services: Services, inbound: Inbound) -> dict[str, int]:
    principal = inbound.principal
    reach = services.data_sources.reachable_ids(principal)
    return {
        "users": len(services.accounts.users(principal)),
        "data_sources": len(services.data_sources.visible(principal)),
        "queries": services.queries.find(
            principal, parse_query_filter(_bare(inbound), reach), FIRST
        ).total,
        "dashboards": services.dashboards.find(
            principal, parse_dashboard_filter(_bare(inbound), reach), FIRST
        ).total,
    }


def _bare(inbound: Inbound) -> Inbound:
    """The request without its arguments, which mean nothing here."""
    return replace(inbound, args={})


def _base_path(inbound: Inbound) -> str:
    return f"{inbound.base_url}{inbound.prefix}/"


ROUTES = (
    Route("GET", "/api/session", get_session),
    Route("GET", "/api/config", get_config, is_public=True),
    Route("GET", "/api/organization/status", get_counters),
    Route("GET", "/status.json", get_status),
    Route("GET", "/ping", ping, is_public=True),
    Route("GET", "/api", get_index, is_public=True),
)
