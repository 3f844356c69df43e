"""Conditions on fields of a report, in the operators of compat/myreports.md 4.2."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from standpipe.core.errors import FieldInvalid

Value = str | bool | int | float
MOST_VALUES: Final = 1_000


class ReportOperator(StrEnum):
    """What is asked of a field, as answers spell it."""

    EQUAL = "="
    UNEQUAL = "!="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    BETWEEN = "between"
    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"
    STARTS_WITH = "starts with"
    NOT_STARTS_WITH = "not starts with"
    ENDS_WITH = "ends with"
    NOT_ENDS_WITH = "not ends with"
    IS_NULL = "is null"
    IS_NOT_NULL = "is not null"


_O = ReportOperator
_ALIASES: Final = {
    "==": _O.EQUAL,
    "in": _O.EQUAL,
    "<>": _O.UNEQUAL,
    "notin": _O.UNEQUAL,
    "isempty": _O.IS_NULL,
    "isnotempty": _O.IS_NOT_NULL,
}
_SPELLINGS: Final = {
    **{each.value.replace(" ", ""): each for each in ReportOperator},
    **_ALIASES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on a field: one of the values fulfils it, or for negative ones each does."""

    field: str
    operator: ReportOperator
    values: tuple[Value, ...] = ()


def read_operator(text: str, *, path: str) -> ReportOperator:
    """Return an operator in any spelling: case, spaces and underscores do not count."""
    plain = text.lower().replace(" ", "").replace("_", "")
    found = _SPELLINGS.get(plain)
    if found is None:
        raise FieldInvalid(
            f"{path}.operator: there is no operator {text[:50]!r}.",
            detail=f"Expected: {', '.join(each.value for each in ReportOperator)}, in, not in.",
        )
    return found


def check_condition(condition: Condition, *, path: str) -> Condition:
    """Return a condition with as many values as its operator takes; FieldInvalid."""
    least, most = _COUNTS.get(condition.operator, (1, MOST_VALUES))
    count = len(condition.values)
    if least <= count <= most:
        return condition
    expected = str(least) if least == most else f"{least} to {most:,}"
    raise FieldInvalid(
        f"{path}.values: {condition.operator.value!r} does not take {count:,} values.",
        detail=f"Expected: {expected}.",
    )


_COUNTS: Final = {_O.BETWEEN: (2, 2), _O.IS_NULL: (0, 0), _O.IS_NOT_NULL: (0, 0)}
