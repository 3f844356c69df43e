"""What an Accept header gets."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import NotAcceptable
from standpipe.formats import FORMATS
from standpipe.formats.negotiate import body_compression, choose

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV; charset=utf-8", "csv"),
        ("application/csv", "csv"),
        (BROWSER, "html"),
        ("application/json, text/plain, */*", "json"),
        ("text/csv, */*", "csv"),
        ("*/*, text/csv", "csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "csv"),
        ("text/csv;q=0.4, application/x-ndjson;q=0.5", "ndjson"),
        ("text/csv;q=0, */*", "json"),
        ("application/json;q=0, */*;q=0.1", "ndjson"),
        ("application/json;q=0, text/*", "csv"),
        ("text/*", "csv"),
        ("text/markdown, text/html", "markdown"),
        ("text/html, text/markdown", "html"),
        (XLSX, "xlsx"),
        (f'{ARROW}; codecs="zstd, lz4", text/csv;q=0.9', "arrows"),
        ("application/vnd.apache.arrow.file", "arrow"),
        ("application/x-parquet", "parquet"),
        ("image/png, text/csv;q=0.2", "csv"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "html"),
        (", ,text/csv,;", "csv"),
        ('text/csv; a="x, application/json"', "csv"),
        ("nonsense", "json"),
        ("text/csv; q=much", "csv"),
    ],
)
def test_header_gets_what_it_wants_most(accept: str | None, name: str) -> None:
    """By quality, then by how exactly a type is named, then by the order of the header."""
    assert choose(accept, FORMATS["json"]).name == name


@pytest.mark.parametrize(
    "accept", ["image/png", "application/json;q=0", "*/*;q=0", "text/plain, application/xml"]
)
def test_header_that_wants_nothing_we_have_is_refused(accept: str) -> None:
    """The error lists the media types there are."""
    with pytest.raises(NotAcceptable) as raised:
        choose(accept, FORMATS["json"])
    assert raised.value.detail.startswith("There are: application/json, application/x-ndjson, ")


@pytest.mark.parametrize(
    ("accept", "codec"),
    [
        (None, None),
        ("*/*", None),
        (ARROW, None),
        (f'{ARROW}; codecs="zstd, lz4"', "zstd"),
        (f"{ARROW};codecs=lz4", "lz4"),
        (f'{ARROW};q=0.5; codecs="brotli,LZ4"', "lz4"),
        (f"{ARROW};codecs=brotli", None),
        (f"text/csv, {ARROW};codecs=zstd", "zstd"),
        ("application/vnd.apache.arrow.file;codecs=zstd", None),
    ],
)
def test_arrow_bodies_are_compressed_as_the_header_allows(
    accept: str | None, codec: str | None
) -> None:
    """The first codec that we know, of the very media type that is sent."""
    assert body_compression(accept, FORMATS["arrows"]) == codec
    assert body_compression(accept, FORMATS["csv"]) is None


@given(accept=st.text(st.sampled_from('text/csv;q=01.9*,"\\ \tapplijson'), max_size=60))
def test_any_header_is_understood_or_refused(accept: str) -> None:
    """No header breaks the reading of headers."""
    with suppress(NotAcceptable):
        assert choose(accept, FORMATS["json"]) in FORMATS.values()
    assert body_compression(accept, FORMATS["arrows"]) in {None, "zstd", "lz4"}


@pytest.mark.parametrize("piece", ['"', ";", ",", " ; ", 'a/b;c="', "\\", "/", " "])
def test_long_header_is_read_in_one_go(piece: str) -> None:
    """Headers made to be read over and over take no longer than others."""
    choose("text/csv," + piece * 20_000, FORMATS["json"])
