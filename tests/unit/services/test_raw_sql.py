"""Queries whose whole SQL is a parameter."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from standpipe.core.errors import FieldInvalid, ParameterInvalid, ParameterMissing
from standpipe.core.ids import QueryId, UserId, WorkspaceId, new_uid
from standpipe.core.queries import Query, Visibility
from standpipe.services.raw_sql import RAW_SQL_FLAG, is_raw, raw_parameter, raw_statement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = Query(
    id=QueryId(1),
    uid=new_uid(NOW),
    workspace_id=WorkspaceId(1),
    name="raw",
    sql=" {{ query }} ;",
    data_source_id=None,
    owner_id=UserId(1),
    flags=frozenset({RAW_SQL_FLAG}),
    visibility=Visibility.PRIVATE,
    created_at=NOW,
    updated_at=NOW,
)


def test_the_statement_is_what_was_sent() -> None:
    """Exactly, whatever stands in it."""
    assert is_raw(QUERY)
    assert not is_raw(replace(QUERY, flags=frozenset()))
    sql = "select '{{x}}' --; \n"
    assert raw_statement(QUERY, {"query": sql}) == sql


@pytest.mark.parametrize("values", [{}, {"query": ""}, {"query": None}])
def test_nothing_is_no_statement(values: dict[str, object]) -> None:
    """There is no default."""
    with pytest.raises(ParameterMissing):
        raw_statement(QUERY, values)


@pytest.mark.parametrize("values", [{"query": 1}, {"query": ["a"]}, {"query": "a", "b": "c"}])
def test_only_a_text_is_one(values: dict[str, object]) -> None:
    """And nothing stands beside it."""
    with pytest.raises(ParameterInvalid):
        raw_statement(QUERY, values)


@pytest.mark.parametrize("sql", ["select {{query}}", "{{a}} {{b}}", "", "{{a}};;", "{{a}} -- x"])
def test_sql_beside_the_placeholder_is_refused(sql: str) -> None:
    """Text is never pasted into text."""
    with pytest.raises(FieldInvalid):
        raw_parameter(replace(QUERY, sql=sql))


def test_what_statements_gave_is_no_more_for_others_than_they_are() -> None:
    """So nobody else may see such a query."""
    assert raw_parameter(QUERY).name == "query"
    with pytest.raises(FieldInvalid, match="must be private"):
        raw_parameter(replace(QUERY, visibility=Visibility.WORKSPACE))
