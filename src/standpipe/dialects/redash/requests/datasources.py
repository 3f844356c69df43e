"""Bodies that configure data sources."""

from standpipe.dialects.redash.requests.fields import parse_object, parse_object_or_nothing
from standpipe.http.messages import Inbound
from standpipe.services.datasources import SourceDraft


def parse_source_draft(inbound: Inbound) -> SourceDraft:
    """Return a data source's name, kind and settings; FieldMissing, FieldInvalid."""
    fields = parse_object(inbound)
    fields.required("options")
    return SourceDraft(
        name=fields.required_text("name"),
        kind=fields.required_text("type"),
        settings=fields.mapping("options"),
    )


def parse_pause_reason(inbound: Inbound) -> str | None:
    """Return why a source is paused: from the body, or from the URL."""
    return parse_object_or_nothing(inbound).optional_text("reason") or inbound.arg("reason")
