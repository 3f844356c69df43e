"""``options.parameters[]`` of a query to parameter definitions, and back without a loss.

Whatever a definition says in another form than ``responses/parameters.py`` would write it (null
instead of absent, a list instead of lines) is kept in ``Parameter.extra`` and comes back as given.
"""

from collections.abc import Mapping
from typing import Any

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.dialects.redash.requests.fields import Fields, read_id, wrong_type

KINDS: Mapping[str, ParameterKind] = {
    "text": ParameterKind.TEXT,
    "text-pattern": ParameterKind.PATTERN,
    "number": ParameterKind.NUMBER,
    "date": ParameterKind.DATE,
    "datetime-local": ParameterKind.DATETIME,
    "datetime-with-seconds": ParameterKind.DATETIME_SECONDS,
    "enum": ParameterKind.ENUM,
    "query": ParameterKind.QUERY,
    "date-range": ParameterKind.DATE_RANGE,
    "datetime-range": ParameterKind.DATETIME_RANGE,
    "datetime-range-with-seconds": ParameterKind.DATETIME_SECONDS_RANGE,
}
_KNOWN = {"name", "title", "type", "value"}
_KNOWN |= {"enumOptions", "multiValuesOptions", "queryId", "regex"}


def parse_parameters(value: Any) -> tuple[Parameter, ...]:
    """Return the definitions of ``options.parameters``; FieldInvalid, FieldMissing."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise wrong_type("options.parameters", value, "a list of objects")
    return tuple(parse_parameter(item) for item in value)


def parse_parameter(value: Any) -> Parameter:
    """Return one definition; FieldInvalid names the types that exist."""
    if not isinstance(value, dict):
        raise wrong_type("options.parameters", value, "a list of objects")
    fields = Fields(value)
    enum, multiple = value.get("enumOptions"), value.get("multiValuesOptions")
    query_id = value.get("queryId")
    return Parameter(
        name=fields.required_text("name"),
        title=fields.text("title"),
        kind=_kind(fields.text("type", "text")),
        default=value.get("value"),
        options=_enum_options(enum),
        multiple=_multiple(multiple),
        query_id=None if query_id is None else QueryId(read_id("queryId", query_id)),
        pattern=fields.optional_text("regex"),
        extra=_extra(value),
    )


def _kind(name: str) -> ParameterKind:
    if name not in KINDS:
        raise FieldInvalid(
            f"There is no parameter type {name!r}.", detail=f"There are: {', '.join(KINDS)}."
        )
    return KINDS[name]


def _enum_options(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return tuple(value.split("\n"))
    if not isinstance(value, list):
        raise wrong_type("enumOptions", value, "lines of text, or a list")
    return tuple(str(item) for item in value)


def _multiple(value: Any) -> Multiple | None:
    if value is None or value is False:
        return None
    if not isinstance(value, dict):
        raise wrong_type("multiValuesOptions", value, "an object or null")
    fields = Fields(value)
    return Multiple(
        prefix=fields.text("prefix"),
        suffix=fields.text("suffix"),
        separator=fields.text("separator", ","),
    )


def _extra(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the core does not read, and those written in an unusual form."""
    extra = {name: item for name, item in value.items() if name not in _KNOWN}
    for name in ("title", "value", "enumOptions", "multiValuesOptions", "queryId", "regex"):
        if name in value and not _is_usual(name, value[name]):
            extra[name] = value[name]
    return extra


def _is_usual(name: str, value: Any) -> bool:
    if name == "multiValuesOptions":
        return isinstance(value, dict) and value.keys() == {"prefix", "suffix", "separator"}
    if name == "queryId":
        return isinstance(value, int)
    if name == "value":
        return value is not None
    return isinstance(value, str) and value != ""
