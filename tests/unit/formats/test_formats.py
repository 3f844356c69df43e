"""The table of formats, the options they take, and those that are refused."""

from dataclasses import replace

import pytest
from tests.contracts.artifacts import column

from standpipe.core.errors import FieldInvalid, FormatUnknown, LimitExceeded, TooManyRows
from standpipe.core.windows import Window, whole
from standpipe.formats import FORMATS, FormatOptions, get_format, get_format_of_file
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonColumns, JsonLines, JsonRows
from standpipe.formats.xlsx.book import MAX_COLUMNS, XlsxBook

COLUMNS = (column("a", "INTEGER"), column("b", "VARCHAR"))


def test_every_format_is_under_its_own_name() -> None:
    """Names, extensions and media types are as clients know them."""
    assert {name: (entry.extension, entry.media_type) for name, entry in FORMATS.items()} == {
        "json": ("json", "application/json"),
        "ndjson": ("ndjson", "application/x-ndjson"),
        "csv": ("csv", "text/csv; charset=UTF-8"),
        "tsv": ("tsv", "text/tab-separated-values; charset=UTF-8"),
        "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "parquet": ("parquet", "application/vnd.apache.parquet"),
        "arrows": ("arrows", "application/vnd.apache.arrow.stream"),
        "arrow": ("arrow", "application/vnd.apache.arrow.file"),
        "markdown": ("md", "text/markdown; charset=UTF-8"),
        "html": ("html", "text/html; charset=UTF-8"),
    }


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (FormatOptions(), JsonRows),
        (FormatOptions(shape="arrays", numbers="auto"), JsonRows),
        (FormatOptions(shape="columns"), JsonColumns),
    ],
)
def test_json_is_made_in_its_shapes(options: FormatOptions, made: type) -> None:
    """Rows and whole columns are different encodings of one format."""
    assert type(get_format("JSON").make(COLUMNS, options)) is made


@pytest.mark.parametrize(
    ("name", "made"), [("jsonl", JsonLines), ("tsv", CsvRows), ("Excel", XlsxBook)]
)
def test_format_is_found_by_alias_in_any_case(name: str, made: type) -> None:
    """What people call a format finds it."""
    assert type(get_format(name).make(COLUMNS)) is made


def test_unknown_format_names_what_there_is_and_the_near_miss() -> None:
    """The error says what is allowed and guesses what was meant."""
    with pytest.raises(FormatUnknown) as raised:
        get_format("cvs")
    assert raised.value.detail == (
        "There are: json, ndjson, csv, tsv, xlsx, parquet, arrows, arrow, markdown, html."
    )
    assert raised.value.hint == "Did you mean 'csv'?"


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.b/report.CSV", "csv"), ("x.md", "markdown"), ("x.htm", "html"), ("x.y.arrows", "arrows")],
)
def test_format_of_a_file_is_its_suffix(name: str, format_name: str) -> None:
    """The last suffix counts, whatever its case."""
    assert get_format_of_file(name).name == format_name


@pytest.mark.parametrize("name", ["report", "report.", "csv", ".csv", "report.xls", ""])
def test_file_without_a_known_suffix_names_no_format(name: str) -> None:
    """The error lists the suffixes there are."""
    with pytest.raises(FormatUnknown, match="names no format") as raised:
        get_format_of_file(name)
    assert raised.value.detail.startswith("It ends in .json, .ndjson, ")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_option_that_a_format_does_not_take_is_named(name: str) -> None:
    """Each format refuses by name what it could not follow."""
    given = {
        "shape": "arrays",
        "numbers": "string",
        "null_text": "-",
        "date_format": "%Y",
        "datetime_format": "%Y",
        "delimiter": ";",
        "header": False,
        "guard": True,
        "compression": "lz4",
    }
    entry = FORMATS[name]
    for option, value in given.items():
        options = FormatOptions(**{option: value})
        if option in entry.takes:
            entry.make(COLUMNS, options)
        else:
            with pytest.raises(FieldInvalid, match=f"{name!r} takes no option {option!r}"):
                entry.make(COLUMNS, options)


