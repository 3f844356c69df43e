"""Quoting of identifiers and text."""

from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine import fetch, fetch_names

from standpipe.connectors.duckdb.names import quote_name, quote_text, spell_name

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(texts)
def test_a_quoted_name_is_that_name(name: str) -> None:
    """Nothing in a name can end the quotes."""
    assert fetch_names(f"SELECT 1 AS {quote_name(name)}, 2 AS after") == [name, "after"]


@given(texts)
def test_a_quoted_text_is_that_text(text: str) -> None:
    """Nothing in a text can end the quotes."""
    assert fetch(f"SELECT {quote_text(text)}, 2") == [(text, 2)]


@given(st.text(st.sampled_from("aZ_9 .\"'é"), min_size=1))
def test_a_name_is_spelled_so_that_it_works(name: str) -> None:
    """A name is left bare only where that means the same."""
    assert fetch_names(f"SELECT 1 AS {spell_name(name)}") == [name]


def test_a_reserved_word_is_quoted() -> None:
    """A table may be called select."""
    assert spell_name("Select", {"select"}) == '"Select"'
    assert spell_name("flights", {"select"}) == "flights"
