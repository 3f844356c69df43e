"""Parameter definitions as ``options.parameters[]``; see ``requests/parameters.py``."""

from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.core.parameters import Multiple, Parameter, ParameterKind

TYPES: Mapping[ParameterKind, str] = {
    ParameterKind.TEXT: "text",
    ParameterKind.PATTERN: "text-pattern",
    ParameterKind.NUMBER: "number",
    ParameterKind.DATE: "date",
    ParameterKind.DATETIME: "datetime-local",
    ParameterKind.DATETIME_SECONDS: "datetime-with-seconds",
    ParameterKind.ENUM: "enum",
    ParameterKind.QUERY: "query",
    ParameterKind.DATE_RANGE: "date-range",
    ParameterKind.DATETIME_RANGE: "datetime-range",
    ParameterKind.DATETIME_SECONDS_RANGE: "datetime-range-with-seconds",
}


def parameter_bodies(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """Return the definitions that somebody wrote; placeholders nobody declared are not shown."""
    return [parameter_body(parameter) for parameter in parameters if parameter.is_declared]


def parameter_body(parameter: Parameter) -> dict[str, Any]:
    """Return one definition with the fields it was given, in a fixed order, then unknown ones."""
    extra = dict(parameter.extra)
    body: dict[str, Any] = {"name": parameter.name}
    _put(body, extra, "title", parameter.title or None)
    body["type"] = TYPES[parameter.kind]
    _put(body, extra, "enumOptions", _lines(parameter, extra))
    _put(body, extra, "multiValuesOptions", _multiple(parameter.multiple, extra))
    _put(body, extra, "queryId", parameter.query_id)
    _put(body, extra, "regex", parameter.pattern or None)
    _put(body, extra, "value", parameter.default)
    return {**body, **extra}


def _put(body: dict[str, Any], extra: dict[str, Any], name: str, value: Any) -> None:
    """Write a value, in the unusual form in which it was given if that still means the same."""
    given = extra.pop(name, _ABSENT)
    if value is None and given is not _ABSENT:
        body[name] = given
    elif value is not None:
        body[name] = given if str(given) == str(value) else value


def _lines(parameter: Parameter, extra: Mapping[str, Any]) -> Any:
    given = extra.get("enumOptions")
    if isinstance(given, list) and tuple(str(item) for item in given) == parameter.options:
        return given
    return "\n".join(parameter.options) if parameter.options else None


def _multiple(multiple: Multiple | None, extra: Mapping[str, Any]) -> Any:
    if multiple is None:
        return None
    whole = {
        "prefix": multiple.prefix,
        "suffix": multiple.suffix,
        "separator": multiple.separator,
    }
    given = extra.get("multiValuesOptions")
    usual = {"prefix": "", "suffix": "", "separator": ","}
    is_same = (
        isinstance(given, dict) and {**usual, **_without_nulls(given)}.items() >= whole.items()
    )
    return given if is_same else whole


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_ABSENT = object()
