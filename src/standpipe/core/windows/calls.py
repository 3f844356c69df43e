"""Checks the arguments of functions, aggregates and casts, and says what type comes out."""

from collections.abc import Sequence
from typing import Final

from standpipe.core.calendar import find_zone
from standpipe.core.columns import LogicalType
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import complaints
from standpipe.core.windows.expressions import (
    AggregateCall,
    Constant,
    Conversion,
    Expression,
    FunctionCall,
    RunningCall,
)
from standpipe.core.windows.functions import (
    AGGREGATES,
    CAST_TYPES,
    COALESCE,
    FUNCTIONS,
    RUNNING,
    Signature,
    Taken,
    casts_to,
)
from standpipe.core.windows.kinds import COMPARABLE, WORDS, T, widest
from standpipe.core.windows.literals import fit
from standpipe.core.windows.syntax import Call, Cast, Literal, Node
from standpipe.core.windows.tokens import shown

MAX_ROUNDED_DIGITS: Final = 38


def require_unit(part: str, node: Call) -> None:
    """WindowInvalid when a function of dates is not told its unit or zone, in single quotes."""
    signature = FUNCTIONS.get(node.name)
    if signature is not None and signature.is_zoned and node.arguments:
        _require_zone(part, node, node.arguments[0])
    if signature is None or not signature.words or not node.arguments:
        return
    unit = node.arguments[0]
    if not isinstance(unit, Literal) or str(unit.value).lower() not in signature.words:
        raise complaints.invalid(
            part,
            unit,
            f"{shown(node.name)} does not know this unit.",
            detail=f"Expected: {', '.join(repr(each) for each in signature.words)}.",
            hint=f"It is written in single quotes: {signature.usage}.",
        )


def function_call(part: str, node: Call, arguments: Sequence[Expression]) -> FunctionCall:
    """Return a function over checked arguments; WindowInvalid when it does not take them."""
    signature = FUNCTIONS.get(node.name)
    if signature is None:
        raise complaints.unknown(part, node, "function", (*FUNCTIONS, COALESCE, "cast"))
    _require_plain(part, node)
    taken = _taken(part, node, signature, arguments)
    if signature.words:
        taken[0] = _lower(taken[0])
    if signature.is_counted and len(taken) == 2:
        _require_digits(part, node.arguments[1], taken[1])
    return FunctionCall(type=_result(signature, taken), name=node.name, arguments=tuple(taken))


def coalesce_call(part: str, node: Call, arguments: Sequence[Expression]) -> Expression:
    """Return the first that is not null of arguments that compare with each other.

    Of written values alone it is one of them, so that it is still read as what stands beside it.
    """
    _require_plain(part, node)
    if not arguments:
        raise _wrong_count(part, node, "coalesce(x, y, ...)", 0)
    written = [each for each in arguments if isinstance(each, Constant)]
    if len(written) == len(arguments):
        return next((each for each in written if each.value is not None), written[0])
    type_ = widest(argument.type for argument in arguments)
    return FunctionCall(type=type_, name=COALESCE, arguments=tuple(arguments))


def aggregate_call(
    part: str, node: Call, arguments: Sequence[Expression]
) -> AggregateCall | RunningCall:
    """Return an aggregate over a checked argument, or over whole rows (``count(*)``)."""
    signature = AGGREGATES[node.name]
    if node.is_star and node.name == "count":
        return AggregateCall(type=T.INTEGER, name="count", operand=None)
    (operand,) = _taken(part, node, signature, arguments)
    if node.name in RUNNING:
        return _running(part, node, operand, signature)
    if node.is_distinct and operand.type not in COMPARABLE:
        raise complaints.unusable(part, node.arguments[0], operand)
    return AggregateCall(
        type=_result(signature, [operand]),
        name=node.name,
        operand=operand,
        is_distinct=node.is_distinct,
    )


def _running(part: str, node: Call, operand: Expression, signature: Signature) -> RunningCall:
    if node.is_distinct:
        raise complaints.invalid(
            part,
            node,
            f"{shown(node.name)} does not take DISTINCT.",
            detail=f"Expected: {signature.usage}.",
        )
    return RunningCall(type=_result(signature, [operand]), name=RUNNING[node.name], operand=operand)


def conversion(part: str, node: Cast, operand: Expression) -> Conversion:
    """Return a checked operand as another type; WindowInvalid when there is no such conversion."""
    target = CAST_TYPES.get(node.type)
    if target is None:
        raise complaints.unknown(part, node, "type", CAST_TYPES)
    is_null = isinstance(operand, Constant) and operand.value is None
    if operand.type not in casts_to(target) and not is_null:
        raise complaints.invalid(
            part,
            node,
            f"No cast makes {WORDS[target]} of {WORDS[operand.type]}.",
            detail=f"It is made of: {', '.join(sorted(casts_to(target)))}.",
        )
    return Conversion(type=target, operand=operand)


def _taken(
    part: str, node: Call, signature: Signature, arguments: Sequence[Expression]
) -> list[Expression]:
    if not signature.least <= len(arguments) <= len(signature.arguments) or node.is_star:
        raise _wrong_count(part, node, signature.usage, len(arguments))
    pairs = zip(node.arguments, arguments, signature.arguments, strict=False)
    return [_argument(part, at, found, wanted, signature) for at, found, wanted in pairs]


def _argument(
    part: str, at: Node, found: Expression, wanted: Taken, signature: Signature
) -> Expression:
    if isinstance(found, Constant) and (found.value is None or found.type not in wanted.types):
        fitted = fit(found, wanted.preferred)
        if fitted is not None and fitted.type in wanted.types:
            return fitted
    if found.type in wanted.types:
        return found
    if found.type not in COMPARABLE:
        raise complaints.unusable(part, at, found)
    raise complaints.misused(part, at, found, signature.usage)


def _require_zone(part: str, call: Call, zone: Node) -> None:
    value = zone.value if isinstance(zone, Literal) else None
    if not isinstance(value, str) or find_zone(value) is None:
        raise complaints.invalid(
            part,
            zone,
            f"{shown(call.name)} does not know this time zone.",
            detail="Expected: a name such as 'Europe/Berlin' or 'UTC', with its capital letters.",
            hint=f"It is written in single quotes: {FUNCTIONS[call.name].usage}.",
        )


def _lower(unit: Expression) -> Expression:
    return Constant(type=T.TEXT, value=unit.value.lower()) if isinstance(unit, Constant) else unit


def _require_digits(part: str, at: Node, digits: Expression) -> None:
    value = digits.value if isinstance(digits, Constant) else None
    if not isinstance(value, int) or abs(value) > MAX_ROUNDED_DIGITS:
        raise complaints.invalid(
            part,
            at,
            "The digits of round are written as a whole number.",
            detail=f"Expected: a number from -{MAX_ROUNDED_DIGITS} to {MAX_ROUNDED_DIGITS}.",
        )


def _require_plain(part: str, node: Call) -> None:
    if node.is_star or node.is_distinct:
        raise complaints.invalid(
            part,
            node,
            f"{shown(node.name)} takes neither * nor DISTINCT.",
            detail=f"Only aggregates do: {', '.join(AGGREGATES)}.",
        )


def _wrong_count(part: str, node: Call, usage: str, count: int) -> WindowInvalid:
    written = "*" if node.is_star else f"{count} argument{'' if count == 1 else 's'}"
    return complaints.invalid(
        part, node, f"{shown(node.name)} does not take {written}.", detail=f"Expected: {usage}."
    )


def _result(signature: Signature, arguments: Sequence[Expression]) -> LogicalType:
    result = signature.result
    return arguments[result].type if isinstance(result, int) else result
