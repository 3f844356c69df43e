"""Any text goes through any format and comes back; none becomes markup, a formula or a row."""

import io
import json
from collections.abc import Iterator

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.format_lab import FormatLab
from tests.contracts.format_readers import (
    read_arrow,
    read_csv,
    read_html,
    read_markdown,
    read_parquet,
    read_sheets,
    read_xlsx,
)

CELL_UNITS = 32_767
ODD_CHARACTERS = [
    *map(chr, range(32)),
    *"\"'\\,;|\t{}[]()<>&:!#*_`~$^=+-@ xA0",
    *(
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "😀",
        "_x0041_",
        "&lt;",
        "<br>",
        "]]>",
    ),
]
ODD_TEXT = st.lists(
    st.one_of(st.sampled_from(ODD_CHARACTERS), st.characters(exclude_categories=["Cs"])),
    max_size=12,
).map("".join)
TEXTS = st.lists(st.one_of(st.none(), ODD_TEXT), min_size=1, max_size=30)
PROPERTY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormatLab]:
    lab = FormatLab(tmp_path_factory.mktemp("texts"))
    yield lab
    lab.close()


def in_rows(lab: FormatLab, name: str, texts: list[str | None], **options: object) -> bytes:
    """Encode texts, numbered so that an empty one is a row all the same."""
    numbers = f"unnest(range({len(texts)}))"
    stored = lab.store(f"SELECT {numbers} AS i, unnest(?::VARCHAR[]) AS t", texts)
    return stored.read(name, **options)


@PROPERTY
@given(texts=TEXTS)
def test_binary_formats_hold_any_text(lab: FormatLab, texts: list[str | None]) -> None:
    """Arrow and Parquet keep every character."""
    for name, read in (("arrow", read_arrow), ("arrows", read_arrow), ("parquet", read_parquet)):
        assert read(in_rows(lab, name, texts)).column("t").to_pylist() == texts


@PROPERTY
@given(texts=TEXTS)
def test_json_holds_any_text(lab: FormatLab, texts: list[str | None]) -> None:
    """Every shape keeps every character, and a line stays a line."""
    assert json.loads(in_rows(lab, "json", texts, shape="columns"))["t"] == texts
    lines = in_rows(lab, "ndjson", texts).decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["t"] for line in lines] == texts


@PROPERTY
@given(texts=TEXTS, delimiter=st.sampled_from([",", "\t", ";", "|"]))
def test_guarded_csv_holds_any_text(
    lab: FormatLab, texts: list[str | None], delimiter: str
) -> None:
    """Only what a spreadsheet would run gets an apostrophe; the rest is as without the guard."""
    encoded = in_rows(lab, "csv", texts, guard=True, delimiter=delimiter)
    _, rows = read_csv(encoded, delimiter)
    assert [cell for _, cell in rows] == [guarded(text or "") for text in texts]
    _, rows = read_csv(in_rows(lab, "csv", texts, delimiter=delimiter), delimiter)
    assert [cell for _, cell in rows] == [text or "" for text in texts]


def guarded(text: str) -> str:
    return f"'{text}" if text[:1] and text[0] in "=+-@\t\r" else text


@PROPERTY
@given(texts=TEXTS)
def test_sheet_holds_any_text(lab: FormatLab, texts: list[str | None]) -> None:
    """Every character comes back, also those that XML does not have."""
    _, rows = read_xlsx(in_rows(lab, "xlsx", texts))
    assert [cell for _, cell in rows] == texts


@PROPERTY
@given(texts=TEXTS)
def test_page_holds_any_text(lab: FormatLab, texts: list[str | None]) -> None:
    """Nothing but NUL is changed, and no tag comes out of a text."""
    _, rows = read_html(in_rows(lab, "html", texts))
    assert [cell for _, cell in rows] == [(text or "").replace("\0", "\ufffd") for text in texts]


