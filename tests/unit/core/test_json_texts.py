"""JSON from outside: read as Python reads it, and refused where it is nested too deeply."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.json_texts import MOST_LEVELS, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def nested(levels: int, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + "1" + closing * levels


@given(VALUES)
def test_values_come_back(value: Any) -> None:
    """Big integers too."""
    text = json.dumps(value)
    assert read_json(text) == read_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_the_limit_is_the_same_however_deep(opening: str, closing: str) -> None:
    """Also where Python itself gives up."""
    whole = opening.count("[") + opening.count("{")
    most = MOST_LEVELS // whole
    assert read_json(nested(most, opening, closing)) is not None
    for levels in [*range(most + 1, most + 9), *range(900 // whole, 1020 // whole), 100_000]:
        with pytest.raises(ValueError, match=r"deep|depth"):
            read_json(nested(levels, opening, closing))


@pytest.mark.parametrize("many", ["[" + "[]," * 5000 + "[]]", '"' + "[" * 5000 + '"'])
def test_what_is_wide_is_not_deep(many: str) -> None:
    """Brackets beside each other, and in texts, are no levels."""
    assert read_json(many) == json.loads(many)


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "'a'", '{"a":1}x', b"\xff", '"\udc80"', "1" * 5000]
)
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    """One kind of error, so that nobody forgets another; a lone surrogate is a question mark."""
    try:
        assert read_json(text) == "?"
    except ValueError:
        assert text != '"\udc80"'
