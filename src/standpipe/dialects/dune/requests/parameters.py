"""Parameters: their definitions, and values as clients write them (compat/dune.md 3.5, 4)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.ranges import join_ranges

KINDS: Final[Mapping[str, ParameterKind]] = {
    "text": ParameterKind.TEXT,
    "number": ParameterKind.NUMBER,
    "datetime": ParameterKind.DATETIME_SECONDS,
    "date": ParameterKind.DATETIME_SECONDS,
    "enum": ParameterKind.ENUM,
    "list": ParameterKind.ENUM,
}
_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(?:Z|\+00:00)?)?"
)
_DIGITS: Final = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_DATES: Final = frozenset({ParameterKind.DATETIME_SECONDS, ParameterKind.DATETIME})


def parse_parameters(value: Any) -> tuple[Parameter, ...] | None:
    """Return the definitions of ``parameters``; None where there are none to be read.

    FieldInvalid says which one is wrong.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise FieldInvalid("parameters must be a list of objects.")
    return tuple(_parse_parameter(each) for each in value)


def guess_parameters(value: Any) -> tuple[Parameter, ...] | None:
    """Return text and number parameters for the names and values that the SDK sends instead.

    An empty list says nothing (compat/dune.md 3.5).
    """
    if not isinstance(value, dict) or not value:
        return None
    return tuple(
        Parameter(
            name=name,
            kind=ParameterKind.NUMBER
            if isinstance(each, int | float) and not isinstance(each, bool)
            else ParameterKind.TEXT,
            default=str(each),
        )
        for name, each in value.items()
    )


def normalize_values(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return given values in wire form: texts of times as we read them, single ones in a list."""
    declared = {parameter.name: parameter for parameter in parameters}
    return {
        name: _normalized(declared[name], value) if name in declared else value
        for name, value in join_ranges(parameters, values).items()
    }


def spellings(
    parameters: Sequence[Parameter], values: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield values in wire form as they are given, then with the same numbers written otherwise.

    A run with ``22`` is found by ``22.0`` too (compat/dune.md 4.3), though it is not the same to
    SQL, where only the second one is a decimal.
    """
    numbers = {
        parameter.name: found
        for parameter in parameters
        if parameter.kind is ParameterKind.NUMBER
        and (found := _shortest(values.get(parameter.name))) is not None
    }
    pointed = {name: text if "." in text else f"{text}.0" for name, text in numbers.items()}
    tried: list[Mapping[str, Any]] = []
    for others in ({}, numbers, pointed):
        wanted = {**values, **others}
        if wanted not in tried:
            tried.append(wanted)
            yield wanted


def unknown_names(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> list[str]:
    """Return the names of values that no parameter has."""
    declared = {parameter.name for parameter in parameters}
    return [name for name in join_ranges(parameters, values) if name not in declared]


def _normalized(parameter: Parameter, value: Any) -> Any:
    if parameter.multiple is not None and not isinstance(value, list):
        return [value]
    if parameter.kind is ParameterKind.NUMBER and isinstance(value, str):
        return value.strip()
    if parameter.kind in _DATES and isinstance(value, str):
        found = _ISO_TIME.fullmatch(value.strip())
        if found is not None:
            return f"{found[1]} {found[2] or '00:00'}{found[3] or ':00'}"
    return value


def _shortest(value: Any) -> str | None:
    """Return a number without zeros that say nothing; None if it is written in another way."""
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        return None
    whole, point, rest = value.partition(".")
    rest = rest.rstrip("0")
    sign = "-" if whole.startswith("-") else ""
    whole = whole.lstrip("+-").lstrip("0") or "0"
    return f"{sign}{whole}{point if rest else ''}{rest}"


def _parse_parameter(value: Any) -> Parameter:
    if not isinstance(value, dict) or not isinstance(value.get("key"), str):
        raise FieldInvalid("parameters must be a list of objects with a key.")
    name, kind = value["key"], value.get("type", "text")
    if kind not in KINDS:
        raise FieldInvalid(
            f"The parameter {name!r} has the type {kind!r}.",
            detail=f"Known are {', '.join(KINDS)}.",
        )
    # A list without members takes anything: dune-client declares none.
    is_free = value.get("isFreeformAllowed") is True or not value.get("enumOptions")
    from_results = value.get("enumFromResults")
    is_list = KINDS[kind] is ParameterKind.ENUM
    return Parameter(
        name=name,
        kind=_kind(KINDS[kind], is_free=is_free, is_from_query=isinstance(from_results, dict)),
        default=_default(name, KINDS[kind], value),
        options=tuple(str(each) for each in value.get("enumOptions") or ()),
        multiple=Multiple() if is_list and value.get("isMultiselect") is True else None,
        query_id=_query_of(from_results),
        extra={"dune": {key: each for key, each in value.items() if key != "value"}},
    )


def _kind(kind: ParameterKind, *, is_free: bool, is_from_query: bool) -> ParameterKind:
    if kind is not ParameterKind.ENUM:
        return kind
    if is_from_query:
        return ParameterKind.QUERY
    return ParameterKind.TEXT if is_free else kind


def _default(name: str, kind: ParameterKind, value: Mapping[str, Any]) -> Any:
    """Return the default in wire form: the values of a list that takes several, else the value."""
    if kind is ParameterKind.ENUM and value.get("isMultiselect") is True:
        several = value.get("values")
        if isinstance(several, list):
            return [str(each) for each in several]
    given = value.get("value")
    if given is None:
        return None
    if isinstance(given, bool | list | dict):
        raise FieldInvalid(f"The value of the parameter {name!r} must be a text or a number.")
    return _normalized(Parameter(name=name, kind=kind), str(given))


def _query_of(value: Any) -> QueryId | None:
    number = value.get("queryId") if isinstance(value, dict) else None
    return QueryId(number) if isinstance(number, int) and not isinstance(number, bool) else None
