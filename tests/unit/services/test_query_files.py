"""A query file holds all that a query has; one that cannot be read says what is wrong."""

from datetime import UTC, date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.queries import Visibility
from standpipe.core.schedules import Schedule
from standpipe.services.query_files import (
    QueryFile,
    VisualizationFile,
    file_name,
    read,
    to_portable,
    write,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, values, max_size=3)
word_tuples = st.lists(texts, max_size=3).map(tuple)
parameters = st.builds(
    Parameter,
    name=texts,
    kind=st.sampled_from(ParameterKind),
    title=texts,
    default=values,
    options=word_tuples,
    multiple=st.none() | st.builds(Multiple, prefix=texts, suffix=texts, separator=texts),
    query_id=st.none() | st.integers(1, 9999),
    pattern=st.none() | texts,
    is_declared=st.booleans(),
    extra=objects,
)
schedules = st.builds(
    Schedule,
    interval_seconds=st.none() | st.integers(1, 10**6),
    time=st.none() | texts,
    day_of_week=st.none() | texts,
    cron=st.none() | texts,
    zone=texts,
    until=st.none() | st.dates(date(1900, 1, 1)),
    is_disabled=st.booleans(),
    extra=objects,
)
visualizations = st.builds(
    VisualizationFile, type=texts, name=texts, description=texts, options=objects
)
query_files = st.builds(
    QueryFile,
    name=texts,
    id=st.none() | st.integers(1, 2**31 - 1),
    uuid=st.none() | st.uuids(),
    owner=st.none() | texts,
    source=st.none() | texts,
    description=st.none() | texts,
    parameters=st.lists(parameters, max_size=2).map(tuple),
    schedule=st.none() | schedules,
    cache_seconds=st.none() | st.integers(-10, 10**9),
    stale_while_revalidate_seconds=st.none() | st.integers(0, 10**9),
    stale_if_error_seconds=st.none() | st.integers(0, 10**9),
    visibility=st.sampled_from(Visibility),
    is_draft=st.booleans(),
    is_archived=st.booleans(),
    tags=word_tuples,
    flags=st.frozensets(texts, max_size=3),
    options=objects,
    report=objects,
    visualizations=st.none() | st.lists(visualizations, max_size=2).map(tuple),
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    key=st.none() | texts,
    sql=texts | st.sampled_from(["-- ---", "-- ---\n-- id: 1\n-- ---\nx", "\r\n\n", "select 1;\n"]),
)


@given(query_files)
def test_query_file_gives_back_exactly_what_was_written(file: QueryFile) -> None:
    """Whatever a query holds, reading what was written gives the same query."""
    assert read(write(file), "x.sql") == file


@given(query_files)
def test_query_file_writes_what_it_read_byte_for_byte(file: QueryFile) -> None:
    """A file that came from here is written again without a change."""
    text = write(file)
    assert write(read(text, "x.sql")) == text


@given(st.text(max_size=200) | texts.map(lambda text: f"-- ---\n{text}\n-- ---\nselect 1"))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    """No text makes the reader fail in another way than FieldInvalid."""
    try:
        read(text, "x.sql")
    except FieldInvalid as error:
        said = str(error)
    else:
        said = "x.sql was read"
    assert "x.sql" in said


def test_query_file_can_be_read_by_people() -> None:
    """The head has one line per field, usual values are left out, the SQL is untouched."""
    file = QueryFile(
        name="Sales",
        id=7,
        uuid=UUID(int=7),
        parameters=(Parameter(name="day", kind=ParameterKind.DATE, default="2024-01-01"),),
        tags=("money",),
        sql="SELECT *\nFROM sales\nWHERE day = '{{ day }}'",
    )
    assert write(file) == (
        "-- ---\n"
        '-- name: "Sales"\n'
        "-- id: 7\n"
        '-- uuid: "00000000-0000-0000-0000-000000000007"\n'
        "-- parameters:\n"
        '--   - {"name": "day", "kind": "date", "default": "2024-01-01"}\n'
        '-- tags: ["money"]\n'
        "-- ---\n"
        "SELECT *\nFROM sales\nWHERE day = '{{ day }}'\n"
    )


def test_words_need_no_quotes() -> None:
    """People may write names as they stand."""
    file = read("-- ---\n-- name: Sales of today\n-- visibility: private\n-- ---\nSELECT 1\n", "x")
    assert file == QueryFile(name="Sales of today", visibility=Visibility.PRIVATE, sql="SELECT 1")


def test_plain_sql_is_a_query_called_like_its_file() -> None:
    """A file without a head is all SQL."""
    assert read("SELECT 1\n", "today.sql") == QueryFile(name="today.sql", sql="SELECT 1")


def test_windows_line_ends_do_not_hide_the_head() -> None:
    """A head that went through a Windows editor is still a head."""
    text = write(QueryFile(name="Sales", sql="SELECT 1")).replace("\n", "\r\n")
    assert read(text, "x").name == "Sales"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("-- nam: x", "there is no field 'nam'. There are: name, id"),
        ("-- id: 1.5", "got `float` - at `$.id`"),
        ("-- id: 0", "the id is 0. 1 to 2147483647"),
        ("-- id: 1\n-- id: 2", "line 3: 'id: 2' cannot be read"),
        ("-- parameters: [{]", "line 2: the value is not JSON"),
        ('-- parameters: [{"kind": "date", "nam": 1}]', "parameters: there is no field 'nam'"),
        ('-- parameters: [{"name": "x", "kind": "day"}]', "Invalid enum value 'day'"),
        ('-- schedule: {"every": 1}', "schedule: there is no field 'every'"),
        ("-- what is this", "line 2: 'what is this' cannot be read"),
        ("-- options: " + "[" * 100_000, "line 2: the value is not JSON"),
    ],
)
def test_wrong_head_is_refused_with_place_and_reason(head: str, said: str) -> None:
    """What is wrong is named with its file and line or field, and what would be right."""
    with pytest.raises(FieldInvalid) as caught:
        read(f"-- ---\n{head}\n-- ---\nSELECT 1", "x.sql")
    assert "x.sql" in str(caught.value)
    assert said in str(caught.value)


def test_head_without_end_is_refused() -> None:
    """A head that is never closed does not swallow the SQL."""
    with pytest.raises(FieldInvalid, match="the head has no end"):
        read("-- ---\n-- id: 3\nSELECT 1", "x.sql")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Busiest routes", "3-busiest-routes.sql"),
        ("Umsatz für Köln", "3-umsatz-fur-koln.sql"),
        ("../../etc/passwd", "3-etc-passwd.sql"),
        ("売上", "3.sql"),
        ("x" * 300, f"3-{'x' * 60}.sql"),
    ],
)
def test_file_name_is_safe_and_readable(name: str, expected: str) -> None:
    """No name of a query leads out of the folder or is too long."""
    assert file_name(3, name) == expected


def test_portable_form_leaves_out_usual_values() -> None:
    """What a query does not say is not written."""
    assert to_portable(QueryFile(name="x")) == {"name": "x"}
