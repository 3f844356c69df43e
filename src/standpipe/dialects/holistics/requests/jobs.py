"""Which jobs are asked for: compat/holistics.md 2b."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import NotFound
from standpipe.core.ids import TableId
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

REPORT: Final = "QueryReport"
VIEWS: Final = ("DataImport", "DataTransform")
MOST_IDS: Final = 100


class ListArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which jobs are listed."""

    source_type: Annotated[str, Meta(description="What the jobs ran: QueryReport.")] = REPORT


class LastArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Whose last jobs are asked for."""

    source_type: Annotated[
        str, Meta(description="DataImport or DataTransform; there are no others.")
    ] = ""
    ids: Annotated[tuple[str, ...], Meta(description="The numbers of materialised queries.")] = (
        msgspec.field(name="ids[]", default=())
    )


class LogArguments(msgspec.Struct, kw_only=True, frozen=True):
    """After which line."""

    last_id: Annotated[int, Meta(ge=0, le=2**31 - 1, description="The last line seen.")] = 0


def wants_reports(inbound: Inbound) -> bool:
    """Whether jobs of reports are asked for."""
    return (inbound.arg("source_type") or REPORT) == REPORT


def last_line(inbound: Inbound) -> int:
    """Return the number of the last line that the caller has; FieldInvalid."""
    return read_known_arguments(LogArguments, inbound.args).last_id


def parse_view_ids(inbound: Inbound) -> list[TableId]:
    """Return the numbers of the views that are asked for; what is none is left out."""
    if inbound.arg("source_type") not in VIEWS:
        return []
    found = []
    for text in [*inbound.args.get("ids[]", ()), *inbound.args.get("ids", ())][:MOST_IDS]:
        try:
            found.append(TableId(parse_number(text)))
        except NotFound:
            continue
    return found