@pytest.mark.parametrize(
    ("option", "value"), [("shape", "rows"), ("numbers", "exact"), ("compression", "gzip")]
)
def test_option_with_an_unknown_value_is_named(option: str, value: str) -> None:
    """The error says which values there are."""
    with pytest.raises(FieldInvalid, match=f"{option!r} is {value!r}") as raised:
        FormatOptions(**{option: value})
    assert raised.value.detail.startswith("It takes: ")


def test_lines_of_json_have_no_columns() -> None:
    """A line is a row: whole columns are refused."""
    with pytest.raises(FieldInvalid, match="'ndjson' has no shape 'columns'"):
        get_format("ndjson").make(COLUMNS, FormatOptions(shape="columns"))


@pytest.mark.parametrize("delimiter", ["", ",,", "a", '"', "\n", "-", "."])
def test_delimiter_that_cannot_be_read_back_is_refused(delimiter: str) -> None:
    """Only comma, tab, semicolon and bar set cells apart."""
    for make in (CsvOptions, FormatOptions):
        with pytest.raises(FieldInvalid, match="delimited"):
            make(delimiter=delimiter)


@pytest.mark.parametrize("pattern", ["%", "%Q", "%d/%", "%-Z"])
def test_date_format_with_an_unknown_code_is_refused(pattern: str) -> None:
    """A pattern that DuckDB cannot follow is told when it is set, not when a file is asked for."""
    for make in (CsvOptions, FormatOptions):
        with pytest.raises(FieldInvalid, match="'date_format' has an unknown code"):
            make(date_format=pattern)
        with pytest.raises(FieldInvalid, match="'datetime_format' has an unknown code"):
            make(datetime_format=pattern)


def test_tables_for_people_hold_a_thousand_rows() -> None:
    """Markdown and HTML refuse more by their number, every other format holds any."""
    for entry in FORMATS.values():
        entry.check_rows(1_000)
        if entry.name not in {"markdown", "html"}:
            entry.check_rows(10**12)
            continue
        with pytest.raises(TooManyRows, match=r"holds 1,000 rows, and these are 1,001\."):
            entry.check_rows(1_001)


def test_sheet_of_too_many_columns_is_refused() -> None:
    """A workbook that Excel could not open is never made."""
    columns = [column(f"c{n}", "INTEGER") for n in range(MAX_COLUMNS + 1)]
    get_format("xlsx").make(columns[:-1])
    with pytest.raises(LimitExceeded, match="16,384 columns, and these are 16,385"):
        get_format("xlsx").make(columns)


@pytest.mark.parametrize(
    ("name", "compression", "content_type", "compresses"),
    [
        ("arrows", None, "application/vnd.apache.arrow.stream", False),
        ("arrows", "none", "application/vnd.apache.arrow.stream", False),
        ("arrows", "zstd", "application/vnd.apache.arrow.stream; codecs=zstd", True),
        ("arrow", "lz4", "application/vnd.apache.arrow.file; codecs=lz4", True),
        ("parquet", None, "application/vnd.apache.parquet", True),
        ("csv", None, "text/csv; charset=UTF-8", False),
    ],
)
def test_what_is_compressed_inside_says_so(
    name: str, compression: str | None, content_type: str, compresses: bool
) -> None:
    """Arrow bodies name their codec, and nothing is compressed twice."""
    options = FormatOptions(compression=compression)  # type: ignore[arg-type]
    assert get_format(name).content_type(options) == content_type
    assert get_format(name).compresses(options) is compresses


def test_artifact_itself_is_the_whole_result_as_parquet() -> None:
    """Fewer rows, other columns, other names and other formats are not the stored file."""
    parquet, renamed = get_format("parquet"), column("a_2", "INTEGER")
    assert parquet.is_artifact(whole(COLUMNS), COLUMNS)
    assert not get_format("csv").is_artifact(whole(COLUMNS), COLUMNS)
    assert not parquet.is_artifact(whole(COLUMNS[:1]), COLUMNS)
    assert not parquet.is_artifact(whole(COLUMNS[::-1]), COLUMNS)
    assert not parquet.is_artifact(Window(columns=COLUMNS, limit=5), COLUMNS)
    twice = (COLUMNS[0], replace(renamed, name="a"))
    assert not parquet.is_artifact(whole(twice), twice)
