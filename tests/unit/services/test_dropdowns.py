"""Lists of values that come from another query's latest result."""

import pytest
from tests.support.services import Stage

from standpipe.core.errors import ParameterInvalid, ResultNotCached
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query
from standpipe.services.dropdowns import DropdownItem
from standpipe.services.submit import QueryAsk


def run(stage: Stage, query: Query, select: str) -> None:
    """Let the query have these rows."""
    ask = QueryAsk(query_id=query.id, values={}, freshness=MUST_RUN)
    asked = stage.submit.query(stage.author, ask)
    assert isinstance(asked, Submission)
    stage.finish_with(asked, select)


def test_a_list_is_read_once(stage: Stage) -> None:
    """A result never changes; a newer one is another list."""
    query = stage.save("select 1")
    with pytest.raises(ResultNotCached):
        stage.dropdowns.items(query.id)
    run(stage, query, "select 'x' as value")
    first = stage.dropdowns.items(query.id)
    assert first == (DropdownItem("x", "x"),)
    assert stage.dropdowns.items(query.id) is first
    run(stage, query, "select 'y' as value, 'Ypsilon' as name")
    assert stage.dropdowns.items(query.id) == (DropdownItem("Ypsilon", "y"),)


def test_a_list_decides_what_may_be_bound(stage: Stage) -> None:
    """As it stands at the time of the run."""
    listed = stage.save("select 1")
    run(stage, listed, "select 'x' as value")
    chosen = Parameter(name="c", kind=ParameterKind.QUERY, query_id=listed.id)
    query = stage.save("select {{ c }}", chosen)
    assert stage.binding.query(query, stage.source, {"c": "x"}).statement.display == "select x"
    run(stage, listed, "select 'y' as value")
    with pytest.raises(ParameterInvalid):
        stage.binding.query(query, stage.source, {"c": "x"})
