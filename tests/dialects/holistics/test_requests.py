"""Filters, pages and numbers as clients write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid, MalformedBody, NotFound
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.dialects.holistics.credentials import read_credentials
from standpipe.dialects.holistics.requests.filters import parse_filters
from standpipe.dialects.holistics.requests.pages import parse_page
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.dialects.holistics.responses.files import file_name
from standpipe.http.messages import Inbound

PARAMETERS = (
    Parameter(name="n", kind=ParameterKind.NUMBER),
    Parameter(name="ids", kind=ParameterKind.ENUM, options=("1", "2"), multiple=Multiple()),
    Parameter(name="days", kind=ParameterKind.DATE_RANGE, default={"start": "a", "end": "z"}),
    Parameter(name="word", kind=ParameterKind.TEXT),
)


def filters(body: Any = None, **args: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of a request."""
    data = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    return parse_filters(Inbound(method=method, path="/", args=args, body=data), PARAMETERS)


@pytest.mark.parametrize(
    ("args", "body", "values"),
    [
        ({"n": ("1",), "nobody": ("2",), "_utoken": ("3",)}, None, {"n": "1"}),
        ({"ids[]": ("1", "2")}, None, {"ids": ["1", "2"]}),
        ({"ids": ("1", "2")}, None, {"ids": ["1", "2"]}),
        ({"ids": ("1",)}, None, {"ids": ["1"]}),
        (
            {},
            {"ids": [1, 2], "n": 1.5, "word": True},
            {"ids": ["1", "2"], "n": "1.5", "word": "true"},
        ),
        ({}, {"ids": 1, "word": None}, {"ids": ["1"]}),
        ({"n": ("1",)}, {"n": 2}, {"n": "2"}),
        ({"days_start": ("b",)}, None, {"days": {"start": "b", "end": "z"}}),
        ({"days_start": ("b",)}, {"days_end": "c"}, {"days": {"start": "b", "end": "c"}}),
        ({}, {"days": {"start": "b", "end": "c"}}, {"days": {"start": "b", "end": "c"}}),
        ({"word": ("a", "b")}, None, {"word": ["a", "b"]}),  # which binding refuses
    ],
)
def test_filters_are_values(
    args: dict[str, tuple[str, ...]], body: Any, values: dict[str, Any]
) -> None:
    """In an address or a body, alone or as lists, under the names of parameters."""
    assert filters(body, **args) == values


def test_a_body_that_holds_no_filters_is_refused() -> None:
    """A list; an object where there is no range."""
    with pytest.raises(MalformedBody):
        filters([1])
    with pytest.raises(FieldInvalid):
        filters({"word": {"start": "a"}})


def test_a_get_has_no_body_whatever_it_says() -> None:
    """Clients send a content type of JSON with nothing."""
    inbound = Inbound(method="GET", path="/", body=b"{oops", args={"n": ("1",)})
    assert parse_filters(inbound, PARAMETERS) == {"n": "1"}


@pytest.mark.parametrize(
    ("args", "number", "size", "pages_of_93"),
    [
        ({}, 1, 25, 4),
        ({"_page": ("2",), "_page_size": ("10",)}, 2, 10, 10),
        ({"_page_size": ("-1",)}, 1, None, 1),
        ({"_page": ("1e+05",), "_page_size": ("1e 05",)}, 100_000, 100_000, 1),
    ],
)
def test_pages(
    args: dict[str, tuple[str, ...]], number: int, size: int | None, pages_of_93: int
) -> None:
    """25 rows each, unless another number or all are wanted."""
    page = parse_page(Inbound(method="GET", path="/", args=args))
    assert (page.number, page.size, page.count(93)) == (number, size, pages_of_93)
    assert page.count(0) == 1


@pytest.mark.parametrize("args", [{"_page": "0"}, {"_page_size": "0"}, {"_page_size": "-2"}])
def test_pages_that_cannot_be_are_refused(args: dict[str, str]) -> None:
    """There is no page 0, and none of 0 rows."""
    given = {name: (text,) for name, text in args.items()}
    with pytest.raises(FieldInvalid):
        parse_page(Inbound(method="GET", path="/", args=given))


@given(st.text())
def test_numbers_fit_32_bits_or_are_nothing(text: str) -> None:
    """Whatever stands there."""
    try:
        assert 0 < parse_number(text) < 2**31
    except NotFound:
        return


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("1e+05", 100_000), ("1e 05", 100_000), ("2.1e+09", 2_100_000_000), ("1.5e+01", 15)],
)
def test_numbers_are_understood_as_r_writes_them(text: str, number: int) -> None:
    """A double that is whole; the sign of the exponent is a space in an address."""
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["3e+09", "1.5e+00", "1e-05", "0e+05", "1e+99", "1.e+05", "٣"])
def test_other_numbers_are_nothing(text: str) -> None:
    """Fractions, and what is larger than 32 bits."""
    with pytest.raises(NotFound):
        parse_number(text)


@pytest.mark.parametrize(
    ("headers", "args", "key"),
    [
        ({"x-holistics-key": "a"}, {"_utoken": ("c",)}, "a"),
        ({"authorization": "Bearer b"}, {"_utoken": ("c",)}, "b"),
        ({"authorization": "bearer b"}, {}, "b"),
        ({"authorization": "Basic b"}, {"_utoken": ("c",)}, "c"),
        ({"x-holistics-key": "", "authorization": "Bearer "}, {"_utoken": ("",)}, None),
        ({}, {}, None),
    ],
)
def test_the_first_place_of_a_key_counts(
    headers: dict[str, str], args: dict[str, tuple[str, ...]], key: str | None
) -> None:
    """The header, a bearer, the address."""
    inbound = Inbound(method="GET", path="/", headers=headers, args=args)
    assert read_credentials(inbound).key == key


def test_files_have_plain_names() -> None:
    """Whatever a query is called."""
    assert file_name(12, "Sales by month (é)", "csv") == "12-sales-by-month-e.csv"
    assert file_name(12, '売上"\r\n', "csv") == "12.csv"
