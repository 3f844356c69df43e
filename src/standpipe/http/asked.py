"""Reads the arguments and the body of a request into the structs that its endpoint declares."""

import json
import math
import re
import types
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec

from standpipe.core.errors import FieldInvalid, FieldMissing, MalformedBody
from standpipe.core.json_texts import read_json
from standpipe.http.operations import VALUE_PREFIX

S = TypeVar("S", bound=msgspec.Struct)

# Marks that clients add for themselves, and the key.
_EXEMPT: Final = ("_",)
_KEYS: Final = frozenset({"api_key"})
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_PLACE: Final = re.compile(r" - at `\$(.*)`\Z", re.DOTALL)
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_LONGEST_SHOWN: Final = 100


def read_arguments(
    kind: type[S], args: Mapping[str, Sequence[str]], *, takes_values: bool = False
) -> S:
    """Return the query arguments as a struct; FieldInvalid for unknown, repeated or wrong ones.

    Fields that are tuples take an argument as often as it is given. Arguments named ``_...`` and
    ``api_key`` are passed over, and those named ``p_...`` where the endpoint takes values.
    """
    fields = _fields(kind)
    values: dict[str, Any] = {}
    exempt = (*_EXEMPT, VALUE_PREFIX) if takes_values else _EXEMPT
    for name, given in args.items():
        if name.startswith(exempt) or name in _KEYS:
            continue
        if name.startswith(VALUE_PREFIX) and name not in fields:
            raise _misplaced(name)
        if name not in fields:
            raise _unknown("argument", name, fields)
        values[name] = _argument(name, fields[name], given)
    for name, field in fields.items():
        if field.required and name not in values:
            raise FieldMissing(f"The argument {name!r} is missing.", detail=_wanted(field.type))
    return kind(**{fields[name].name: value for name, value in values.items()})


def read_known_arguments(kind: type[S], args: Mapping[str, Sequence[str]]) -> S:
    """Return the query arguments that a struct knows; FieldInvalid for wrong ones.

    For rooms whose clients send more than the endpoint takes: of repeated arguments the first one
    counts, empty ones are absent, and others are passed over.
    """
    return kind(
        **{
            field.name: _converted(name, field.type, args[name][0])
            for name, field in _fields(kind).items()
            if args.get(name, ("",))[0]
        }
    )


def read_body(kind: type[S], body: bytes) -> S:
    """Return a JSON body as a struct; MalformedBody, FieldInvalid, FieldMissing.

    An empty body stands for an empty object.
    """
    try:
        value = read_json(body or b"{}")
    except ValueError as error:
        raise MalformedBody(detail=str(error)) from error
    if not isinstance(value, dict):
        raise FieldInvalid(f"The body is {_shown(value)}.", detail="It must be a JSON object.")
    return read_object(kind, value)


def read_object(kind: type[S], value: Mapping[str, Any]) -> S:
    """Return a decoded JSON object as a struct; FieldInvalid, FieldMissing."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _body_error(str(error), kind, value) from error


def argument_type(declared: Any) -> Any:
    """Return the type that one value of an argument has: without None, without its tuple."""
    if get_origin(declared) is Annotated:
        inner = argument_type(get_args(declared)[0])
        return Annotated[(inner, *declared.__metadata__)]
    if get_origin(declared) in (Union, types.UnionType):
        rest = [each for each in get_args(declared) if each is not type(None)]
        return Union[tuple(rest)]  # noqa: UP007 - of as many as there are
    return declared


def is_repeated(declared: Any) -> bool:
    """Whether an argument of this type may be given several times."""
    bare = argument_type(declared)
    while get_origin(bare) is Annotated:
        bare = get_args(bare)[0]
    return get_origin(bare) is tuple


@cache
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _argument(name: str, field: msgspec.structs.FieldInfo, given: Sequence[str]) -> Any:
    if is_repeated(field.type):
        return _converted(name, field.type, tuple(given))
    if len(given) > 1:
        raise FieldInvalid(f"The argument {name!r} is given {len(given)} times.")
    return _converted(name, field.type, given[0])


def _converted(name: str, declared: Any, value: Any) -> Any:
    try:
        found = msgspec.convert(value, argument_type(declared), strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(f"argument {name!r}", value, declared) from error
    if isinstance(found, float) and not math.isfinite(found):
        raise _wrong(f"argument {name!r}", value, declared)
    return found


def _body_error(text: str, kind: type[msgspec.Struct], value: Any) -> FieldInvalid | FieldMissing:
    """Return msgspec's complaint in the house's words: which field, its value, what is allowed."""
    found = _PLACE.search(text)
    place = found[1] if found else ""
    text = text[: found.start()] if found else text
    within = place.removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(text):
        return _unknown("field", _joined(within, unknown[1]), _known(kind, place))
    if missing := _MISSING.fullmatch(text):
        return FieldMissing(f"The field {_joined(within, missing[1])!r} is missing.")
    return FieldInvalid(
        f"The field {within!r} is {_shown(_dig(value, place))}.",
        detail=f"It must be {_expected(text)}.",
    )


def _expected(text: str) -> str:
    """Return msgspec's ``Expected `int | null` >= 0, got `str``` as words."""
    wanted, _, more = text.removeprefix("Expected ").partition(", got ")[0][1:].partition("`")
    if not text.startswith("Expected `"):
        return f"another value ({text})"
    words = [_EXPECTED.get(word, word) for word in wanted.split(" | ")]
    return " or ".join(words) + more


def _joined(within: str, name: str) -> str:
    return f"{within}.{name}" if within else name


def _known(kind: type[msgspec.Struct], place: str) -> Collection[str]:
    """Return the fields that may stand at a place of the body; none where that is not simple."""
    return _fields(kind) if not place else ()


def _dig(value: Any, place: str) -> Any:
    for step in _STEP.finditer(place):
        name, index = step.groups()
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
    return value


def _misplaced(name: str) -> FieldInvalid:
    return FieldInvalid(
        f"The argument {_shown(name)} is not taken here.",
        detail="Values of parameters are arguments where a query's rows are read.",
        hint='A run takes them in its body: {"parameters": {...}}.',
    )


def _unknown(noun: str, name: str, known: Collection[str]) -> FieldInvalid:
    near = get_close_matches(name.lower(), known, n=1)
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
    return FieldInvalid(
        f"There is no {noun} {shown!r} here.",
        detail=f"There are: {', '.join(known)}." if known else "",
        hint=f"Did you mean {near[0]!r}?" if near else "",
    )


def _wrong(what: str, value: Any, declared: Any) -> FieldInvalid:
    return FieldInvalid(f"The {what} is {_shown(value)}.", detail=_wanted(declared))


def _shown(value: Any) -> str:
    """Return a value as its sender knows it: in the words of JSON, but for texts."""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def _wanted(declared: Any) -> str:
    """Return in words what the schema of a type allows."""
    (schema,), parts = msgspec.json.schema_components([argument_type(declared)])
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return f"It must be one of {', '.join(map(str, schema['enum']))}."
    words = _WORDS.get(schema.get("format") or schema.get("type", ""), "a value of another form")
    least, most = schema.get("minimum"), schema.get("maximum")
    words += "" if least is None else f" of at least {least}"
    words += "" if most is None else f"{' and' if least is not None else ' of'} at most {most}"
    longest = schema.get("maxLength")
    words += "" if longest is None else f" of at most {longest} characters"
    return f"It must be {words}."


_EXPECTED: Final = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "an object",
}
_WORDS: Final = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "date-time": "a time such as 2026-01-31T12:00:00Z",
    "uuid": "a UUID",
    "date": "a date such as 2026-01-31",
}
