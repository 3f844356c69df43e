"""The options of the endpoints that give rows: compat/dune.md 5."""

from collections.abc import Sequence
from typing import Final

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import Sample, WindowAsk, parse_columns, parse_filter, parse_sort
from standpipe.http.messages import Inbound

# What a link to the next page repeats.
NAMES: Final = (
    "allow_partial_results",
    "columns",
    "filters",
    "ignore_max_credits_per_request",
    "ignore_max_datapoints_per_request",
    "sample_count",
    "seed",
    "sort_by",
)
PARAMETER_PREFIX: Final = "params."
_LARGEST: Final = 2**63 - 1


def parse_options(inbound: Inbound, known: Sequence[str] = ()) -> WindowAsk:
    """Return the window that is asked for; WindowInvalid, FieldInvalid.

    ``known`` are the names of the result's columns. A sample is of all rows: with limit, offset or
    filters it is refused, as Dune's clients do.
    """
    count = _count(inbound, "sample_count")
    if count is not None and any(_given(inbound, name) for name in ("limit", "offset", "filters")):
        raise FieldInvalid("sampling cannot be combined with filters or pagination")
    columns, filters, sort = (_given(inbound, name) for name in ("columns", "filters", "sort_by"))
    return WindowAsk(
        columns=split_names(columns, known) if columns else None,
        where=parse_filter(filters) if filters else None,
        sample=None if count is None else Sample(rows=count, seed=_count(inbound, "seed") or 0),
        order_by=parse_sort(sort) if sort else (),
        offset=_count(inbound, "offset") or 0,
        limit=_count(inbound, "limit"),
    )


def split_names(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a list; those with commas may stand there without quotes.

    dune-client joins names as they are (compat/dune.md 5.4): what fits the longest name counts.
    """
    if not any("," in name for name in known):
        return parse_columns(text)
    parts, names = text.split(","), []
    while parts:
        lengths = range(len(parts), 0, -1)
        fitting = (n for n in lengths if ",".join(parts[:n]).strip() in known)
        length = next(fitting, 0)
        if not length:
            return parse_columns(text)
        names.append(",".join(parts[:length]).strip())
        parts = parts[length:]
    return tuple(names)


def page_options(inbound: Inbound) -> dict[str, str]:
    """Return the options that every page of an answer has in common."""
    return {name: value for name in NAMES if (value := _given(inbound, name))}


def parameter_values(inbound: Inbound) -> dict[str, str | list[str]] | None:
    """Return the values of ``params.<name>``, repeated ones as lists; None if there is none."""
    values: dict[str, str | list[str]] = {}
    for name, given in inbound.args.items():
        if name.startswith(PARAMETER_PREFIX):
            parameter = name.removeprefix(PARAMETER_PREFIX)
            values[parameter] = given[0] if len(given) == 1 else list(given)
    return values or None


def _given(inbound: Inbound, name: str) -> str | None:
    return inbound.arg(name)


def _count(inbound: Inbound, name: str) -> int | None:
    text = inbound.arg(name)
    if text is None or text == "":
        return None
    is_number = text.isascii() and text.isdecimal() and len(text) < len(str(_LARGEST))
    if not is_number:
        raise FieldInvalid(f"{name} is {text[:50]!r}: it must be an integer of at least 0.")
    return int(text)


def page_of(inbound: Inbound, *, default: int, most: int) -> tuple[int, int]:
    """Return limit and offset of a list; a negative offset is 0 (compat/dune.md 2)."""
    limit = _count(inbound, "limit")
    text = inbound.arg("offset") or ""
    offset = 0 if text.startswith("-") else _count(inbound, "offset")
    return min(default if limit is None else limit, most), offset or 0
