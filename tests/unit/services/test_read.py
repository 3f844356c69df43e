"""Who may read a result by its uid."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import ANY_UID
from tests.support.services import NOBODIES, VIEWERS, Stage

from standpipe.core.errors import ColumnUnknown, NotFound, SourceNotAllowed
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import WorkspaceId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.core.results import Result
from standpipe.core.windows import DifferenceCounts, WindowAsk, parse_filter
from standpipe.services.submit import QueryAsk

NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER, default=1)


def run(stage: Stage, query: Query, **values: Any) -> Result:
    """Run a query to its end."""
    ask = QueryAsk(query_id=query.id, values=values, freshness=MUST_RUN)
    asked = stage.submit.query(stage.author, ask)
    assert isinstance(asked, Submission)
    return stage.finish(asked)


@pytest.fixture
def query(stage: Stage) -> Query:
    """A query with a parameter."""
    return stage.save("select {{ n }}", NUMBER)


@pytest.fixture
def numbers(stage: Stage, query: Query) -> Result:
    """A stored result of the numbers 0 to 9, and whether they are even."""
    return rows(stage, query, "select i::int i, i % 2 = 0 even from range(10) t(i)")


def rows(stage: Stage, query: Query, select: str) -> Result:
    """Run a query to an end with these rows."""
    ask = QueryAsk(query_id=query.id, values={}, freshness=MUST_RUN)
    asked = stage.submit.query(stage.author, ask)
    assert isinstance(asked, Submission)
    return stage.finish_with(asked, select)


def test_the_rows_of_a_plain_window_are_known(stage: Stage, query: Query) -> None:
    """Without looking into the file, which may be gone."""
    result = run(stage, query)
    window = stage.read.window(result, WindowAsk(offset=1, limit=1))
    assert stage.read.total(result, window) == result.row_count == 3


def test_filtered_rows_are_counted(stage: Stage, numbers: Result) -> None:
    """Before the page is cut out of them."""
    window = stage.read.window(numbers, WindowAsk(where=parse_filter("i > 3"), limit=2))
    assert stage.read.total(numbers, window) == 6


def test_facets_are_of_the_filtered_rows(stage: Stage, numbers: Result) -> None:
    """By the names of the result's columns; one that is not there is an error."""
    window = stage.read.window(numbers, WindowAsk(where=parse_filter("i < 3"), columns=("i",)))
    (facet,) = stage.read.facets(numbers, window, ["even"], 9)
    assert [(value.text, value.count) for value in facet.values] == [("true", 2), ("false", 1)]
    with pytest.raises(ColumnUnknown, match="odd"):
        stage.read.facets(numbers, window, ["odd"], 9)


def test_a_difference_is_read_like_a_result(stage: Stage, query: Query, numbers: Result) -> None:
    """With windows of its own, and their totals."""
    newer = rows(stage, query, "select i::int i, i > 8 even from range(8, 12) t(i)")
    difference = stage.read.difference(numbers, newer, ["i"])
    counts = stage.read.difference_counts(difference)
    assert counts == DifferenceCounts(added=2, removed=8, changed=2, unchanged=0)
    added = WindowAsk(where=parse_filter("change = 'added'"), columns=("i",))
    window = stage.read.window(difference, added)
    assert stage.read.total(difference, window) == 2


def test_an_unknown_key_compares_nothing(stage: Stage, numbers: Result) -> None:
    """The message names it."""
    with pytest.raises(ColumnUnknown, match="odd"):
        stage.read.difference(numbers, numbers, ["odd"])


def test_whoever_reaches_the_source_reads_its_results(stage: Stage, query: Query) -> None:
    """Others know that they may not; those of another workspace know nothing."""
    result = run(stage, query)
    assert stage.read.by_uid(stage.other(VIEWERS), result.uid) == result
    with pytest.raises(SourceNotAllowed):
        stage.read.by_uid(stage.other(NOBODIES), result.uid)
    elsewhere = replace(stage.author, workspace_id=WorkspaceId(99))
    with pytest.raises(NotFound):
        stage.read.by_uid(elsewhere, result.uid)
    with pytest.raises(NotFound):
        stage.read.by_uid(stage.author, ANY_UID)


def test_results_of_a_private_query_are_its_owners(stage: Stage, query: Query) -> None:
    """Nobody else knows of them."""
    stage.edit(query, visibility=Visibility.PRIVATE)
    result = run(stage, query)
    assert stage.read.by_uid(stage.author, result.uid) == result
    with pytest.raises(NotFound):
        stage.read.by_uid(stage.other(VIEWERS), result.uid)


def test_a_query_key_reads_the_results_of_its_query(stage: Stage, query: Query) -> None:
    """Of the text of today; and a twin's result only where that answers its own default run."""
    key = stage.key_of(query)
    twin = stage.save("select {{ n }}", NUMBER)
    own, shared, other = run(stage, query, n=5), run(stage, twin), run(stage, twin, n=5)
    assert stage.read.by_uid(key, own.uid) == own
    assert stage.read.by_uid(key, shared.uid) == shared
    with pytest.raises(NotFound):
        stage.read.by_uid(key, other.uid)
    stage.edit(query, sql="select {{ n }} + 1")
    for before in (own, shared):
        with pytest.raises(NotFound):
            stage.read.by_uid(key, before.uid)


def test_a_key_without_a_query_reads_nothing(stage: Stage, query: Query) -> None:
    """As if there were no results."""
    result = run(stage, query)
    nobody = replace(stage.key_of(query), query_id=None)
    with pytest.raises(NotFound):
        stage.read.by_uid(nobody, result.uid)
