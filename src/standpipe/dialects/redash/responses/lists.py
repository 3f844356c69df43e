"""The envelope of a page, and which pages there are."""

from collections.abc import Sequence
from typing import Any

from standpipe.core.errors import NotFound, PageOutOfRange
from standpipe.core.queries import Page
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.http.messages import Outbound


def render_page(total: int, page: Page, results: Sequence[Any]) -> Outbound:
    """Return one page of things; NotFound or PageOutOfRange beyond the last one.

    The page right after the last one is empty instead: some clients stop only there.
    """
    last = -(-total // page.size)
    if total == 0 and page.number > 1:
        raise NotFound("The list is empty.")
    if page.number > max(last, 1) + 1:
        raise PageOutOfRange("Page is out of range.")
    return render_json(
        {"count": total, "page": page.number, "page_size": page.size, "results": list(results)}
    )


def render_tags(tags: Sequence[tuple[str, int]]) -> Outbound:
    """Return tags with their counts, by name."""
    return render_json({"tags": [{"name": name, "count": count} for name, count in tags]})
