"""From arguments, headers and bodies of our own API to core commands."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.native.examples import inbound, query

from standpipe.core.errors import FieldInvalid, NotAuthenticated, NotFound, VersionConflict
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.schedules import Schedule
from standpipe.core.windows import Sample, WindowAsk
from standpipe.dialects.native.credentials import read_credentials
from standpipe.dialects.native.requests.cursors import Place, read_cursor, write_cursor
from standpipe.dialects.native.requests.forms import parse_form
from standpipe.dialects.native.requests.lists import read_number, write_number
from standpipe.dialects.native.requests.paths import result_uid
from standpipe.dialects.native.requests.queries import (
    QueryChanges,
    parse_changes,
    parse_expected_version,
)
from standpipe.dialects.native.requests.runs import QueryRun, digest_of
from standpipe.dialects.native.requests.values import parse_values
from standpipe.dialects.native.requests.waits import parse_patience
from standpipe.dialects.native.requests.windows import WindowArguments, parse_window
from standpipe.http.asked import read_body

DAYS = Parameter(name="days", kind=ParameterKind.DATE_RANGE)
KINDS = Parameter(name="kinds", kind=ParameterKind.ENUM, multiple=Multiple())


@pytest.mark.parametrize(
    ("prefer", "seconds", "applied"),
    [
        ("wait=10", 10, "wait=10"),
        ("respond-async, wait=7", 7, "wait=7"),
        ('WAIT = "5"; x=1', 5, "wait=5"),
        ("wait=99999", 300, "wait=300"),
        ("wait=-1", 2, None),
        ("wait=soon", 2, None),
        ("await=3", 2, None),
        ("", 2, None),
    ],
)
def test_preference_says_how_long_to_wait(prefer: str, seconds: float, applied: str | None) -> None:
    """What can be read is followed and confirmed; anything else is ignored."""
    patience = parse_patience(inbound(headers={"prefer": prefer}), None, default=2)
    assert (patience.seconds, dict(patience.headers).get("Preference-Applied")) == (
        seconds,
        applied,
    )


def test_argument_wins_over_the_preference() -> None:
    """A wait in the address is meant; nothing is confirmed then."""
    patience = parse_patience(inbound(headers={"prefer": "wait=10"}), 0.5)
    assert (patience.seconds, patience.headers) == (0.5, ())


@pytest.mark.parametrize(
    ("args", "values"),
    [
        ({"p_n": ("1",), "limit": ("5",), "p_": ("x",)}, {"n": "1"}),
        ({"p_days": ("a--b",)}, {"days": {"start": "a", "end": "b"}}),
        ({"p_days.start": ("a",), "p_days.end": ("b",)}, {"days": {"start": "a", "end": "b"}}),
        ({"p_kinds": ("a", "b")}, {"kinds": ["a", "b"]}),
        ({"p_kinds": ('["a"]',)}, {"kinds": ["a"]}),
        ({"p_kinds": ("a",)}, {"kinds": "a"}),
        ({"p_kinds": ("[" * 5000,)}, {"kinds": "[" * 5000}),
        ({"p_n": ("1", "2")}, {"n": ["1", "2"]}),
    ],
)
def test_values_stand_in_the_address(args: Any, values: Any) -> None:
    """Ranges in either form, lists repeated or as JSON; what is no value is no value."""
    assert parse_values(args, (DAYS, KINDS)) == values


def test_window_is_read_from_its_arguments() -> None:
    """Texts are parsed; distinct names columns, whatever is in their names."""
    asked = parse_window(
        WindowArguments(columns='a,"b, c"', sample=3, seed=7, offset=2, limit=1, sort="-a")
    )
    assert (asked.columns, asked.sample) == (("a", "b, c"), Sample(rows=3, seed=7))
    assert (asked.offset, asked.limit, asked.order_by[0].is_descending) == (2, 1, True)
    distinct = parse_window(WindowArguments(distinct='"a ""b""",c')).group_by
    assert [term.text for term in distinct] == ['a "b"', "c"]


@given(st.integers(0, 2**53 - 1), st.none() | st.integers(0, 2**53))
def test_cursor_gives_back_its_place(offset: int, total: int | None) -> None:
    """Only for the same rows: of the same source, filtered and sorted alike."""
    ask = parse_window(WindowArguments(filter="a > 1"))
    cursor = write_cursor("r", ask, Place(offset, total))
    paged = parse_window(WindowArguments(filter="a > 1", limit=10, columns="b"))
    assert read_cursor(cursor, "r", paged) == Place(offset, total)
    for identity, other in (("s", ask), ("r", WindowAsk())):
        with pytest.raises(FieldInvalid):
            read_cursor(cursor, identity, other)


@given(st.text(max_size=30))
def test_cursor_that_was_made_up_is_refused(cursor: str) -> None:
    """Nothing but that error comes of it."""
    with pytest.raises(FieldInvalid):
        read_cursor(cursor, "r", WindowAsk())


@given(st.integers(0, 10**9))
def test_number_comes_back_from_its_cursor(number: int) -> None:
    """Pages of lists are told apart by a number."""
    assert read_number(write_number(number)) == number


