"""Data sources: list, configure, try, pause, and what is in them."""

from typing import Any

from standpipe.core.datasources import DataSource
from standpipe.core.errors import SourceFailed
from standpipe.core.ids import DataSourceId
from standpipe.core.permissions import Access, source_access
from standpipe.dialects.redash.requests.datasources import parse_pause_reason, parse_source_draft
from standpipe.dialects.redash.requests.fields import parse_id
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.dialects.redash.responses.datasources import (
    long_source_body,
    render_no_schema,
    render_schema,
    render_source_types,
    render_test,
    source_body,
)
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.directory import Services


def list_sources(services: Services, inbound: Inbound) -> Outbound:
    """List the sources the caller reaches into, by name."""
    sources = services.data_sources.visible(inbound.principal)
    return render_json([{**source_body(item), **_rights(inbound, item)} for item in sources])


def get_source(services: Services, inbound: Inbound) -> Outbound:
    """Read a source; administrators see its settings, secrets masked."""
    source = services.data_sources.get(inbound.principal, _source_id(inbound))
    body = source_body(source)
    if inbound.principal.is_admin:
        body = long_source_body(source, services.data_sources.masked_settings(source))
    return render_json({**body, **_rights(inbound, source)})


def create_source(services: Services, inbound: Inbound) -> Outbound:
    """Configure a new source."""
    source = services.data_sources.create(inbound.principal, parse_source_draft(inbound))
    masked = services.data_sources.masked_settings(source)
    return render_json(long_source_body(source, masked))


def edit_source(services: Services, inbound: Inbound) -> Outbound:
    """Configure a source anew."""
    draft = parse_source_draft(inbound)
    source = services.data_sources.configure(inbound.principal, _source_id(inbound), draft)
    masked = services.data_sources.masked_settings(source)
    return render_json(long_source_body(source, masked))


def delete_source(services: Services, inbound: Inbound) -> Outbound:
    """Remove a source."""
    services.data_sources.delete(inbound.principal, _source_id(inbound))
    return Outbound(status=204, headers=(("Content-Type", "text/html; charset=utf-8"),))


def list_source_types(services: Services, inbound: Inbound) -> Outbound:
    """List the kinds of sources that can be configured."""
    return render_source_types(services.data_sources.kinds(inbound.principal))


def get_schema(services: Services, inbound: Inbound) -> Outbound:
    """Read the tables of a source."""
    try:
        tables = services.data_sources.tables(inbound.principal, _source_id(inbound))
    except SourceFailed as error:
        return render_no_schema(error)
    return render_schema(tables)


def test_source(services: Services, inbound: Inbound) -> Outbound:
    """Ask a source whether it answers."""
    try:
        services.data_sources.test(inbound.principal, _source_id(inbound))
    except SourceFailed as error:
        return render_test(error)
    return render_test(None)


def pause_source(services: Services, inbound: Inbound) -> Outbound:
    """Stop new runs on a source."""
    reason = parse_pause_reason(inbound)
    source = services.data_sources.set_paused(
        inbound.principal, _source_id(inbound), paused=True, reason=reason
    )
    return render_json(source_body(source))


def resume_source(services: Services, inbound: Inbound) -> Outbound:
    """Allow runs again."""
    source = services.data_sources.set_paused(
        inbound.principal, _source_id(inbound), paused=False, reason=None
    )
    return render_json(source_body(source))


def _source_id(inbound: Inbound) -> DataSourceId:
    return DataSourceId(parse_id(inbound, "source_id"))


def _rights(inbound: Inbound, source: DataSource) -> dict[str, Any]:
    return {"view_only": source_access(inbound.principal, source) < Access.FULL}


_SOURCE = "/api/data_sources/{source_id:int}"

ROUTES = (
    Route("GET", "/api/data_sources", list_sources),
    Route("POST", "/api/data_sources", create_source, Work.WRITE),
    Route("GET", "/api/data_sources/types", list_source_types),
    Route("GET", _SOURCE, get_source),
    Route("POST", _SOURCE, edit_source, Work.WRITE),
    Route("DELETE", _SOURCE, delete_source, Work.WRITE),
    Route("GET", f"{_SOURCE}/schema", get_schema, Work.SLOW),
    Route("POST", f"{_SOURCE}/test", test_source, Work.SLOW),
    Route("POST", f"{_SOURCE}/pause", pause_source, Work.WRITE),
    Route("DELETE", f"{_SOURCE}/pause", resume_source, Work.WRITE),
)
