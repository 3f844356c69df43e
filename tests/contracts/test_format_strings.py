"""Values that are all texts, and CSV that tells an empty text from null."""

import json
from collections.abc import Iterator

import pytest
from tests.contracts.format_lab import FormatLab

from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import STRINGS

QUOTED = CsvOptions(line_end="\n", quotes_empty=True, header=False)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormatLab]:
    lab = FormatLab(tmp_path_factory.mktemp("strings"))
    yield lab
    lab.close()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7", "7"),
        ("CAST(12345678901234567890 AS UBIGINT)", "12345678901234567890"),
        ("0.10::DECIMAL(5, 2)", "0.10"),
        ("1.5::DOUBLE", "1.5"),
        ("'nan'::DOUBLE", "NaN"),
        ("'-inf'::DOUBLE", "-Infinity"),
        ("true", "true"),
        ("DATE '2026-02-01'", "2026-02-01"),
        ("TIMESTAMP '2017-09-13 07:28:19.664131'", "2017-09-13 07:28:19.664131"),
        ("TIMESTAMPTZ '2017-09-13 07:28:19+02'", "2017-09-13 05:28:19+00"),
        ("'a \"b\" \\ é'", 'a "b" \\ é'),
        ("''", ""),
        ("NULL::INTEGER", None),
        ("'\\x00\\xFF'::BLOB", "\\x00ff"),
        ("[1, NULL]", "[1,null]"),
        ("{'a': 1, 'b': 'x\"y'}", '{"a":1,"b":"x\\"y"}'),
        ("NULL::INTEGER[]", None),
        ("'{\"a\": [1]}'::JSON", '{"a": [1]}'),
    ],
)
def test_every_value_is_a_text_or_null(lab: FormatLab, value: str, text: str | None) -> None:
    """In a page of rows that are arrays."""
    stored = lab.store(f"SELECT {value} AS v")
    rows = stored.encode(JsonRows(STRINGS, shape="arrays"))
    assert json.loads(rows) == [[text]]


def test_csv_tells_empty_texts_from_nulls(lab: FormatLab) -> None:
    """As PostgreSQL writes it: nothing is null; an empty blob is no empty cell either."""
    stored = lab.store("SELECT NULL::VARCHAR AS a, '' AS b, 'x,y' AS c, ''::BLOB AS d, 1 AS e")
    rows = CsvRows([], STRINGS, options=QUOTED)
    assert stored.encode(rows) == b',"","x,y",\\x,1\n'


def test_a_null_that_is_alone_is_an_empty_line(lab: FormatLab) -> None:
    """And an empty text is not; many columns take another way to the same bytes."""
    alone = lab.store("SELECT unnest([NULL, '', 'x']) AS a")
    assert alone.encode(CsvRows([], STRINGS, options=QUOTED)) == b'\n""\nx\n'
    names = [f"'' AS c{number}, NULL::VARCHAR AS d{number}" for number in range(8)]
    many = lab.store(f"SELECT {', '.join(names)}")
    expected = ",".join(['"",'] * 8).encode() + b"\n"
    assert many.encode(CsvRows([], STRINGS, options=QUOTED)) == expected


def test_nested_values_in_csv_are_json(lab: FormatLab) -> None:
    """With numbers as numbers."""
    stored = lab.store("SELECT {'a': 1} AS v, 2 AS w")
    rows = CsvRows([], STRINGS, options=QUOTED)
    assert stored.encode(rows) == b'"{""a"": 1}",2\n'
