"""The errors of a check: which part of the window, where in its text, and what would be right."""

import difflib
from collections.abc import Iterable

from standpipe.core.columns import Column
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows.expressions import (
    AggregateCall,
    ColumnValue,
    Constant,
    Conversion,
    Expression,
    FunctionCall,
)
from standpipe.core.windows.functions import AGGREGATES, RUNNING
from standpipe.core.windows.kinds import NUMBERS, WORDS, T
from standpipe.core.windows.literals import WRITTEN
from standpipe.core.windows.syntax import (
    Call,
    Cast,
    Likeness,
    Literal,
    Moment,
    Name,
    Node,
    TypedLiteral,
)
from standpipe.core.windows.tokens import shown


def invalid(
    part: str, node: Node, message: str, *, detail: str = "", hint: str = ""
) -> WindowInvalid:
    """Return the error at a node."""
    return WindowInvalid(message, part=part, position=node.position, detail=detail, hint=hint)


def no_condition(part: str, node: Node, found: Expression) -> WindowInvalid:
    """Return the error that a value stands where something must be true or false."""
    return invalid(
        part,
        node,
        f"{_subject(node, found)} is {WORDS[found.type]}, not a condition.",
        detail="Expected: a comparison, or a boolean column.",
    )


def unusable(part: str, node: Node, found: Expression) -> WindowInvalid:
    """Return the error that values of a type are neither compared nor ordered."""
    hint = ""
    if isinstance(found, ColumnValue):
        hint = f"As a text it can be used: cast({quoted(found.column.name)} as text)."
    return invalid(
        part,
        node,
        f"{_subject(node, found)} is {WORDS[found.type]}, which cannot be compared.",
        detail="Allowed with it: IS NULL, IS NOT NULL, count, and a cast to text.",
        hint=hint,
    )


def misfit(part: str, node: Node, value: Constant, beside: Expression) -> WindowInvalid:
    """Return the error that a written value cannot be compared with what stands beside it."""
    hint = ""
    if beside.type is T.TEXT and value.type in NUMBERS:
        hint = (
            "Write the number in single quotes, or cast the text: "
            f"cast({_example(beside)} as decimal)."
        )
    elif beside.type is T.TEXT and value.type is T.BYTES:
        hint = "Write it in single quotes if the text says it so."
    elif beside.type is T.TEXT:
        hint = f"Cast the text: cast({_example(beside)} as {value.type})."
    return invalid(
        part,
        node,
        f"{_subject(node, value)} cannot be compared with {_computed(beside)},"
        f" which is {WORDS[beside.type]}.",
        detail=f"Expected: {WRITTEN[beside.type]}.",
        hint=hint,
    )


def unlike(part: str, node: Node, left: Expression, right: Expression) -> WindowInvalid:
    """Return the error that two values are of types that do not compare."""
    return invalid(
        part,
        node,
        f"{_computed(left)} is {WORDS[left.type]} and {_computed(right)} is"
        f" {WORDS[right.type]}: they cannot be compared.",
        hint=f"Convert one of them, such as cast({_example(right)} as text).",
    )


def no_text(part: str, node: Node, found: Expression) -> WindowInvalid:
    """Return the error that LIKE is asked of what is no text."""
    return invalid(
        part,
        node,
        f"{_subject(node, found)} is {WORDS[found.type]}; LIKE takes a text.",
        hint=f"Convert it: cast({_example(found)} as text).",
    )


def require_pattern(part: str, node: Likeness) -> None:
    """WindowInvalid for an escape of more than a character, or a pattern that ends in one."""
    if node.escape is None:
        return
    if len(node.escape) != 1 or not node.escape.isascii():
        raise invalid(
            part,
            node,
            f"{shown(node.escape)} cannot be the ESCAPE of a pattern.",
            detail="Expected: one ASCII character.",
        )
    if (len(node.pattern) - len(node.pattern.rstrip(node.escape))) % 2:
        raise invalid(
            part,
            node,
            f"The pattern {shown(node.pattern)} ends with its escape character.",
            hint="Write the character twice if it is meant itself.",
        )


