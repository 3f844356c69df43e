"""Lists of people: which ones, in which order, one page at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from standpipe.core.queries import Listing, Page
from standpipe.core.workspaces import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Which people a list holds, and in which order.

    ``search`` is part of a name or e-mail, in lower case. ``is_pending`` None means both. An
    unknown ``order`` means the time of creation.
    """

    search: str = ""
    is_disabled: bool = False
    is_pending: bool | None = None
    order: str = "created_at"
    descending: bool = True


_ORDERS: Mapping[str, Callable[[User], Any]] = {
    "name": lambda user: user.name.lower(),
    "active_at": lambda user: user.active_at,
    "created_at": lambda user: user.created_at,
    "groups": lambda user: user.group_ids,
}


def select_people(users: Sequence[User], filter: PeopleFilter, page: Page) -> Listing[User]:
    """Return one page of people and the number of all that match; nulls come last."""
    found = [user for user in users if _matches(user, filter)]
    is_known = filter.order in _ORDERS
    key = _ORDERS[filter.order if is_known else "created_at"]
    descending = filter.descending or not is_known
    with_value = [user for user in found if key(user) is not None]
    with_value.sort(key=lambda user: (key(user), user.id), reverse=descending)
    ordered = with_value + [user for user in found if key(user) is None]
    first = (page.number - 1) * page.size
    return Listing(len(ordered), tuple(ordered[first : first + page.size]))


def _matches(user: User, filter: PeopleFilter) -> bool:
    is_pending = user.password_phc is None
    return (
        user.is_disabled == filter.is_disabled
        and filter.is_pending in (None, is_pending)
        and (filter.search in user.name.lower() or filter.search in user.email.lower())
    )
