"""Windows checked against columns: names, types, and values beside them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf
from uuid import UUID

import pytest

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ColumnUnknown, WindowInvalid
from standpipe.core.windows import Sample, WindowAsk, check_window, parse_filter, parse_sort, whole
from standpipe.core.windows import expressions as e
from standpipe.core.windows import syntax as s

T = LogicalType
NOW = datetime(2026, 3, 31, 12, 30, 5, 123456, tzinfo=UTC)
SOME_ID = UUID("11111111-2222-3333-4444-555555555555")


def column(name: str, stored_type: str, logical_type: LogicalType) -> Column:
    return Column(
        name=name,
        stored_name=f"{name}_",
        logical_type=logical_type,
        stored_type=stored_type,
        source_type="?",
    )


COLUMNS = (
    column("id", "BIGINT", T.INTEGER),
    column("price", "DECIMAL(12,2)", T.DECIMAL),
    column("ratio", "DOUBLE", T.FLOAT),
    column("small", "FLOAT", T.FLOAT),
    column("flag", "BOOLEAN", T.BOOLEAN),
    column("region", "VARCHAR", T.TEXT),
    column("day", "DATE", T.DATE),
    column("at", "TIMESTAMP", T.TIMESTAMP),
    column("seen", "TIMESTAMP WITH TIME ZONE", T.TIMESTAMPTZ),
    column("hour", "TIME", T.TIME),
    column("zoned hour", "VARCHAR", T.TIME),
    column("key", "UUID", T.UUID),
    column("hash", "BLOB", T.BYTES),
    column("wide", "VARCHAR", T.INTEGER),
    column("document", "JSON", T.JSON),
    column("tags", "VARCHAR[]", T.LIST),
    column("point", "STRUCT(x INTEGER)", T.STRUCT),
    column("counts", "MAP(VARCHAR, INTEGER)", T.MAP),
    column("span", "VARCHAR", T.INTERVAL),
    column("Twin", "INTEGER", T.INTEGER),
    column("twin", "INTEGER", T.INTEGER),
    column("same", "INTEGER", T.INTEGER),
    column("same", "VARCHAR", T.TEXT),
    column("24 h", "INTEGER", T.INTEGER),
)


def where(text: str) -> e.Expression:
    found = check_window(WindowAsk(where=parse_filter(text)), COLUMNS, now=NOW).where
    assert found is not None
    return found


def refusal(ask: WindowAsk) -> WindowInvalid:
    with pytest.raises(WindowInvalid) as caught:
        check_window(ask, COLUMNS, now=NOW)
    return caught.value


def at(*numbers: int) -> datetime:
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - a time without zone


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("id = 5", T.INTEGER, 5),
        ("id = -5.5", T.DECIMAL, Decimal("-5.5")),
        ("id = '5'", T.INTEGER, 5),
        ("id = ' 5.50 '", T.DECIMAL, Decimal("5.50")),
        ("id = 0xff", T.INTEGER, 255),
        ("wide > 5", T.INTEGER, 5),
        (f"wide > '{10**42}'", T.INTEGER, 10**42),
        ("price = 0x10", T.INTEGER, 16),
        ("price = 1e2", T.DECIMAL, Decimal("1E+2")),
        ("price = '.5'", T.DECIMAL, Decimal("0.5")),
        ("ratio = 1", T.FLOAT, 1.0),
        ("ratio = 0.1", T.FLOAT, 0.1),
        ("ratio = '0.1'", T.FLOAT, 0.1),
        ("ratio < 1e308", T.FLOAT, 1e308),
        ("ratio = '-Infinity'", T.FLOAT, -inf),
        ("small = 0.1", T.FLOAT, 0.10000000149011612),
        ("small < 1e300", T.FLOAT, 1e300),
        ("small < '-inf'", T.FLOAT, -inf),
        ("flag = true", T.BOOLEAN, True),
        ("flag = 'False'", T.BOOLEAN, False),
        ("region = 'x'", T.TEXT, "x"),
        ("region = ' 5 '", T.TEXT, " 5 "),
        ("\"zoned hour\" = '12:00:00+02'", T.TEXT, "12:00:00+02"),
        ("day = '2024-03-01'", T.DATE, date(2024, 3, 1)),
        ("day = 'March 1, 2024'", T.DATE, date(2024, 3, 1)),
        ("day = '2024-03-01 00:00'", T.DATE, date(2024, 3, 1)),
        ("day < '2024-03-01 15:03'", T.TIMESTAMP, at(2024, 3, 1, 15, 3)),
        ("day < '2024-03-01 01:00+01:00'", T.DATE, date(2024, 3, 1)),
        ("day = date '2024-03-01'", T.DATE, date(2024, 3, 1)),
        ("day < timestamp '2024-03-01 15:03'", T.TIMESTAMP, at(2024, 3, 1, 15, 3)),
        ("at < '2024-03-01'", T.TIMESTAMP, at(2024, 3, 1)),
        ("at < '2024-03-05 15:03'", T.TIMESTAMP, at(2024, 3, 5, 15, 3)),
        ("at < '2024-03-05T15:03:01.5+02:00'", T.TIMESTAMP, at(2024, 3, 5, 13, 3, 1, 500000)),
        ("at < date '2024-03-05'", T.TIMESTAMP, at(2024, 3, 5)),
        ("seen < '2024-03-05'", T.TIMESTAMPTZ, datetime(2024, 3, 5, tzinfo=UTC)),
        ("seen < '2024-03-05 02:00 +02:00'", T.TIMESTAMPTZ, datetime(2024, 3, 5, tzinfo=UTC)),
        ("seen < timestamp '2024-03-05 00:00Z'", T.TIMESTAMPTZ, datetime(2024, 3, 5, tzinfo=UTC)),
        ("seen < now", T.TIMESTAMPTZ, NOW),
        ("seen < today", T.TIMESTAMPTZ, datetime(2026, 3, 31, tzinfo=UTC)),
        ("at < now()", T.TIMESTAMP, NOW.replace(tzinfo=None)),
        ("day < now", T.TIMESTAMP, NOW.replace(tzinfo=None)),
        ("day < today - 7 days", T.DATE, date(2026, 3, 24)),
        ("day < today - 1 month", T.DATE, date(2026, 2, 28)),
        ("day < today + 1 quarter", T.DATE, date(2026, 6, 30)),
        ("day < today - 2 years + 1 week", T.DATE, date(2024, 4, 7)),
        ("at < today - 2 hours + 3 minutes - 4 seconds", T.TIMESTAMP, at(2026, 3, 30, 22, 2, 56)),
        ("hour = '15:03'", T.TIME, time(15, 3)),
        ("hour = '15:03:01.25'", T.TIME, time(15, 3, 1, 250000)),
        (f"key = '{SOME_ID}'", T.UUID, SOME_ID),
        ("hash = 0xab01", T.BYTES, b"\xab\x01"),
        ("hash = '0xAB01'", T.BYTES, b"\xab\x01"),
        ("'5' = id", T.INTEGER, 5),
        ("length(region) = '5'", T.INTEGER, 5),
        ("5 = '6'", T.INTEGER, 6),
        ("now > '2024-03-01'", T.TIMESTAMPTZ, datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_value_is_read_as_what_stands_beside_it(
    text: str, type_: LogicalType, value: object
) -> None:
    """Texts become dates, numbers, bytes and so on; a date alone is midnight in UTC."""
    compare = where(text)
    assert isinstance(compare, e.Compare)
    constant = compare.left if text.startswith("'") else compare.right
    assert constant == e.Constant(type=type_, value=value)
    assert type(constant.value) is type(value)


@pytest.mark.parametrize(
    ("text", "position", "message", "detail"),
    [
        ("region = 5", 9, "5 cannot be compared with 'region', which is a text.", "texts"),
        ("region = 0xab", 9, "0xab cannot be compared with 'region'", "texts"),
        ("region = true", 9, "TRUE cannot be compared with 'region'", "texts"),
        ("region = now", 9, "now cannot be compared with 'region'", "texts"),
        ("region > date '2024-03-01'", 9, "DATE '2024-03-01' cannot be compared", "texts"),
        ("id = 'x'", 5, "'x' cannot be compared with 'id', which is an integer.", "whole numbers"),
        ("id = 'nan'", 5, "'nan' cannot be compared", "whole numbers"),
        ("id = '5 5'", 5, "'5 5' cannot be compared", "whole numbers"),
        ("id = true", 5, "TRUE cannot be compared with 'id'", "whole numbers"),
        ("price = ''", 8, "'' cannot be compared with 'price', which is a decimal number.", "12.5"),
        ("ratio = 0xab", 8, "0xab cannot be compared with 'ratio'", "NaN"),
        ("ratio = 1e309", 8, "1E+309 cannot be compared with 'ratio'", "NaN"),
        (f"ratio = 1{'0' * 399}", 8, "1000", "NaN"),
        ("flag = 1", 7, "1 cannot be compared with 'flag', which is a boolean.", "TRUE and FALSE"),
        ("flag = 'yes'", 7, "'yes' cannot be compared", "TRUE and FALSE"),
        ("day = '2024-02-30'", 6, "'2024-02-30' cannot be compared", "'2024-03-01'"),
        ("day = '01/02/2024'", 6, "'01/02/2024' cannot be compared", "'2024-03-01'"),
        ("day = 20240301", 6, "20240301 cannot be compared", "'2024-03-01'"),
        ("seen = '0001-01-01 00:00+05:00'", 7, "'0001-01-01 00:00+05:00' cannot", "+02:00"),
        ("day = date '2024-02-30'", 6, "'2024-02-30' is not a date.", "'2024-03-01'"),
        ("day = date '2024-03-01 12:00'", 6, "'2024-03-01 12:00' is not a date.", ""),
        ("at = timestamp 'x'", 5, "'x' is not a timestamp.", "15:30"),
        ("at > now - 3000 years", 5, "This date lies outside of the years 1 to 9999.", ""),
        ("at > now - 999999999999 weeks", 5, "This date lies outside", ""),
        ("at > now + 999999999999 months", 5, "This date lies outside", ""),
        ("hour = '25:00'", 7, "'25:00' cannot be compared with 'hour', which is a time.", "15:30"),
        ("hour = '15:00+02:00'", 7, "'15:00+02:00' cannot be compared", "15:30"),
        ("key = 'x'", 6, "'x' cannot be compared with 'key', which is a UUID.", "UUIDs"),
        ("hash = 'ab'", 7, "'ab' cannot be compared with 'hash'", "0x1f"),
        ("hash = '0xgg'", 7, "'0xgg' cannot be compared with 'hash'", "0x1f"),
        ("hash = 5", 7, "5 cannot be compared with 'hash', which is a string of bytes.", "0x1f"),
        ("id in (1, 2, 'x')", 13, "'x' cannot be compared with 'id'", "whole numbers"),
        ("id between 1 and 'x'", 17, "'x' cannot be compared with 'id'", "whole numbers"),
        ("0xab = 5", 7, "0xab is a string of bytes and 5 is an integer", ""),
        ("id = region", 5, "'id' is an integer and 'region' is a text: they cannot be", ""),
        ("id in (price, region)", 14, "'price' is a decimal number and 'region' is a text", ""),
        ("day = hour", 6, "'day' is a date and 'hour' is a time", ""),
        ("id = (flag and flag)", 6, "'id' is an integer and the condition is a boolean", ""),
        ("key = region::uuid and hash = key", 30, "'hash' is a string of bytes and 'key'", ""),
        ("region", 0, "'region' is a text, not a condition.", "a comparison"),
        ("id and flag", 0, "'id' is an integer, not a condition.", "a comparison"),
        ("flag or lower(region)", 8, "lower(...) is a text, not a condition.", "a comparison"),
        ("not 5", 4, "5 is an integer, not a condition.", "a comparison"),
        ("'true'", 0, "'true' is a text, not a condition.", "a comparison"),
        ("now", 0, "now is a timestamp with time zone, not a condition.", "a comparison"),
        ("region is true", 0, "'region' is a text, not a condition.", "a comparison"),
        ("id like '5%'", 0, "'id' is an integer; LIKE takes a text.", ""),
        ("region like 'a' escape 'ab'", 0, "'ab' cannot be the ESCAPE of a pattern.", "one ASCII"),
        ("region like 'a' escape ''", 0, "'' cannot be the ESCAPE", "one ASCII"),
        ("region like 'a' escape 'é'", 0, "'é' cannot be the ESCAPE", "one ASCII"),
        ("region like 'a!!!' escape '!'", 0, "The pattern 'a!!!' ends with its escape", ""),
    ],
)  # fmt: skip
def test_what_does_not_compare_is_refused(
    text: str, position: int, message: str, detail: str
) -> None:
    """The error names both sides and their types, and what would be right."""
    error = refusal(WindowAsk(where=parse_filter(text)))
    assert (error.part, error.position) == ("filter", position)
    assert error.message.startswith(message)
    assert detail in error.detail


@pytest.mark.parametrize("name", ["document", "tags", "point", "counts", "span"])
def test_nested_columns_are_only_there_or_not(name: str) -> None:
    """What has no order is tested for null and made a text; nothing else."""
    assert isinstance(where(f"{name} is not null"), e.IsValue)
    assert isinstance(where(f"cast({name} as text) like '%x%'"), e.Like)
    for text in (f"{name} = 'x'", f"{name} in (null)", f"lower({name}) = 'x'"):
        error = refusal(WindowAsk(where=parse_filter(text)))
        assert "which cannot be compared" in error.message
        assert error.hint == f'As a text it can be used: cast("{name}" as text).'
    assert refusal(WindowAsk(order_by=parse_sort(name))).part == "sort"


@pytest.mark.parametrize(
    "text",
    [
        *("id = price", "price < ratio", "id in (ratio, price, 5)", "wide = id"),
        *("day = at", "at < seen", "day between at and seen"),
        *("region = lower(region)", "flag = (id = 5)", "hash = hash", "key != key"),
        *("flag", "not flag", "flag is not true", "flag and (id = 1 or null)", "true", "null"),
        *("id is null", "null is null", "(id = 1) is false", "null = null", "'a' < 'b'"),
        *("region like '%'", "null like 'x'", "region ilike 'a!%' escape '!'"),
        *("region like 'a!!' escape '!'", "region in ('a', null)", "1 in (id, 2)"),
    ],
)
def test_what_compares_is_a_condition(text: str) -> None:
    """Numbers compare with numbers, dates with times, anything with null."""
    assert where(text).type is T.BOOLEAN


@pytest.mark.parametrize(
    "text",
    [
        *("null", "id = null", "null < null", "lower(region) != coalesce(null, null)"),
        *("id in (null)", "null not in (1, id)", "id between null and null"),
        "null not between id and 5",
    ],
)
def test_what_compares_with_null_is_null(text: str) -> None:
    """What is unknown for every row is known to be so at once."""
    assert where(text) == e.Constant(type=T.BOOLEAN, value=None)


def test_null_among_other_values_stays() -> None:
    """A list or a range with another end still decides some rows."""
    null = e.Constant(type=T.INTEGER, value=None)
    found = where("id in (null, 1) and id between null and 5")
    assert isinstance(found, e.And)
    members, between = found.parts
    assert isinstance(members, e.In)
    assert isinstance(between, e.Range)
    assert (members.members[0], between.low) == (null, null)


def test_the_widest_side_decides_how_values_are_read() -> None:
    """Beside an integer and a float, a number is a float."""
    found = where("id in (ratio, 0.5, null)")
    assert isinstance(found, e.In)
    assert found.members[1:] == (
        e.Constant(type=T.FLOAT, value=0.5),
        e.Constant(type=T.FLOAT, value=None),
    )


def test_a_tree_keeps_its_shape() -> None:
    """Every condition becomes the typed one of its kind, with all its marks."""
    found = where(
        "not (id not between 1 and 2 or region not ilike 'a!%' escape '!')"
        " and flag is not false and id not in (1)"
    )
    integer = e.ColumnValue(type=T.INTEGER, column=COLUMNS[0])
    flag = e.ColumnValue(type=T.BOOLEAN, column=COLUMNS[4])
    region = e.ColumnValue(type=T.TEXT, column=COLUMNS[5])
    one, two = e.Constant(type=T.INTEGER, value=1), e.Constant(type=T.INTEGER, value=2)
    like = e.Like(
        type=T.BOOLEAN,
        operand=region,
        pattern="a!%",
        escape="!",
        ignores_case=True,
        is_negated=True,
    )
    between = e.Range(type=T.BOOLEAN, operand=integer, low=one, high=two, is_negated=True)
    either = e.Or(type=T.BOOLEAN, parts=(between, like))
    assert found == e.And(
        type=T.BOOLEAN,
        parts=(
            e.Not(type=T.BOOLEAN, operand=either),
            e.IsValue(type=T.BOOLEAN, operand=flag, what=False, is_negated=True),
            e.In(type=T.BOOLEAN, operand=integer, members=(one,), is_negated=True),
        ),
    )


@pytest.mark.parametrize("is_negated", [False, True])
def test_nothing_is_in_an_empty_list(is_negated: bool) -> None:
    """A list without members, which only a dialect can build, is decided at once."""
    node = s.Membership(operand=s.Name(text="id"), members=(), is_negated=is_negated)
    window = check_window(WindowAsk(where=node), COLUMNS, now=NOW)
    assert window.where == e.Constant(type=T.BOOLEAN, value=is_negated)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        *(("id", 0), ("ID", 0), ('"Id"', 0), ("twin", 20), ("Twin", 19), ("same", 21)),
        ('"24 h"', 23),
    ],
)
def test_names_are_found_exactly_then_whatever_the_case(name: str, index: int) -> None:
    """An exact name wins; of columns of the very same name the first one is meant."""
    found = where(f"{name} is null")
    assert isinstance(found, e.IsValue)
    assert isinstance(found.operand, e.ColumnValue)
    assert found.operand.column is COLUMNS[index]


@pytest.mark.parametrize(
    ("name", "message", "detail", "hint"),
    [
        ("regoin", "There is no column 'regoin'.", "There are: id, price,", "mean 'region'?"),
        ("TWIN", "'TWIN' can mean more than one column.", "It may be: Twin, twin.", "capital"),
        ("SAME", "'SAME' can mean more than one column.", "It may be: same, same.", "capital"),
        ('"north"', "There is no column 'north'.", "There are: id,", "stand in single quotes"),
        ("xyzzy", "There is no column 'xyzzy'.", "There are: id,", ""),
    ],
)
def test_unknown_names_are_answered_with_known_ones(
    name: str, message: str, detail: str, hint: str
) -> None:
    """The error says what there is, and which names look alike."""
    error = refusal(WindowAsk(where=parse_filter(f"flag and {name} = 1")))
    assert isinstance(error, ColumnUnknown)
    assert (error.part, error.position, error.message) == ("filter", 9, message)
    assert error.detail.startswith(detail)
    assert hint in error.hint


def test_a_list_of_known_names_ends_after_fifty() -> None:
    """Wide results and long names do not make long errors."""
    columns = [column(f"{'x' * 100}{n}", "INTEGER", T.INTEGER) for n in range(1000)]
    with pytest.raises(ColumnUnknown) as caught:
        check_window(WindowAsk(columns=("y",)), columns, now=NOW)
    assert caught.value.detail.endswith("… and 950 more.")
    assert len(caught.value.detail) < 50 * 65


def test_columns_come_out_in_the_order_that_is_asked_for() -> None:
    """A name may be asked for twice; unknown ones are refused as part of the columns."""
    window = check_window(WindowAsk(columns=("region", "ID", "region")), COLUMNS, now=NOW)
    assert window.columns == (COLUMNS[5], COLUMNS[0], COLUMNS[5])
    error = refusal(WindowAsk(columns=("id", "nope")))
    assert isinstance(error, ColumnUnknown)
    assert (error.part, error.position) == ("columns", -1)


def test_a_sort_may_name_columns_that_do_not_come_out() -> None:
    """Terms keep their direction and their place for nulls."""
    ask = WindowAsk(columns=("id",), order_by=parse_sort("-region, lower(region) nulls first"))
    window = check_window(ask, COLUMNS, now=NOW)
    region = e.ColumnValue(type=T.TEXT, column=COLUMNS[5])
    lower = e.FunctionCall(type=T.TEXT, name="lower", arguments=(region,))
    assert [(o.expression, o.is_descending, o.nulls_first) for o in window.order] == [
        (region, True, False),
        (lower, False, True),
    ]


@pytest.mark.parametrize("text", ["1", "-1", "'id'", "null", "today"])
def test_a_sort_by_nothing_of_the_rows_is_refused(text: str) -> None:
    """Positions are not understood, so that nobody believes they are."""
    error = refusal(WindowAsk(order_by=parse_sort(f"id, {text}")))
    assert (error.part, error.position) == ("sort", 4)


@pytest.mark.parametrize(
    ("ask", "part"),
    [
        (WindowAsk(offset=-1), "offset"),
        (WindowAsk(limit=-1), "limit"),
        (WindowAsk(limit=2**63), "limit"),
        (WindowAsk(sample=Sample(rows=-1)), "sample"),
    ],
)
def test_numbers_of_rows_are_not_negative(ask: WindowAsk, part: str) -> None:
    """Offset, limit and sample count rows."""
    error = refusal(ask)
    assert (error.part, error.position) == (part, -1)


def test_a_plain_window_is_the_whole_result() -> None:
    """Nothing asked for is everything; offset, limit and sample are taken over."""
    assert check_window(WindowAsk(), COLUMNS, now=NOW) == whole(COLUMNS)
    sample = Sample(rows=5, seed=7)
    window = check_window(WindowAsk(offset=1, limit=2, sample=sample), COLUMNS, now=NOW)
    assert (window.offset, window.limit, window.sample) == (1, 2, sample)


@pytest.mark.parametrize(
    ("ask", "is_steady"),
    [
        (WindowAsk(), True),
        (WindowAsk(where=parse_filter("day > '2024-01-01'")), True),
        (WindowAsk(where=parse_filter("flag or day > today")), False),
        (WindowAsk(order_by=parse_sort("coalesce(at, now)")), False),
    ],
)
def test_only_relative_dates_make_a_window_unsteady(ask: WindowAsk, is_steady: bool) -> None:
    """What does not look at the clock is the same tomorrow."""
    assert check_window(ask, COLUMNS, now=NOW).is_steady is is_steady


def test_built_trees_are_bounded_too() -> None:
    """A dialect that builds conditions by itself gets the same limits as a text."""
    deep: s.Node = s.Name(text="flag")
    for _ in range(100):
        deep = s.Negation(operand=deep)
    wide = s.Either(parts=(s.Name(text="flag"),) * 10_000)
    for node in (deep, wide):
        assert refusal(WindowAsk(where=node)).part == "filter"
        term = s.SortTerm(node=node)
        assert refusal(WindowAsk(order_by=(term,))).part == "sort"


def test_columns_may_be_repeated_but_not_for_ever() -> None:
    """A narrow result does not become a wide one; a wide one may be asked for whole."""
    names = ("id",) * 256
    assert len(check_window(WindowAsk(columns=names), COLUMNS, now=NOW).columns) == 256
    with pytest.raises(WindowInvalid) as refused:
        check_window(WindowAsk(columns=(*names, "id")), COLUMNS, now=NOW)
    assert refused.value.part == "columns"
    wide = [column(f"c{number}", "BIGINT", T.INTEGER) for number in range(300)]
    asked = WindowAsk(columns=tuple(each.name for each in wide))
    assert check_window(asked, wide, now=NOW).columns == tuple(wide)
