"""Ids in paths."""

from typing import Final

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId, Uid, parse_ulid
from standpipe.http.messages import Inbound

PREFIXES: Final = ("/api/v1", "/api/alpha/v1", "/v1")
_LARGEST: Final = 2**31 - 1


def query_id(inbound: Inbound) -> QueryId:
    """Return the id of the query in the path; FieldInvalid unless it fits 32 bits."""
    text = inbound.parts["query_id"]
    if not text.isascii() or not text.isdecimal():
        raise FieldInvalid(f"{text[:50]!r} is not the id of a query.")
    number = int(text) if len(text) <= len(str(_LARGEST)) else _LARGEST + 1
    if number > _LARGEST:  # duners compares this text (compat/dune.md 7.1)
        raise FieldInvalid("An internal error occurred")
    return QueryId(number)


def execution_uid(inbound: Inbound) -> Uid:
    """Return the uid of the execution in the path; FieldInvalid with the text clients compare."""
    text = inbound.parts["execution_id"]
    uid = parse_ulid(text)
    if uid is None:
        raise FieldInvalid(f"The requested execution ID (ID: {text[:100]}) is invalid.")
    return uid


def pipeline_uid(inbound: Inbound) -> Uid:
    """Return the uid of the pipeline execution in the path; FieldInvalid."""
    text = inbound.parts["pipeline_execution_id"]
    uid = parse_ulid(text)
    if uid is None:
        raise FieldInvalid(f"The requested pipeline execution ID (ID: {text[:100]}) is invalid.")
    return uid


def mounted_at(inbound: Inbound) -> str:
    """Return the address of the API as this caller reaches it, without a slash at its end."""
    prefix = next(each for each in PREFIXES if inbound.path.startswith(f"{each}/"))
    return f"{inbound.base_url}{inbound.prefix}{prefix}"
