"""Stored results: rows, what is known of them, what values they hold, how two of them differ."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from standpipe.core.results import Result
from standpipe.dialects.native.requests.paths import result_uid
from standpipe.dialects.native.requests.results import (
    DifferenceArguments,
    FacetArguments,
    parse_facet_columns,
    parse_facet_window,
    parse_keys,
    parse_older,
)
from standpipe.dialects.native.requests.windows import WindowArguments
from standpipe.dialects.native.responses.bodies import (
    CHANGING,
    KEYED,
    addresses_of,
    render_tagged,
)
from standpipe.dialects.native.responses.results import (
    DifferenceRows,
    FacetList,
    ResultMetadata,
    show_difference,
    show_facets,
    show_metadata,
)
from standpipe.dialects.native.routes.notes import NOT_MODIFIED, json_notes, rows_shown
from standpipe.dialects.native.routes.rows import FOR_EVER, RowSource, result_rows, show_rows
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Answer, Outbound, Work
from standpipe.http.operations import NoArguments, NoBody
from standpipe.services.directory import Services

TAG = "results"


def get_rows(services: Services, asked: Asked[WindowArguments, NoBody]) -> Answer:
    """Read rows of a result: they never change, and neither does their ETag."""
    result = services.read.by_uid(asked.principal, result_uid(asked.inbound))
    return show_rows(services, asked, result_rows(result, addresses_of(asked.inbound)))


def get_metadata(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Read what is known of a result."""
    result = services.read.by_uid(asked.principal, result_uid(asked.inbound))
    body = show_metadata(result, addresses_of(asked.inbound))
    return render_tagged(body, headers=(FOR_EVER, KEYED))


def get_facets(services: Services, asked: Asked[FacetArguments, NoBody]) -> Outbound:
    """Count the values of columns: the most frequent ones, how many there are, their span."""
    result = services.read.by_uid(asked.principal, result_uid(asked.inbound))
    window = services.read.window(result, parse_facet_window(asked.arguments))
    columns = parse_facet_columns(asked.arguments)
    facets = services.read.facets(result, window, columns, asked.arguments.limit)
    cache = FOR_EVER if window.is_steady else CHANGING
    return render_tagged(show_facets(facets), headers=(cache, KEYED), is_steady=window.is_steady)


def compare_results(services: Services, asked: Asked[DifferenceArguments, NoBody]) -> Answer:
    """Read which rows were added, removed or changed since another result.

    Filters, sorts and pages apply to the rows that differ; their first column is `change`. Where
    the columns of `key` do not tell rows apart, that is an error.
    """
    newer = services.read.by_uid(asked.principal, result_uid(asked.inbound))
    older = services.read.by_uid(asked.principal, parse_older(asked.arguments))
    keys = parse_keys(asked.arguments)
    return show_rows(services, asked, _differences(services, asked, older, newer, keys))


def _differences(
    services: Services, asked: Asked[Any, Any], older: Result, newer: Result, keys: Sequence[str]
) -> RowSource:
    rows = services.read.difference(older, newer, keys)
    counts = services.read.difference_counts(rows)
    shown = partial(show_difference, older, newer, counts, keys)
    to, key = addresses_of(asked.inbound), asked.arguments.key
    return RowSource(
        rows=rows,
        total=counts.added + counts.removed + counts.changed,
        identity=f"{older.uid} {newer.uid} {keys!r}",
        address=to.to("results", newer.uid, "differences"),
        args={"from": str(older.uid), **({} if key is None else {"key": key})},
        head=lambda columns: {"difference": shown(columns)},
        name=f"differences-{newer.uid}",
    )


_RESULT = "/v1/results/{result_id}"
_ROWS = Notes(
    tag=TAG,
    answers={200: rows_shown(), 304: NOT_MODIFIED},
    refusals=(404, 406, 410, 413, 503),
)
_DIFFERENCES = Notes(
    tag=TAG,
    answers={200: rows_shown(kind=DifferenceRows), 304: NOT_MODIFIED},
    refusals=(404, 406, 410, 413, 503),
)

ROUTES = (
    endpoint(f"GET {_RESULT}.{{extension}}", get_rows, _ROWS, name="get_file"),
    endpoint(f"GET {_RESULT}", get_rows, _ROWS),
    endpoint(
        f"GET {_RESULT}/metadata", get_metadata, json_notes(TAG, ResultMetadata, 404, tagged=True)
    ),
    endpoint(
        f"GET {_RESULT}/facets",
        get_facets,
        json_notes(TAG, FacetList, 404, 410, 503, tagged=True),
        work=Work.SLOW,
    ),
    endpoint(
        f"GET {_RESULT}/differences.{{extension}}",
        compare_results,
        _DIFFERENCES,
        work=Work.SLOW,
        name="compare_results_file",
    ),
    endpoint(f"GET {_RESULT}/differences", compare_results, _DIFFERENCES, work=Work.SLOW),
)
