"""Checks the values of one run against the definitions, and types them."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from standpipe.core.dates import read_date
from standpipe.core.dynamic_dates import is_dynamic, resolve
from standpipe.core.errors import ParameterInvalid, ParameterMissing
from standpipe.core.parameters import (
    BoundParameters,
    BoundValue,
    Multiple,
    Parameter,
    ParameterKind,
    Range,
    Scalar,
)
from standpipe.core.patterns import fully_matches

Members = Callable[[Parameter], Collection[str]]

_LONGEST_NUMBER = 400
_MOST_SHOWN = 10
_HINT = "Send values that fit the definitions of the query's parameters."


class _Unfit(Exception):
    """A value that does not fit; the text says what would."""


def check_values(
    parameters: Sequence[Parameter],
    given: Mapping[str, Any],
    *,
    members: Members | None,
    use_defaults: bool,
    now: datetime | None = None,
    needed: Sequence[str] | None = None,
) -> BoundParameters:
    """Check wire values and return them typed.

    ``members`` gives the allowed values of a parameter whose list is another query; without it
    such parameters take no value. With ``use_defaults`` a parameter without a value takes its
    default; dynamic ones (``d_last_7_days``) are resolved at ``now``, which carries the time zone,
    and count as missing without it. ``needed`` are the placeholders of the SQL text
    (``Template.names``): what it does not need may be missing; None means that all is needed.

    ParameterInvalid, naming the parameters as declared and then those that do not exist, comes
    before ParameterMissing, which names them as they are needed. Where nothing is declared, values
    for names that have no placeholder are ignored.
    """
    values = dict(given)
    if use_defaults:
        values = {**_defaults(parameters, values, now), **values}
    bound = _bind(parameters, values, members)
    _require(parameters if needed is None else (), needed or (), bound)
    return bound


def _defaults(
    parameters: Sequence[Parameter], given: Mapping[str, Any], now: datetime | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in parameters:
        default = parameter.default
        if parameter.name in given or default is None:
            continue
        if is_dynamic(default, parameter.kind):
            default = None if now is None else resolve(default, parameter.kind, now)
        elif default == "" and parameter.kind is not ParameterKind.TEXT:
            default = None  # forms store an empty field like that
        if default is not None:
            found[parameter.name] = default
    return found


@dataclass(slots=True)
class _Checked:
    """What has been found so far."""

    values: dict[str, BoundValue] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


def _bind(
    parameters: Sequence[Parameter], given: Mapping[str, Any], members: Members | None
) -> BoundParameters:
    declared = [parameter for parameter in parameters if parameter.is_declared]
    checked = _Checked()
    if declared:
        known = {parameter.name for parameter in declared}
        for parameter in declared:
            if parameter.name in given:
                _check(checked, parameter, given[parameter.name], members)
        for name in given:
            if name not in known:
                checked.wrong[name] = f"{name}: the query declares no such parameter"
    else:
        flat = dict(_flattened(given))
        for parameter in parameters:
            if parameter.name in flat:
                _check_undeclared(checked, parameter.name, flat[parameter.name])
    if checked.wrong:
        raise ParameterInvalid(
            tuple(checked.wrong), detail=_listed(tuple(checked.wrong.values())), hint=_HINT
        )
    return BoundParameters(checked.values, checked.written)


def _listed(wrongs: Sequence[str]) -> str:
    more = len(wrongs) - _MOST_SHOWN
    return "; ".join(wrongs[:_MOST_SHOWN]) + (f"; and {more} more." if more > 0 else ".")


def _check(checked: _Checked, parameter: Parameter, value: Any, members: Members | None) -> None:
    try:
        if parameter.kind.is_range:
            _check_range(checked, parameter, value)
        else:
            bound = _several(parameter, value, members)
            checked.values[parameter.name] = bound
            checked.written[parameter.name] = _written(value, parameter.multiple)
    except _Unfit as unfit:
        checked.wrong[parameter.name] = f"{parameter.name}: {_shown(value)} {unfit}"


def _check_range(checked: _Checked, parameter: Parameter, value: Any) -> None:
    if not isinstance(value, Mapping) or not {"start", "end"} <= set(value):
        raise _Unfit('is not a range; send {"start": ..., "end": ...}')
    ends: list[Scalar] = []
    for name in ("start", "end"):
        try:
            ends.append(_date(parameter, value[name]))
        except _Unfit as unfit:
            shown = f"{parameter.name}.{name}: {_shown(value[name])} {unfit}"
            checked.wrong[parameter.name] = shown
            return
    start, end = ends
    checked.values[parameter.name] = Range(start, end)
    checked.written[f"{parameter.name}.start"] = value["start"]
    checked.written[f"{parameter.name}.end"] = value["end"]


def _several(parameter: Parameter, value: Any, members: Members | None) -> BoundValue:
    """Check a value, or each of several where the parameter takes them."""
    check = _CHECKS.get(parameter.kind)
    if check is not None:
        return check(parameter, value)
    allowed = _allowed(parameter, members)
    if isinstance(value, list) and parameter.multiple is not None:
        return tuple(_member(parameter, each, allowed) for each in value)
    return _member(parameter, value, allowed)


def _allowed(parameter: Parameter, members: Members | None) -> Collection[str]:
    if parameter.kind is ParameterKind.ENUM:
        return parameter.options
    return members(parameter) if members is not None else ()


def _member(parameter: Parameter, value: Any, allowed: Collection[str]) -> str:
    if isinstance(value, list):
        raise _Unfit("is a list, and the parameter takes one value")
    text = str(value)
    if value is None or isinstance(value, Mapping) or text not in allowed:
        raise _Unfit(f"is not {_one_of(parameter)}")
    return text


def _one_of(parameter: Parameter) -> str:
    """Say what is allowed; the values of another query are not listed, they may be many."""
    if parameter.kind is ParameterKind.QUERY:
        return f"among the values that query {parameter.query_id} lists"
    shown = ", ".join(_shown(option) for option in parameter.options[:_MOST_SHOWN])
    more = len(parameter.options) - _MOST_SHOWN
    return f"one of {shown or '(nothing is allowed)'}" + (f" and {more} more" if more > 0 else "")


def _text(parameter: Parameter, value: Any) -> str:
    del parameter
    if not isinstance(value, str):
        raise _Unfit("is not a string")
    return _encodable(value)


def _encodable(value: str) -> str:
    """Refuse half a surrogate pair: JSON can write one, no database can store it."""
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Unfit("is not valid Unicode")
    return value


def _pattern(parameter: Parameter, value: Any) -> str:
    text = _text(parameter, value)
    matches = None if parameter.pattern is None else fully_matches(parameter.pattern, text)
    if matches is None:
        raise _Unfit(
            f"cannot be checked: {_shown(parameter.pattern)} is not a pattern of RE2 syntax"
        )
    if not matches:
        raise _Unfit(f"does not match {_shown(parameter.pattern)} as a whole")
    return text


def _number(parameter: Parameter, value: Any) -> Scalar:
    """Type a number as SQL would type the same digits: exact, unless written with an exponent."""
    del parameter
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str | int | float | Decimal):
        raise _Unfit("is not a number")
    try:
        return _numeral(str(value).strip())
    except (ValueError, InvalidOperation):
        raise _Unfit("is not a number") from None


def _numeral(text: str) -> int | float | Decimal:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    number = float(text)
    if not math.isfinite(number) or "e" in text.lower():
        if math.isinf(number) and "inf" not in text.lower():
            raise ValueError(text)  # too large for any column
        return number
    return Decimal(text) if "." in text else int(text)


def _date(parameter: Parameter, value: Any) -> Scalar:
    found = read_date(value) if isinstance(value, str) else None
    if found is None:
        raise _Unfit(f"is not a {_DATE_WORDS[parameter.kind]}; write {_DATE_FORMS[parameter.kind]}")
    if parameter.kind.value.startswith("date_") or parameter.kind is ParameterKind.DATE:
        return found  # a time that somebody wrote is not thrown away
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001 - as written, without a zone


_DATE_WORDS: Mapping[ParameterKind, str] = {
    kind: "date" if kind in (ParameterKind.DATE, ParameterKind.DATE_RANGE) else "date and time"
    for kind in ParameterKind
}
_DATE_FORMS: Mapping[ParameterKind, str] = {
    kind: "YYYY-MM-DD" if word == "date" else "YYYY-MM-DD HH:mm or YYYY-MM-DD HH:mm:ss"
    for kind, word in _DATE_WORDS.items()
}
_CHECKS: Mapping[ParameterKind, Callable[[Parameter, Any], Scalar]] = {
    ParameterKind.TEXT: _text,
    ParameterKind.PATTERN: _pattern,
    ParameterKind.NUMBER: _number,
    ParameterKind.DATE: _date,
    ParameterKind.DATETIME: _date,
    ParameterKind.DATETIME_SECONDS: _date,
}


def _flattened(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give an object's fields under ``name.field``, as placeholders name them."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", each) for key, each in value.items())
        else:
            yield name, value


def _check_undeclared(checked: _Checked, name: str, value: Any) -> None:
    """Take any scalar, or a list of them, for a placeholder that nobody described."""
    members = value if isinstance(value, list) else [value]
    try:
        for each in members:
            _scalar(each)
    except _Unfit as unfit:
        checked.wrong[name] = f"{name}: {_shown(value)} {unfit}"
        return
    checked.values[name] = tuple(members) if isinstance(value, list) else value
    checked.written[name] = _written(value, None)


def _scalar(value: Any) -> None:
    if isinstance(value, str):
        _encodable(value)
    elif value is not None and not isinstance(value, bool | int | float | Decimal):
        raise _Unfit("is not a string, number, boolean, null or a list of these")


def _written(value: Any, multiple: Multiple | None) -> str:
    """Write a value as a template would paste it: Python's text, lists joined."""
    if isinstance(value, list):
        how = multiple or Multiple()
        return how.separator.join(f"{how.prefix}{each}{how.suffix}" for each in value)
    return "" if value is None else str(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _require(
    parameters: Sequence[Parameter], needed: Sequence[str], bound: BoundParameters
) -> None:
    names = [*needed, *(name for parameter in parameters for name in placeholders_of(parameter))]
    missing = [name for name in names if name not in bound.written]
    if missing:
        raise ParameterMissing(missing, hint="Send a value for each of them.")


def placeholders_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the placeholders that a parameter serves: its name, or both ends of a range."""
    if parameter.kind.is_range:
        return f"{parameter.name}.start", f"{parameter.name}.end"
    return (parameter.name,)
