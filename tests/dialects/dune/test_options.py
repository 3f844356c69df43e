"""The options of rows: compat/dune.md 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid, InvalidRequest
from standpipe.core.windows import Sample
from standpipe.dialects.dune.requests.options import (
    page_of,
    page_options,
    parameter_values,
    parse_options,
    split_names,
)
from standpipe.http.messages import Inbound


def asked(**args: str | list[str]) -> Inbound:
    given = {name: tuple([each] if isinstance(each, str) else each) for name, each in args.items()}
    return Inbound(method="GET", path="/api/v1/x", args=given)


def test_nothing_is_everything() -> None:
    """No limit: the whole result in one answer."""
    ask = parse_options(asked())
    assert (ask.columns, ask.where, ask.sample, ask.order_by) == (None, None, None, ())
    assert (ask.offset, ask.limit) == (0, None)


def test_every_option_is_read() -> None:
    """Those that nobody knows are passed over."""
    ask = parse_options(
        asked(
            columns="a,b",
            filters="a > 1",
            sort_by="b desc",
            limit="10",
            offset="20",
            allow_partial_results="true",
            performance="medium",
        )
    )
    assert (ask.columns, ask.limit, ask.offset) == (("a", "b"), 10, 20)
    assert ask.where is not None
    assert [term.is_descending for term in ask.order_by] == [True]
    assert parse_options(asked(sample_count="7")).sample == Sample(rows=7)


@pytest.mark.parametrize("name", ["limit", "offset", "filters"])
def test_a_sample_is_of_all_rows(name: str) -> None:
    """As the clients themselves demand."""
    with pytest.raises(FieldInvalid, match="sampling cannot be combined"):
        parse_options(asked(sample_count="7", **{name: "1"}))


@pytest.mark.parametrize("name", ["limit", "offset", "sample_count"])
@pytest.mark.parametrize("text", ["-1", "x", "1.5", "\u0663", "9" * 30, " 1", "null"])
def test_numbers_that_are_none_are_refused(name: str, text: str) -> None:
    """With what is allowed."""
    with pytest.raises(FieldInvalid, match=f"'{name}' is"):
        parse_options(asked(**{name: text}))


def test_a_negative_offset_of_a_list_is_zero() -> None:
    """compat/dune.md 2."""
    assert page_of(asked(limit="5", offset="-3"), default=20, most=100) == (5, 0)
    assert page_of(asked(limit="500"), default=20, most=100) == (100, 0)
    assert page_of(asked(), default=20, most=100) == (20, 0)


def test_values_of_parameters_are_everything_behind_the_first_point() -> None:
    """Names may have points and blanks; what is repeated is a list; an empty text is one."""
    given_values = asked(**{"params.a.b": "1", "params.x y": "", "params.m": ["1", "2"], "p": "3"})
    assert parameter_values(given_values) == {"a.b": "1", "x y": "", "m": ["1", "2"]}
    assert parameter_values(asked(limit="1")) is None


def test_a_link_repeats_what_all_pages_have_in_common() -> None:
    """Never the key."""
    inbound = asked(columns="a", filters="a > '+'", limit="1", api_key="secret")
    assert page_options(inbound) == {"columns": "a", "filters": "a > '+'"}


def test_names_with_commas_need_no_quotes() -> None:
    """The longest one that fits counts."""
    known = ["a", "a, b", "b", "c"]
    assert split_names("a, b,c", known) == ("a, b", "c")
    assert split_names("c,a", known) == ("c", "a")
    assert split_names('"a, b",c', known) == ("a, b", "c")


@given(st.text(max_size=40), st.lists(st.text(max_size=6), max_size=4))
def test_any_list_of_names_is_read_or_refused(text: str, known: list[str]) -> None:
    """With an error of ours."""
    try:
        names = split_names(text, known)
    except InvalidRequest:
        return
    assert all(isinstance(name, str) for name in names)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True))
def test_known_names_come_back(names: list[str]) -> None:
    """However they look, as dune-client joins them, unless commas make them ambiguous."""
    trimmed = [name for name in names if name == name.strip() and '"' not in name]
    if not trimmed or any("," in name for name in trimmed) or any("\0" in n for n in trimmed):
        return
    try:
        assert split_names(",".join(trimmed), trimmed) == tuple(trimmed)
    except InvalidRequest as error:
        assert "surrogate" in str(error) or "half" in str(error)  # noqa: PT017