def outside(part: str, node: Name, column: Column) -> WindowInvalid:
    """Return the error that a column of single rows is asked of a group."""
    return invalid(
        part,
        node,
        f"{shown(column.name)} has many values in a group.",
        detail=f"Expected: an aggregate, which is one of {', '.join(AGGREGATES)}.",
        hint=f"Take one of them, such as min({quoted(column.name)}), or group by it.",
    )


def misplaced(part: str, node: Call) -> WindowInvalid:
    """Return the error that an aggregate stands where single rows are looked at."""
    return invalid(
        part,
        node,
        f"{shown(node.name)} is an aggregate, which cannot stand here.",
        detail="Aggregates are columns of a grouping; they do not stand inside of each other.",
    )


def no_aggregate(node: Node) -> WindowInvalid:
    """Return the error of an aggregate that is none."""
    return invalid(
        "aggregate",
        node,
        "This is not an aggregate.",
        detail=f"Expected: one of {', '.join(AGGREGATES)}.",
        hint="What rows are grouped by stands in the grouping.",
    )


def not_alone(node: Node) -> WindowInvalid:
    """Return the error that something is computed of a running aggregate."""
    return invalid(
        "aggregate",
        node,
        "A running aggregate stands alone.",
        detail=f"Nothing is computed of: {', '.join(sorted(RUNNING))}.",
    )


def no_column(part: str, node: Node, effect: str) -> WindowInvalid:
    """Return the error that a value is the same for every row."""
    return invalid(
        part,
        node,
        f"A value that is the same everywhere {effect}.",
        detail="Expected: a column, or a function of one.",
        hint="Name the column; its position is not understood.",
    )


def unreadable(part: str, node: TypedLiteral) -> WindowInvalid:
    """Return the error of a date that is none."""
    kind = T.DATE if node.kind == "date" else T.TIMESTAMP
    return invalid(
        part,
        node,
        f"{shown(node.text)} is not {WORDS[kind]}.",
        detail=f"Expected: {WRITTEN[kind]}.",
    )


def out_of_calendar(part: str, node: Moment) -> WindowInvalid:
    """Return the error of a relative date before the year 1 or after the year 9999."""
    return invalid(part, node, "This date lies outside of the years 1 to 9999.")


def misused(part: str, node: Node, found: Expression, usage: str) -> WindowInvalid:
    """Return the error that a function does not take an argument."""
    return invalid(
        part,
        node,
        f"{_subject(node, found)} is {WORDS[found.type]}, which does not fit here.",
        detail=f"Expected: {usage}.",
    )


def unknown(part: str, node: Call | Cast, kind: str, known: Iterable[str]) -> WindowInvalid:
    """Return the error that there is no function, or no type, of a name."""
    names = list(known)
    name = node.name if isinstance(node, Call) else node.type
    near = difflib.get_close_matches(name, names, n=1)
    return invalid(
        part,
        node,
        f"There is no {kind} {shown(name)}.",
        detail=f"There are: {', '.join(names)}.",
        hint=f"Did you mean {near[0]}?" if near else "",
    )


def quoted(name: str) -> str:
    """Return a name as a filter writes it."""
    return '"' + name.replace('"', '""') + '"'


def _subject(node: Node, found: Expression) -> str:
    """Return how a node is called in a message: as it was written, as far as it is short."""
    match node:
        case Name():
            return shown(node.text)
        case Literal():
            return _written(node.value)
        case TypedLiteral():
            return f"{node.kind.upper()} {shown(node.text)}"
        case Moment():
            return "today" if node.is_today else "now"
    return _computed(found)


def _written(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bytes):
        return shown(f"0x{value.hex()}")[1:-1]
    return "NULL" if value is None else shown(str(value).upper())[1:-1]


def _computed(found: Expression) -> str:
    match found:
        case ColumnValue():
            return shown(found.column.name)
        case FunctionCall() | AggregateCall():
            return f"{found.name}(...)"
        case Conversion():
            return f"cast(... as {found.type})"
        case Constant():
            return _written(found.value)
    return "the condition"


def _example(found: Expression) -> str:
    return quoted(found.column.name) if isinstance(found, ColumnValue) else "..."
