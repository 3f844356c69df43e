"""Which jobs are asked for: compat/holistics.md 2b."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import NotFound
from standpipe.core.ids import SubmissionId, TableId
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

REPORT: Final = "QueryReport"
IMPORT: Final = "DataImport"
TRANSFORM: Final = "DataTransform"
# Both are materialised queries here, so their jobs are refreshes under either name.
REFRESHED: Final = (IMPORT, TRANSFORM)
MOST_IDS: Final = 100
MOST_JOBS: Final = 100
_BRACKETS: Final = "[]"


class ListArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which jobs are listed."""

    source_type: Annotated[
        str,
        Meta(description="What the jobs ran: QueryReport, DataImport, DataTransform; else all."),
    ] = ""
    before: Annotated[
        int | None, Meta(ge=1, le=2**31 - 1, description="Only jobs with a smaller number.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_JOBS, description="How many.")] = MOST_JOBS


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAsk:
    """Which jobs are listed; ``is_refresh`` None = of all kinds, ``is_known`` False = of none."""

    limit: int
    before: SubmissionId | None
    is_refresh: bool | None
    is_known: bool


def parse_list(inbound: Inbound) -> ListAsk:
    """Return which jobs are asked for; FieldInvalid."""
    asked = read_known_arguments(ListArguments, inbound.args)
    wanted = asked.source_type
    return ListAsk(
        limit=asked.limit,
        before=None if asked.before is None else SubmissionId(asked.before),
        is_refresh=wanted != REPORT if wanted else None,
        is_known=wanted in ("", REPORT, *REFRESHED),
    )


def parse_refresh_name(inbound: Inbound) -> str:
    """Return what refreshes are called: as the caller does, else transforms."""
    wanted = inbound.arg("source_type")
    return wanted if wanted in REFRESHED else TRANSFORM


def last_line(inbound: Inbound) -> int:
    """Return the number of the last line that the caller has; FieldInvalid."""
    return read_known_arguments(LogArguments, inbound.args).last_id


def parse_view_ids(inbound: Inbound) -> list[TableId]:
    """Return the numbers of the views that are asked for; what is none is left out."""
    if inbound.arg("source_type") not in REFRESHED:
        return []
    found = []
    for text in [*inbound.args.get("ids[]", ()), *inbound.args.get("ids", ())][:MOST_IDS]:
        try:  # the example of the original has ids=[]456
            found.append(TableId(parse_number(text.removeprefix(_BRACKETS))))
        except NotFound:
            continue
    return found
