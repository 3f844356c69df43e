"""Lists of queries and results: what is in them, and which page of them."""

import base64
import binascii
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import DataSourceId, ResultId
from standpipe.core.principals import Principal
from standpipe.core.queries import Page, QueryFilter, QueryOrder

MAX_PAGE: Final = 1000

PageSize = Annotated[int, Meta(ge=1, le=MAX_PAGE, description="How many to list at most.")]
Cursor = Annotated[str, Meta(description="Where to go on; only from the link to the next page.")]


class QueryListArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which queries to list."""

    search: (
        Annotated[str, Meta(description='Words to find: all of them, "or", -word, "a phrase".')]
        | None
    ) = None
    tags: Annotated[
        tuple[str, ...], Meta(description="Only queries with this tag; repeat it for several.")
    ] = ()
    archived: Annotated[bool, Meta(description="Only archived queries.")] = False
    limit: PageSize = 100
    cursor: Cursor | None = None


class HistoryArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which results to list."""

    limit: PageSize = 100
    cursor: Cursor | None = None


def parse_filter(
    arguments: QueryListArguments, principal: Principal, reach: frozenset[DataSourceId] | None
) -> QueryFilter:
    """Return what a list of queries holds; ``reach`` are the sources the caller reaches into."""
    return QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        data_source_ids=reach,
        archived=arguments.archived,
        search=arguments.search or None,
        tags=arguments.tags,
        order=QueryOrder.RELEVANCE if arguments.search else QueryOrder.CREATED_AT,
    )


def parse_page(arguments: QueryListArguments) -> Page:
    """Return the page to list; FieldInvalid for a cursor that this API did not make."""
    number = 1 if arguments.cursor is None else read_number(arguments.cursor)
    return Page(number=number, size=arguments.limit)


def parse_before(arguments: HistoryArguments) -> ResultId | None:
    """Return the result below which to list; FieldInvalid for a cursor that is none of ours."""
    return None if arguments.cursor is None else ResultId(read_number(arguments.cursor))


def write_number(number: int) -> str:
    """Return the cursor of a number."""
    return base64.urlsafe_b64encode(f"n{number}".encode()).decode().rstrip("=")


def read_number(cursor: str) -> int:
    """Return the number of a cursor; FieldInvalid."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_cursor(cursor) from error
    if not (text[:1] == "n" and text[1:].isascii() and text[1:].isdigit() and len(text) < 12):
        raise bad_cursor(cursor)
    return int(text[1:])


def bad_cursor(cursor: str, *, why: str = "It was not made here.") -> FieldInvalid:
    """Return the error for a cursor that cannot be used."""
    return FieldInvalid(
        f"The argument 'cursor' is {cursor[:100]!r}.",
        detail=why,
        hint="Take it from the link to the next page, or leave it out to begin anew.",
    )
