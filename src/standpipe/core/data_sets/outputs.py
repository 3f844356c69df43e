"""What comes out of a query of a data set, and how a sort names it."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows.syntax import OutputTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A dimension or metric: its id, its field, and its name in the answer."""

    term: OutputTerm
    id: str | None
    field: str
    name: str
    is_metric: bool = False


def find_output(wanted: str, outputs: Sequence[Output], *, path: str) -> Output:
    """Return what an id means: one that was given, else a name in the answer, else a field.

    FieldInvalid if it means nothing, or two things.
    """
    for names in (_ids, _names, _fields):
        found = [each for each, name in zip(outputs, names(outputs), strict=True) if name == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            raise FieldInvalid(
                f"{path}: {wanted[:60]!r} can mean {' or '.join(repr(e.name) for e in found[:5])}.",
                hint="Give each of them an id of its own.",
            )
    known = list(dict.fromkeys(_known(outputs)))
    near = difflib.get_close_matches(wanted[:200], known, n=1)
    raise FieldInvalid(
        f"{path}: {wanted[:60]!r} is no dimension or metric of this query.",
        detail=f"There are: {', '.join(known[:50])}.",
        hint=f"Did you mean {near[0]!r}?" if near else "",
    )


def _ids(outputs: Sequence[Output]) -> list[str | None]:
    return [each.id for each in outputs]


def _fields(outputs: Sequence[Output]) -> list[str | None]:
    return [each.field for each in outputs]


def _names(outputs: Sequence[Output]) -> list[str | None]:
    return [each.name for each in outputs]


def _known(outputs: Sequence[Output]) -> Iterator[str]:
    for each in outputs:
        yield each.id or each.field
        yield each.name
