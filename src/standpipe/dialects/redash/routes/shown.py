"""Gathers what stands beside a query for the caller: people, key, star, default text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from standpipe.core.ids import QueryId, UserId
from standpipe.core.queries import Query
from standpipe.core.workspaces import User
from standpipe.dialects.redash.responses.queries import ShownQuery
from standpipe.http.messages import Inbound
from standpipe.services.directory import Services


def show_query(services: Services, inbound: Inbound, query: Query) -> ShownQuery:
    """Return a query as the caller may see it."""
    return show_queries(services, inbound, [query])[0]


def show_queries(
    services: Services, inbound: Inbound, queries: Sequence[Query]
) -> list[ShownQuery]:
    """Return queries as the caller may see them, in their order."""
    beside = _gather(services, inbound, queries)
    return [_shown(services, query, beside) for query in queries]


def find_people(services: Services, user_ids: Iterable[UserId | None]) -> dict[UserId, User]:
    """Return users by id, each read once."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {user_id: services.accounts.get_user(user_id) for user_id in wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    people: Mapping[UserId, User]
    keys: Mapping[QueryId, str]
    stars: frozenset[int] | None  # None: the caller is no user


def _gather(services: Services, inbound: Inbound, queries: Sequence[Query]) -> _Beside:
    caller = inbound.principal
    stars = services.queries.favorites(caller, [query.id for query in queries])
    named = [id for query in queries for id in (query.owner_id, query.last_modified_by_id)]
    return _Beside(
        people=find_people(services, named),
        keys=services.keys.query_keys(caller, queries),
        stars=stars if caller.is_user else None,
    )


def _shown(services: Services, query: Query, beside: _Beside) -> ShownQuery:
    modifier_id = query.last_modified_by_id
    return ShownQuery(
        query=query,
        owner=beside.people[query.owner_id],
        modifier=None if modifier_id is None else beside.people[modifier_id],
        key=beside.keys.get(query.id, ""),
        default_text=services.submit.default_text(query),
        is_favorite=None if beside.stars is None else query.id in beside.stars,
    )
