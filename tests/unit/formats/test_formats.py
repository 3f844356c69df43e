"""The table of formats, and the options that are refused."""

import pytest

from standpipe.core.errors import ConfigurationInvalid, FormatUnknown
from standpipe.formats import FORMATS, get_format
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows


def test_every_format_is_under_its_own_name() -> None:
    """Names, extensions and media types are as clients know them."""
    assert {name: (entry.extension, entry.media_type) for name, entry in FORMATS.items()} == {
        "json": ("json", "application/json"),
        "csv": ("csv", "text/csv; charset=UTF-8"),
        "tsv": ("tsv", "text/tab-separated-values; charset=UTF-8"),
        "parquet": ("parquet", "application/vnd.apache.parquet"),
    }


def test_format_is_loaded_when_asked_for() -> None:
    """A text format gives the class that encodes its rows."""
    assert get_format("JSON").load() is JsonRows
    assert get_format("tsv").load() is CsvRows
    with pytest.raises(FormatUnknown):
        get_format("parquet").load()


def test_unknown_format_names_what_there_is_and_the_near_miss() -> None:
    """The error says what is allowed and guesses what was meant."""
    with pytest.raises(FormatUnknown) as raised:
        get_format("cvs")
    assert raised.value.detail == "There are: json, csv, tsv, parquet."
    assert raised.value.hint == "Did you mean 'csv'?"


@pytest.mark.parametrize("delimiter", ["", ",,", "a", '"', "\n", "-", "."])
def test_delimiter_that_cannot_be_read_back_is_refused(delimiter: str) -> None:
    """Only comma, tab, semicolon and bar set cells apart."""
    with pytest.raises(ConfigurationInvalid, match="delimited"):
        CsvOptions(delimiter=delimiter)


@pytest.mark.parametrize("pattern", ["%", "%Q", "%d/%", "%-Z"])
def test_date_format_with_an_unknown_code_is_refused(pattern: str) -> None:
    """A pattern that DuckDB cannot follow is told when it is set, not when a file is asked for."""
    with pytest.raises(ConfigurationInvalid, match="unknown code"):
        CsvOptions(date_format=pattern)
