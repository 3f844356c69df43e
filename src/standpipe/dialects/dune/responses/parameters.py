"""Parameter definitions as Dune's clients read them (compat/dune.md 3.5)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from standpipe.core.parameters import RANGE_ENDS, Parameter, ParameterKind

_TYPES: Final[Mapping[ParameterKind, str]] = {
    ParameterKind.NUMBER: "number",
    ParameterKind.DATE: "datetime",
    ParameterKind.DATETIME: "datetime",
    ParameterKind.DATETIME_SECONDS: "datetime",
    ParameterKind.ENUM: "enum",
    ParameterKind.QUERY: "enum",
}


def show_parameters(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """Return the definitions of all that a caller may set; a range of dates is two of them."""
    shown: list[dict[str, Any]] = []
    for parameter in parameters:
        if parameter.is_declared:
            shown += _ends(parameter) if parameter.kind.is_range else [show_parameter(parameter)]
    return shown


def _ends(parameter: Parameter) -> list[dict[str, Any]]:
    default = parameter.default if isinstance(parameter.default, dict) else {}
    return [
        {"key": f"{parameter.name}.{end}", "type": "datetime", "value": _text(default.get(end))}
        for end in RANGE_ENDS
    ]


def show_parameter(parameter: Parameter) -> dict[str, Any]:
    """Return one definition; ``value`` is a text also for numbers, as they were written."""
    kept = parameter.extra.get("dune")
    shown: dict[str, Any] = dict(kept) if isinstance(kept, dict) else {}
    shown["key"] = parameter.name
    shown["type"] = "enum" if shown.get("type") in ("enum", "list") else _type(parameter)
    shown["value"] = _text(parameter.default)
    if parameter.kind is ParameterKind.ENUM:
        shown["enumOptions"] = list(parameter.options)
    if parameter.multiple is not None:
        shown["isMultiselect"] = True
        several = parameter.default
        shown["values"] = list(several) if isinstance(several, list | tuple) else []
    return shown


def _type(parameter: Parameter) -> str:
    return _TYPES.get(parameter.kind, "text")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(str(each) for each in value)
    return str(value)
