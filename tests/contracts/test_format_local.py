"""Rows without their nulls, and moments as local times: against a plain encoder in Python."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.format_lab import FormatLab

from standpipe.formats.json import JsonRows
from standpipe.formats.values import local_style

ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC")
FIRST, LAST = datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2099-01-01")
KINDS = {
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(),
    "DECIMAL(18, 4)": st.decimals(-(10**13), 10**13, places=4),
    "BOOLEAN": st.booleans(),
    "VARCHAR": st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    "DATE": st.dates(),
    "TIMESTAMP": st.datetimes(FIRST, LAST),
    "TIMESTAMPTZ": st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
}
KEYS = ("a", "b c", 'quo"te', "d'e", "é", "back\\slash")
Field = tuple[str, Any]
FIELDS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | KINDS[kind])
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormatLab]:
    lab = FormatLab(tmp_path_factory.mktemp("local"))
    yield lab
    lab.close()


def plain(value: Any, zone: ZoneInfo) -> str | None:
    """Return the JSON of a value; None for what is left out."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=value.tzinfo or UTC)
        local = aware.astimezone(zone).replace(tzinfo=None)
        whole, _, fraction = local.isoformat().partition(".")
        fraction = fraction.rstrip("0")
        return f'"{whole}.{fraction}"' if fraction else f'"{whole}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Decimal):
        return f"{value:.4f}"
    return json.dumps(value, ensure_ascii=False)


def parsed(text: str | bytes) -> Any:
    """Read JSON with the order of its keys, and tell 1 from 1.0 and 1.00."""

    def pairs(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return found

    return json.loads(text, object_pairs_hook=pairs, parse_float=number_of)


def number_of(text: str) -> Any:
    """Return a float, or a decimal as it is written."""
    return float(text) if "e" in text.lower() or len(text.partition(".")[2]) != 4 else Decimal(text)


@settings(max_examples=60, deadline=None)
@given(fields=st.lists(FIELDS, min_size=1, max_size=len(KEYS)), zone=st.sampled_from(ZONES))
def test_rows_are_what_a_plain_encoder_writes(
    lab: FormatLab, fields: list[Field], zone: str
) -> None:
    """Nulls left out, in the order of the columns, every number with all its digits."""
    keys = KEYS[: len(fields)]
    columns = ", ".join(
        f"CAST(? AS {kind}) AS c{number}" for number, (kind, _) in enumerate(fields)
    )
    stored = lab.store(f"SELECT {columns}", *(bound(kind, value) for kind, value in fields))
    rows = stored.encode(JsonRows(local_style(zone), keys=keys, shape="sparse"))
    wanted = [
        f"{json.dumps(key, ensure_ascii=False)}:{text}"
        for key, (_, value) in zip(keys, fields, strict=True)
        if (text := plain(value, ZoneInfo(zone))) is not None
    ]
    assert numbers(parsed(rows)) == numbers(parsed("[{" + ",".join(wanted) + "}]"))


def bound(kind: str, value: Any) -> Any:
    """Return what is bound: moments as texts, so that no zone of this machine counts."""
    return value.isoformat(" ") if isinstance(value, datetime) else value


def numbers(value: Any) -> Any:
    """Return a value with the types of its numbers, since 1 == 1.0."""
    if isinstance(value, list | tuple):
        return [numbers(each) for each in value]
    return (type(value), value)


def row_of(lab: FormatLab, select: str, **options: Any) -> str:
    """Return the row of a statement, as a zone sees it."""
    style = local_style(options.pop("zone", "Europe/London"), **options)
    return lab.store(select).encode(JsonRows(style, shape="sparse")).decode()


def test_empty_texts_and_zeros_are_kept(lab: FormatLab) -> None:
    """Only what has no value is left out, wherever it stands."""
    select = "SELECT NULL AS a, '' AS b, 0.0::DOUBLE AS c, 0 AS d, false AS e, NULL::TEXT AS f"
    assert row_of(lab, select) == '[{"b":"","c":0.0,"d":0,"e":false}]'


def test_a_row_of_nulls_is_an_empty_object(lab: FormatLab) -> None:
    """And no rows are an empty array."""
    assert row_of(lab, "SELECT NULL::INTEGER AS a, 'nan'::DOUBLE AS b") == "[{}]"
    assert row_of(lab, "SELECT 1 AS a WHERE false") == "[]"


def test_durations_are_seconds(lab: FormatLab) -> None:
    """As floats, with a point."""
    assert row_of(lab, "SELECT INTERVAL '2 minutes' AS a") == '[{"a":120.0}]'


def test_nulls_inside_a_value_are_part_of_it(lab: FormatLab) -> None:
    """Only fields of rows are left out."""
    select = "SELECT [1, NULL] AS a, {'x': NULL::INTEGER} AS b"
    assert row_of(lab, select) == '[{"a":[1,null],"b":{"x":null}}]'


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        ("2025-03-30 00:59:59", "2025-03-30T00:59:59"),
        ("2025-03-30 01:00:00", "2025-03-30T02:00:00"),
        ("2025-10-26 00:30:00", "2025-10-26T01:30:00"),
        ("2025-10-26 01:30:00", "2025-10-26T01:30:00"),
        ("2025-07-01 12:00:00.25", "2025-07-01T13:00:00.25"),
        ("infinity", "infinity"),
    ],
)
def test_moments_are_local_times(lab: FormatLab, moment: str, local: str) -> None:
    """With and without a zone of their own, which then is UTC."""
    shown = f'[{{"t":"{local}"}}]'
    assert row_of(lab, f"SELECT TIMESTAMP '{moment}' AS t") == shown
    zoned = moment if moment == "infinity" else f"{moment}+00"
    assert row_of(lab, f"SELECT TIMESTAMPTZ '{zoned}' AS t") == shown


def test_timestamps_that_are_local_stay_as_they_are(lab: FormatLab) -> None:
    """Those with a zone are moved all the same."""
    select = "SELECT TIMESTAMP '2025-07-01 12:00' AS a, TIMESTAMPTZ '2025-07-01 12:00+00' AS b"
    shown = '[{"a":"2025-07-01T12:00:00","b":"2025-07-01T13:00:00"}]'
    assert row_of(lab, select, naive_zone="Europe/London") == shown


def test_nulls_can_be_kept(lab: FormatLab) -> None:
    """For readers that need the same keys in every row."""
    stored = lab.store("SELECT NULL::INTEGER AS a, 1 AS b")
    assert stored.encode(JsonRows(local_style("UTC"))) == b'[{"a":null,"b":1}]'


def test_nested_moments_are_local_too(lab: FormatLab) -> None:
    """In lists, structs and keys."""
    found: Mapping[str, Any] = json.loads(
        row_of(lab, "SELECT [TIMESTAMP '2025-07-01 12:00'] AS a")
    )[0]
    assert found == {"a": ["2025-07-01T13:00:00"]}
