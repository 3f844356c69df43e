"""Materialised views to make and to refresh (compat/dune.md 3.9)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId
from standpipe.core.materialized_views import parse_view_name
from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.http.messages import Inbound
from standpipe.services.materialized_views import ViewAsk

_LARGEST: Final = 2**31 - 1


class ViewRefresh(msgspec.Struct, kw_only=True, frozen=True):
    """A refresh; all performances run alike here."""

    performance: Any = None


class ViewUpsert(ViewRefresh, kw_only=True, frozen=True):
    """A view to make or to change: everything that is absent is as if it were made anew."""

    name: Annotated[str, Meta(description="result_x, or dune.<namespace>.result_x.")]
    query_id: Annotated[int, Meta(ge=1, le=_LARGEST)]
    cron_expression: Annotated[
        str | None,
        Meta(
            description="Five fields, in UTC, every 15 minutes to weekly; absent: never by itself."
        ),
    ] = None
    is_private: bool | None = None
    expires_at: Annotated[
        datetime | None, Meta(description="In UTC unless it says otherwise. Then the view goes.")
    ] = None


def parse_upsert(inbound: Inbound) -> ViewAsk:
    """Return a view to make or to change; FieldMissing, FieldInvalid."""
    given = read_struct(inbound, ViewUpsert)
    return ViewAsk(
        name=given.name,
        query_id=QueryId(given.query_id),
        cron=(given.cron_expression or "").strip(),
        is_private=given.is_private or False,
        expires_at=None if given.expires_at is None else _in_utc(given.expires_at),
    )


def check_refresh(inbound: Inbound) -> None:
    """Return if the body is one of a refresh; MalformedBody."""
    read_struct(inbound, ViewRefresh)


def view_name(inbound: Inbound) -> tuple[str | None, str]:
    """Return namespace (None if it is not named) and name of the view in the path; FieldInvalid."""
    return parse_view_name(inbound.parts["name"])


def _in_utc(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise FieldInvalid("expires_at is out of range.") from error