@pytest.mark.parametrize("cursor", ["", "x", "bg", "bi0x", "bnh4", "é", "n1", "bjE="])
def test_cursor_of_a_list_that_is_none_is_refused(cursor: str) -> None:
    """What was not made here, or was mended by hand; padding alone is forgiven."""
    if cursor == "bjE=":
        assert read_number(cursor) == 1
        return
    with pytest.raises(FieldInvalid):
        read_number(cursor)


def test_id_of_a_path_is_a_uuid_in_full() -> None:
    """Other spellings that Python reads are no addresses."""
    uid = "01a20443-02ed-7e80-a775-d9179414bbcc"
    assert str(result_uid(inbound(parts={"result_id": uid}))) == uid
    for wrong in (uid.replace("-", ""), f"{{{uid}}}", f"urn:uuid:{uid}", "", "x", uid[:-1] + "z"):
        with pytest.raises(NotFound):
            result_uid(inbound(parts={"result_id": wrong}))


def test_changes_hold_only_what_was_said() -> None:
    """What other dialects stored with a parameter or a schedule stays with it."""
    before = query(
        parameters=(Parameter(name="a", kind=ParameterKind.TEXT, extra={"global": True}),),
        schedule=Schedule(interval_seconds=60, extra={"old": 1}),
    )
    body = b'{"parameters": [{"name": "a"}, {"name": "b"}], "schedule": {"interval_seconds": 90}}'
    changes = parse_changes(read_body(QueryChanges, body), before)
    assert set(changes) == {"parameters", "schedule"}
    assert [each.extra for each in changes["parameters"]] == [{"global": True}, {}]
    assert (changes["schedule"].interval_seconds, changes["schedule"].extra) == (90, {"old": 1})
    assert parse_changes(read_body(QueryChanges, b'{"schedule": null}'), before) == {
        "schedule": None
    }


def test_version_is_that_of_the_tag() -> None:
    """A tag that is none of ours matches nothing; a star matches everything."""
    body = QueryChanges(version=7)
    assert parse_expected_version(inbound(headers={"if-match": '"3-abc"'}), body) == 3
    assert parse_expected_version(inbound(headers={"if-match": "*"}), body) == 7
    assert parse_expected_version(inbound(), QueryChanges()) is None
    for tag in ('"x"', "", '"-1"', 'W/"3-abc"', '"' + "9" * 500 + '"'):
        with pytest.raises(VersionConflict):
            parse_expected_version(inbound(headers={"if-match": tag}), body)


def test_form_comes_by_suffix_then_by_name_then_by_accept() -> None:
    """JSON unless something else is asked for; Arrow also says how it is compressed."""
    accept = {"accept": "text/csv"}
    suffix = inbound(parts={"extension": "tsv"}, headers=accept)
    assert parse_form(suffix, WindowArguments(format="html")).entry.name == "tsv"
    named = parse_form(inbound(headers=accept), WindowArguments(format="md"))
    assert (named.entry.name, named.is_negotiated) == ("markdown", False)
    assert parse_form(inbound(headers=accept), WindowArguments()).is_negotiated
    assert parse_form(inbound(), WindowArguments()).entry.name == "json"
    arrow = {"accept": 'application/vnd.apache.arrow.stream; codecs="zstd"'}
    assert parse_form(inbound(headers=arrow), WindowArguments()).options.compression == "zstd"


def test_requests_with_the_same_meaning_have_the_same_digest() -> None:
    """Blanks and the order of values do not matter; the path and every value do."""
    here = inbound("/v1/queries/1/executions")

    def digest(body: bytes, where: Any = here) -> str:
        return digest_of(where, read_body(QueryRun, body))

    one = digest(b'{"parameters": {"a": 1, "b": 2}}')
    assert one == digest(b'{"max_age":0,"parameters":{"b":2,"a":1}}')
    assert one != digest(b'{"parameters": {"a": 1, "b": 3}}')
    assert one != digest(b'{"parameters": {"a": 1, "b": 2}}', inbound("/v1/queries/2/executions"))


def test_key_of_basic_credentials_is_the_longer_word() -> None:
    """Excel asks for a name and a password: the key is either of them."""
    for text in ("a2V5a2V5a2V5Og==", "eDprZXlrZXlrZXk="):
        found = read_credentials(inbound(headers={"authorization": f"Basic {text}"}))
        assert found.key == "keykeykey"


@pytest.mark.parametrize("text", ["Basic !", "Basic /w==", "Digest x", "alone", ""])
def test_authorization_that_cannot_be_read_is_refused(text: str) -> None:
    """It is never passed over for a key in another place."""
    with pytest.raises(NotAuthenticated):
        read_credentials(inbound(headers={"authorization": text, "x-api-key": "k"}))


def test_cookie_counts_only_without_a_key() -> None:
    """Any key, even an empty one, is tried instead of the session."""
    cookies = {"session": "c"}
    assert read_credentials(inbound(cookies=cookies)).cookie == "c"
    for more in ({"headers": {"x-api-key": ""}}, {"args": {"api_key": ("k",)}}):
        found = read_credentials(inbound(cookies=cookies, **more))
        assert (found.key is not None, found.cookie) == (True, None)
