"""Which jobs are asked for, and what of them: compat/holistics.md 2c."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid, FieldMissing, NotFound
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

MOST_IDS: Final = 100


class GetArguments(msgspec.Struct, kw_only=True, frozen=True):
    """What is told of a job beside how it stands."""

    include_data_source_stats: Annotated[
        bool, Meta(description="What its data source counted: nothing, so far.")
    ] = False
    include_source: Annotated[bool, Meta(description="What it was made for.")] = False


class ListArguments(GetArguments, kw_only=True, frozen=True):
    """Which jobs."""

    ids: Annotated[tuple[str, ...], Meta(description="Their numbers, 100 at most.")] = (
        msgspec.field(name="ids[]")
    )


class DownloadArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Whose file."""

    job_id: Annotated[str, Meta(description="The number of the job.")]


def parse_get(inbound: Inbound) -> GetArguments:
    """Return what is to be told; FieldInvalid."""
    return read_known_arguments(GetArguments, inbound.args)


def parse_ids(inbound: Inbound) -> list[int]:
    """Return the numbers of jobs, each once; FieldMissing, FieldInvalid.

    What is the number of nothing is passed over.
    """
    texts = [*inbound.args.get("ids[]", ()), *inbound.args.get("ids", ())]
    if not texts:
        raise FieldMissing("The argument 'ids[]' is missing.", detail="Expected: numbers of jobs.")
    if len(texts) > MOST_IDS:
        raise FieldInvalid(
            f"The argument 'ids[]' is given {len(texts):,} times.",
            detail=f"Expected: {MOST_IDS} at most.",
        )
    numbers = []
    for text in dict.fromkeys(texts):
        try:
            numbers.append(parse_number(text))
        except NotFound:
            continue
    return numbers
