"""The comparison with the recordings sees what clients would."""

from typing import Any

import pytest
from tests.dialects.redash.golden.comparison import Terms, compare, compare_text, with_types
from tests.dialects.redash.golden.identities import Identities
from tests.dialects.redash.golden.recordings import read_json

QUERY = (
    '{"id": 3, "name": "Sales", "latest_query_data_id": 7, "updated_at": "2026-01-02T03:04:05Z",'
    ' "api_key": "KEY1", "tags": ["a"], "options": {"x": 1, "y": 1.50}}'
)


def differences(recorded: str, ours: str, identities: Identities | None = None) -> list[str]:
    """Return what differs between two answers about queries."""
    terms = Terms(identities=identities or Identities(), endpoint="query")
    return list(compare(read_json(recorded), read_json(ours), terms))


def test_comparison_lets_ids_keys_and_times_be_those_of_the_run() -> None:
    """Another id, key and time is no difference, nor is the order inside a stored document."""
    ours = QUERY.replace('"id": 3', '"id": 9').replace("KEY1", "abc").replace("03:04", "11:12")
    ours = ours.replace('"x": 1, "y": 1.50', '"y": 1.50, "x": 1')
    assert differences(QUERY, ours) == []


def test_comparison_holds_ids_to_what_they_were_at_first_sight() -> None:
    """An id that stood for a recorded one must go on standing for it."""
    identities = Identities()
    assert differences(QUERY, QUERY, identities) == []
    assert differences(QUERY, QUERY.replace('"id": 3', '"id": 4'), identities) != []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"name": "Sales"', '"name": "Other"'),
        ('"id": 3', '"id": "3"'),
        ('"latest_query_data_id": 7', '"latest_query_data_id": null'),
        ('"2026-01-02T03:04:05Z"', '"2026-01-02T03:04:05"'),
        ('"tags": ["a"]', '"tags": []'),
        ("1.50", "1.5"),
        ('"id": 3, "name": "Sales"', '"name": "Sales", "id": 3'),
        ('"api_key": "KEY1", ', ""),
    ],
)
def test_comparison_sees_a_change(before: str, after: str) -> None:
    """A changed value, type, form of a time, spelling, order or set of keys is a difference."""
    assert before in QUERY
    assert differences(QUERY, QUERY.replace(before, after)) != []


@pytest.mark.parametrize(
    "text", ['{"a":1}', '{"a": 1,"b": 2}', '{"a": "\\u00e9"}', "[1, 2]\n", "x"]
)
def test_spelling_that_python_would_not_write_is_a_difference(text: str) -> None:
    """Separators are a comma or colon and a blank, letters stand as they are, nothing follows."""
    assert list(compare_text(text.encode())) != []
    assert list(compare_text('{"a": 1.50, "b": ["é", null]}'.encode())) == []


def test_untyped_recorded_columns_take_the_type_of_their_values() -> None:
    """Where Redash gave no type, ours must be that of the recorded values."""
    columns: list[dict[str, Any]] = [{"name": name, "type": None} for name in "ab"]
    data = {"columns": columns, "rows": [{"a": 1, "b": None}]}
    typed = with_types({"query_result": {"data": data}})["query_result"]["data"]["columns"]
    assert [column["type"] for column in typed] == ["integer", None]
