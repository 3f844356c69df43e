"""What to run, how old its answer may be, and with which values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standpipe.core.errors import FieldInvalid, NotFound, SourceMissing
from standpipe.core.freshness import ANY_AGE, MUST_RUN, Freshness
from standpipe.core.ids import DataSourceId, QueryId, Uid, parse_uid
from standpipe.core.json_texts import read_json
from standpipe.core.parameters import Parameter
from standpipe.dialects.redash.requests.fields import (
    parse_id,
    parse_object,
    parse_object_or_nothing,
)
from standpipe.http.messages import Inbound
from standpipe.services.submit import QueryAsk, StatementAsk

VALUE_PREFIX = "p_"
RANGE_SEPARATOR = "--"
_PART = re.compile(r"(.+)\.(start|end)", re.DOTALL)


def parse_query_ask(inbound: Inbound) -> QueryAsk:
    """Return what ``POST .../results`` asks for; a body that cannot be read asks for nothing."""
    fields = parse_object_or_nothing(inbound)
    limited = fields.flag("apply_auto_limit") if fields.has("apply_auto_limit") else None
    return QueryAsk(
        query_id=QueryId(parse_id(inbound, "query_id")),
        values=fields.mapping("parameters"),
        freshness=parse_freshness(fields.values.get("max_age")),
        has_auto_limit=limited,
    )


def asks_for_values(inbound: Inbound) -> bool:
    """Whether a GET asks for the stored result of given values or age, not just for the latest."""
    return bool(inbound.arg("max_age")) or any(True for _ in _url_arguments(inbound.args))


def parse_stored_ask(inbound: Inbound, parameters: Sequence[Parameter]) -> QueryAsk:
    """Return which stored result a GET asks for."""
    return QueryAsk(
        query_id=QueryId(parse_id(inbound, "query_id")),
        values=parse_url_values(inbound, parameters),
        freshness=parse_freshness(inbound.arg("max_age") or None) or ANY_AGE,
    )


def parse_statement_ask(inbound: Inbound) -> StatementAsk:
    """Return what ``POST /api/query_results`` asks for; values may stand in the URL instead.

    ``query_id`` in the body is ignored: the text is not that query's, so its result must not
    become one of it.
    """
    fields = parse_object(inbound)
    source_id = fields.id("data_source_id")
    if source_id is None:
        raise SourceMissing()
    has_values = fields.values.get("parameters") is not None
    return StatementAsk(
        data_source_id=DataSourceId(source_id),
        sql=fields.required_text("query"),
        values=fields.mapping("parameters") if has_values else parse_url_values(inbound, ()),
        freshness=parse_freshness(fields.values.get("max_age")) or ANY_AGE,
        has_auto_limit=fields.flag("apply_auto_limit"),
    )


def parse_freshness(value: Any) -> Freshness | None:
    """Return how old an answer may be; None if nothing is said. FieldInvalid names ``max_age``.

    -1 is any age, 0 a new run; other negative numbers fit nothing stored, so they run too.
    """
    if value is None:
        return None
    if not isinstance(value, str | int | float):
        raise _no_age(value)
    try:
        seconds = int(value)
    except (ValueError, OverflowError) as error:
        raise _no_age(value) from error
    if seconds == -1:
        return ANY_AGE
    return Freshness(seconds) if seconds > 0 else MUST_RUN


def parse_url_values(inbound: Inbound, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of ``p_<name>`` arguments.

    Ranges are written ``start--end``, or as ``p_<name>.start`` and ``p_<name>.end``; lists as
    JSON or by repeating the argument.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, given in _url_arguments(inbound.args):
        part = _PART.fullmatch(name)
        if part and name not in declared:
            values[part[1]] = {**_ends(values.get(part[1])), part[2]: given[0]}
        else:
            values[name] = _url_value(given, declared.get(name))
    return values


def parse_job_id(inbound: Inbound) -> tuple[Uid, QueryId | None]:
    """Return a job's id, and the query it must be of if the path names one; NotFound."""
    uid = parse_uid(inbound.parts["job_id"])
    if uid is None:
        raise NotFound(f"There is no job {inbound.parts['job_id']!r}.")
    has_query = "query_id" in inbound.parts
    return uid, QueryId(parse_id(inbound, "query_id")) if has_query else None


def _url_arguments(args: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    for name, given in args.items():
        if name.startswith(VALUE_PREFIX) and len(name) > len(VALUE_PREFIX):
            yield name.removeprefix(VALUE_PREFIX), given


def _url_value(given: Sequence[str], parameter: Parameter | None) -> Any:
    first = given[0]
    if parameter is None:
        return first
    if parameter.kind.is_range and RANGE_SEPARATOR in first:
        start, _, end = first.partition(RANGE_SEPARATOR)
        return {"start": start, "end": end}
    if parameter.multiple is None:
        return first
    return _url_list(given)


def _url_list(given: Sequence[str]) -> Any:
    if len(given) > 1:
        return list(given)
    try:
        decoded = read_json(given[0])
    except ValueError:
        return given[0]
    return decoded if isinstance(decoded, list) else given[0]


def _ends(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _no_age(value: Any) -> FieldInvalid:
    return FieldInvalid(
        f"The field 'max_age' is {str(value)[:100]!r}.",
        detail="It must be a number of seconds: 0 for a new run, -1 for a result of any age.",
    )
