"""Arguments and bodies are read into the structs that an endpoint declares, or refused in words."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from standpipe.core.errors import FieldInvalid, FieldMissing, InvalidRequest, MalformedBody
from standpipe.http.asked import read_arguments, read_body


class Arguments(msgspec.Struct, kw_only=True, frozen=True):
    """Arguments of every kind."""

    limit: Annotated[int, Meta(ge=0, le=9)] | None = None
    share: float | None = None
    flag: bool = False
    shape: Literal["a", "b"] = "a"
    at: Annotated[datetime, Meta(tz=True)] | None = None
    tags: tuple[str, ...] = ()
    older: str | None = msgspec.field(default=None, name="from")


class Short(msgspec.Struct, kw_only=True, frozen=True):
    """An argument that ends somewhere."""

    text: Annotated[str, Meta(max_length=3)] = ""


class Needed(msgspec.Struct, kw_only=True, frozen=True):
    """An argument that must be there."""

    columns: str


class Inner(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a body."""

    size: Annotated[int, Meta(ge=0)] = 0


class Body(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A body with parts."""

    name: str
    parts: tuple[Inner, ...] = ()
    note: str | None = None


def read(**given: str) -> Arguments:
    """Read arguments that are given once each."""
    return read_arguments(Arguments, {name: (value,) for name, value in given.items()})


def test_arguments_get_their_types() -> None:
    """Numbers, claims, times, words of a closed list, repeated ones, and other names."""
    found = read(limit="5", share="0.5", flag="true", shape="b", at="2026-01-31T12:00:00Z")
    assert (found.limit, found.share, found.flag, found.shape) == (5, 0.5, True, "b")
    assert found.at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read_arguments(Arguments, {"tags": ("a", "b"), "from": ("x",)}) == Arguments(
        tags=("a", "b"), older="x"
    )


def test_what_is_not_said_has_its_default() -> None:
    """Also where only values of parameters, free marks and the key are given."""
    given = {"p_x": ("1", "2"), "_": ("3",), "api_key": ("k",)}
    assert read_arguments(Arguments, given, takes_values=True) == Arguments()


def test_values_are_refused_where_nothing_is_done_with_them() -> None:
    """Nobody gets the rows of other values than he wrote."""
    with pytest.raises(FieldInvalid, match="'p_x' is not taken here") as caught:
        read(p_x="1")
    assert "in its body" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("limit", "-1", "It must be a whole number of at least 0 and at most 9."),
        ("limit", "x", "It must be a whole number of at least 0 and at most 9."),
        ("limit", "null", "It must be a whole number of at least 0 and at most 9."),
        ("share", "nan", "It must be a number."),
        ("share", "1e999", "It must be a number."),
        ("flag", "maybe", "It must be true or false."),
        ("shape", "c", "It must be one of a, b."),
        ("at", "2026-01-31", "It must be a time such as 2026-01-31T12:00:00Z."),
        ("limti", "1", "There are: limit, share, flag, shape, at, tags, from."),
    ],
)
def test_wrong_argument_is_named_with_what_is_allowed(name: str, value: str, said: str) -> None:
    """The value, and in words what would do."""
    with pytest.raises(FieldInvalid) as caught:
        read(**{name: value})
    assert (repr(name) in caught.value.message, caught.value.detail) == (True, said)


def test_unknown_argument_gets_the_nearest_name() -> None:
    """A slip of the pen is mended by the hint."""
    with pytest.raises(FieldInvalid) as caught:
        read(limti="1")
    assert caught.value.hint == "Did you mean 'limit'?"


def test_text_that_is_too_long_is_told_how_long_it_may_be() -> None:
    """Not only that it must be a text."""
    with pytest.raises(FieldInvalid) as caught:
        read_arguments(Short, {"text": ("long",)})
    assert caught.value.detail == "It must be a text of at most 3 characters."


def test_argument_that_takes_one_value_is_given_once() -> None:
    """Nobody guesses which of two was meant."""
    with pytest.raises(FieldInvalid, match="given 2 times"):
        read_arguments(Arguments, {"limit": ("1", "2")})


def test_argument_that_is_needed_is_missed() -> None:
    """The error says what it would be."""
    with pytest.raises(FieldMissing, match="'columns' is missing"):
        read_arguments(Needed, {})


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b'{"name": 1}', FieldInvalid, "The field 'name' is 1. It must be a text."),
        (b"{}", FieldMissing, "The field 'name' is missing."),
        (b"", FieldMissing, "The field 'name' is missing."),
        (b'{"nmae": "x"}', FieldInvalid, "There is no field 'nmae' here."),
        (
            b'{"name": "x", "parts": [{}, {"size": -1}]}',
            FieldInvalid,
            "The field 'parts[1].size' is -1. It must be a whole number >= 0.",
        ),
        (b'{"name": "x", "parts": [{"x": 1}]}', FieldInvalid, "no field 'parts[0].x' here."),
        (b'{"name": "x", "note": []}', FieldInvalid, "It must be a text or null."),
        (b"[]", FieldInvalid, "The body is []. It must be a JSON object."),
        (b"{", MalformedBody, "The body is not valid JSON."),
        (b'{"name": NaN}', MalformedBody, "The body is not valid JSON."),
        (b"[" * 100_000, MalformedBody, "The body is not valid JSON."),
    ],
)
def test_wrong_body_is_told_where_it_is_wrong(body: bytes, kind: Any, said: str) -> None:
    """The place in it, the value there, and what is allowed."""
    with pytest.raises(kind) as caught:
        read_body(Body, body)
    assert said in str(caught.value)


@given(st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), min_size=1, max_size=2)))
def test_any_arguments_are_read_or_refused(given: dict[str, list[str]]) -> None:
    """Nothing but an error in words comes of what nobody expected."""
    with suppress(InvalidRequest):
        read_arguments(Arguments, given)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_any_field_is_read_or_refused(value: Any) -> None:
    """Nothing but an error in words comes of a body of other types."""
    for body in ({"name": value}, {"name": "x", "parts": value}, {"name": "x", "note": value}):
        with suppress(InvalidRequest):
            read_body(Body, msgspec.json.encode(body))
