"""Who may read a result by its uid."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import ANY_UID
from tests.support.services import NOBODIES, VIEWERS, Stage

from standpipe.core.errors import NotFound, SourceNotAllowed
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import WorkspaceId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.core.results import Result
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
