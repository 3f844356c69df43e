"""Filters of reports are values of parameters: compat/holistics.md 4.

However they are sent, the same values make the same run: every one is a text as in an address.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from standpipe.core.errors import FieldInvalid, MalformedBody
from standpipe.core.freshness import MUST_RUN
from standpipe.core.parameters import Parameter
from standpipe.core.queries import Query
from standpipe.core.ranges import join_ranges
from standpipe.http.messages import Inbound
from standpipe.services.submit import QueryAsk

RESERVED: Final = frozenset(
    {"_page", "_page_size", "_utoken", "_key", "_token", "_bust_cache", "job_id", "format"}
)
_BRACKETS: Final = "[]"
_SEPARATOR: Final = "_"
_NO: Final = frozenset({"", "0", "false"})


def parse_ask(inbound: Inbound, query: Query) -> QueryAsk:
    """Return the run of a report with its filters; ``_bust_cache=1`` takes no stored result.

    MalformedBody, FieldInvalid for a body that holds no filters.
    """
    is_busting = (inbound.arg("_bust_cache") or "").lower() not in _NO
    return QueryAsk(
        query_id=query.id,
        values=parse_filters(inbound, query.parameters),
        freshness=MUST_RUN if is_busting else None,
    )


def parse_filters(inbound: Inbound, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values that are given of these parameters; names that none has are passed over."""
    given = join_ranges(parameters, {**_of_address(inbound), **_of_body(inbound)}, _SEPARATOR)
    return {
        parameter.name: _value(parameter, given[parameter.name])
        for parameter in parameters
        if given.get(parameter.name) is not None
    }


def _of_address(inbound: Inbound) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, values in inbound.args.items():
        if name not in RESERVED:
            found.setdefault(name.removesuffix(_BRACKETS), []).extend(values)
    return found


def _of_body(inbound: Inbound) -> Mapping[str, Any]:
    """Return the fields of a JSON body; clients say of a GET without one that it has one."""
    if inbound.method != "POST" or not inbound.body.strip():
        return {}
    body = inbound.json()
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise MalformedBody("The body must be a JSON object of filters.")
    return {name.removesuffix(_BRACKETS): value for name, value in body.items()}


def _value(parameter: Parameter, given: Any) -> Any:
    if isinstance(given, dict):
        if not parameter.kind.is_range:
            raise FieldInvalid(f"The filter {parameter.name!r} must not be an object.")
        return {end: _one(_text(value)) for end, value in given.items()}
    if parameter.multiple is not None:
        return _text(given if isinstance(given, list) else [given])
    return _one(_text(given))


def _one(value: Any) -> Any:
    """Return the value of a list of one; what takes one value refuses longer ones."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
