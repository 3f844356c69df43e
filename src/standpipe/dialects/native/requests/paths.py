"""The ids in paths: of queries, executions and results."""

from standpipe.core.errors import NotFound
from standpipe.core.ids import QueryId, Uid, parse_uid
from standpipe.http.messages import Inbound


def query_id(inbound: Inbound) -> QueryId:
    """Return the query of the path."""
    return QueryId(int(inbound.parts["query_id"]))


def execution_uid(inbound: Inbound) -> Uid:
    """Return the execution of the path; NotFound for what is no UUID."""
    return _uid(inbound, "execution_id", "execution")


def result_uid(inbound: Inbound) -> Uid:
    """Return the result of the path; NotFound for what is no UUID."""
    return _uid(inbound, "result_id", "result")


def _uid(inbound: Inbound, part: str, noun: str) -> Uid:
    text = inbound.parts[part]
    uid = parse_uid(text) if len(text) == 36 else None
    if uid is None:
        shown = text.encode(errors="replace").decode()[:100]
        raise NotFound(f"There is no {noun} {shown!r}.", detail="Its id is a UUID.")
    return uid