@PROPERTY
@given(texts=TEXTS)
def test_markdown_holds_any_text(lab: FormatLab, texts: list[str | None]) -> None:
    """What a reader sees is the text; only blanks at its ends and kinds of line ends are lost."""
    _, rows = read_markdown(in_rows(lab, "markdown", texts))
    assert [cell.strip() for _, cell in rows] == [as_shown(text or "") for text in texts]


def as_shown(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return lines.strip()


@PROPERTY
@given(names=st.lists(ODD_TEXT, min_size=2, max_size=9), is_guarded=st.booleans())
def test_names_may_hold_any_text(lab: FormatLab, names: list[str], is_guarded: bool) -> None:
    """Headers show the names as they are, however often they repeat."""
    cells = ", ".join(f"{number} AS c{number}" for number in range(len(names)))
    stored = lab.store(f"SELECT {cells}").named(*names)
    shown = [guarded(name) for name in names] if is_guarded else names
    assert read_csv(stored.read("csv", guard=is_guarded))[0] == shown
    assert read_xlsx(stored.read("xlsx"))[0] == names
    assert read_html(stored.read("html"))[0] == [name.replace("\0", "\ufffd") for name in names]
    titles = read_markdown(stored.read("markdown"))[0]
    assert [title.strip() for title in titles] == [as_shown(name) for name in names]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "=cmd|'/c calc'!A1"])
def test_sheet_has_no_formulas(lab: FormatLab, text: str) -> None:
    """A text that looks like a formula is a text."""
    book = openpyxl.load_workbook(io.BytesIO(in_rows(lab, "xlsx", [text])))
    cell = book.worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_numbers_and_dates_need_no_guard(lab: FormatLab) -> None:
    """The guard leaves negative numbers, dates and JSON alone."""
    stored = lab.store("SELECT -1 AS a, -1.5 AS b, '-5'::JSON AS c, '-1' AS d, ['-1'] AS e")
    assert stored.read("csv", guard=True).splitlines()[1] == b"""-1,-1.5,-5,'-1,"[""-1""]\""""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * CELL_UNITS, "x" * CELL_UNITS),
        ("x" * (CELL_UNITS + 1), "x" * (CELL_UNITS - 1) + "…"),
        ("é" * CELL_UNITS, "é" * CELL_UNITS),
        ("é" * (CELL_UNITS + 1), "é" * (CELL_UNITS - 1) + "…"),
        ("😀" * (CELL_UNITS // 2), "😀" * (CELL_UNITS // 2)),
        ("\x01" * CELL_UNITS, "\x01" * CELL_UNITS),
    ],
    ids=["full", "one more", "two bytes", "two bytes and one more", "pairs", "escapes"],
)
def test_text_that_no_cell_holds_is_cut(lab: FormatLab, text: str, shown: str) -> None:
    """A cell has 32,767 UTF-16 units; what is cut ends in an ellipsis."""
    _, ((_, cell),) = read_xlsx(in_rows(lab, "xlsx", [text]))
    assert cell == shown


def test_bytes_that_no_cell_holds_are_cut(lab: FormatLab) -> None:
    """Their base64 is a text like others."""
    stored = lab.store("SELECT ?::BLOB AS v", b"\0" * CELL_UNITS)
    _, ((cell,),) = read_xlsx(stored.read("xlsx"))
    assert cell == "A" * (CELL_UNITS - 1) + "…"


@PROPERTY
@given(pairs=st.integers(0, 40_000), others=st.integers(0, 40_000))
def test_cut_text_always_fits(lab: FormatLab, pairs: int, others: int) -> None:
    """Whatever its characters take, a cell is never too long and never cut for nothing."""
    text = "😀" * pairs + "x" * others
    ((_, cell),) = read_sheets(in_rows(lab, "xlsx", [text]))[0][1:]
    units = len(cell.encode("utf-16-le")) // 2
    assert units <= CELL_UNITS
    assert cell == text or (cell.endswith("…") and pairs * 2 + others > CELL_UNITS)
