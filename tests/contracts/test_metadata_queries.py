"""Contract of the store of queries: what comes back, revisions, lists and search."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.house import NOW, House, at

from standpipe.core.errors import FieldInvalid, NameTaken, NotFound
from standpipe.core.ids import DataSourceId, QueryId, UserId
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.queries import Page, Query, QueryFilter, QueryOrder, Visibility
from standpipe.core.schedules import Schedule
from standpipe.stores.metadata.query_search import Term, index_words, parse_search

PARAMETERS = (
    Parameter(
        name='it\'s "odd"?',
        kind=ParameterKind.ENUM,
        title="Österreich",
        default=["b", "a"],
        options=("b", "a"),
        multiple=Multiple(prefix='"', suffix='"'),
        extra={"z": 1, "global": False},
    ),
    Parameter(name="n", kind=ParameterKind.NUMBER, default=2**70),
    Parameter(name="r", kind=ParameterKind.DATE_RANGE, default={"start": "a", "end": "b"}),
)
SCHEDULE = Schedule(
    interval_seconds=604800, time="02:30", day_of_week="Monday", zone="Europe/Vienna",
    until=date(2027, 1, 1), extra={"last_failure": None},
)  # fmt: skip


NEVER_NULL = {
    QueryOrder.NAME,
    QueryOrder.CREATED_AT,
    QueryOrder.UPDATED_AT,
    QueryOrder.CREATED_BY,
}


def names(house: House, page: Page | None = None, **wishes: Any) -> list[str]:
    """Return the names of the queries of a list."""
    filter = QueryFilter(workspace_id=house.workspace.id, viewer_id=house.user.id)
    found = house.store.find_queries(replace(filter, **wishes), page or Page())
    return [item.query.name for item in found.items]


def search(house: House, text: str) -> list[str]:
    """Return the names of what a search finds, best first."""
    return names(house, search=text, order=QueryOrder.RELEVANCE)


def test_a_query_comes_back_as_it_was_stored(house: House) -> None:
    """Everything: parameters, schedule, tags in order, flags, options, report."""
    added = house.add_query(
        description="Zeile\r\nzwei\x00",
        sql="select '\u2028😀'",
        parameters=PARAMETERS,
        schedule=SCHEDULE,
        cache_seconds=60,
        stale_while_revalidate_seconds=30,
        stale_if_error_seconds=3600,
        visibility=Visibility.PRIVATE,
        tags=("b", "a"),
        flags=frozenset({"x", "y"}),
        options={"b": {"c": [1, 2.0]}, "a": None},
        report={"format": "A4"},
        default_fingerprint="f",
        last_modified_by_id=house.user.id,
    )
    assert house.store.get_query(added.id) == added
    assert added.parameters == PARAMETERS
    assert added.schedule == SCHEDULE
    assert list(added.options) == ["b", "a"]


def test_an_imported_query_keeps_its_id(house: House) -> None:
    """New ids count on from it, and a taken one is refused."""
    assert house.add_query("Old", id=QueryId(4711)).id == 4711
    assert house.add_query("New").id == 4712
    with pytest.raises(NameTaken, match="4711"):
        house.add_query("Again", id=QueryId(4711))
    assert names(house) == ["New", "Old"]


@pytest.mark.parametrize("id", [0, -5, 2**53, 2**63 - 1, 2**80])
def test_an_id_that_would_end_all_counting_is_refused(house: House, id: int) -> None:
    """Beyond the largest id the database could give no more."""
    with pytest.raises(FieldInvalid, match=str(id)):
        house.add_query(id=QueryId(id))
    assert house.add_query().id == 1


def test_an_update_replaces_all_but_ids_and_latest_result(house: House) -> None:
    """A writer who read the query before a run ended does not take its result away."""
    before = house.add_query(default_fingerprint="f")
    result = house.add_result("f")
    changed = replace(before, name="Änderung", sql="select 2", tags=("t",), is_archived=True)
    after = house.store.update_query(changed, author_id=None)
    assert after == replace(changed, latest_result_id=result.id)
    assert house.store.get_query(before.id) == after
    with pytest.raises(NotFound):
        house.store.update_query(replace(before, id=QueryId(99)), author_id=None)


def test_only_a_grown_revision_is_kept(house: House) -> None:
    """The first one is that of the owner; edits of the name make none."""
    other = house.add_user("Bea")
    query = house.add_query(parameters=PARAMETERS)
    house.store.update_query(replace(query, name="x"), author_id=other.id)
    changed = replace(query, sql="select 2", revision=2, updated_at=at(5))
    house.store.update_query(changed, author_id=other.id)
    found = [(r.revision, r.sql, r.author_id) for r in house.store.find_revisions(query.id)]
    assert found == [(1, "select 1", house.user.id), (2, "select 2", other.id)]
    first, second = house.store.find_revisions(query.id)
    assert first.parameters == PARAMETERS
    assert [first.created_at, second.created_at] == [NOW, at(5)]


def test_the_latest_result_can_be_set_and_taken(house: House) -> None:
    """For edits that change what a query means."""
    query, result = house.add_query(), house.add_result("other")
    house.store.set_latest_result(query.id, result.id)
    assert house.store.get_query(query.id).latest_result_id == result.id
    house.store.set_latest_result(query.id, None)
    assert house.store.get_query(query.id).latest_result_id is None


def test_the_default_run_of_a_revision_can_be_named(house: House) -> None:
    """A run of these values is the query's latest from now on; an edited query keeps its own."""
    before = house.add_query(default_fingerprint=None)
    house.store.set_default_run(before, "today")
    result = house.add_result("today")
    found = house.store.get_query(before.id)
    assert (found.default_fingerprint, found.latest_result_id) == ("today", result.id)
    house.store.set_default_run(replace(before, revision=2), "other")
    assert house.store.get_query(before.id).default_fingerprint == "today"


def test_the_dashboards_of_a_query_are_found_once(house: House) -> None:
    """However often they show it, unless they are archived."""
    query, other = house.add_query(), house.add_query()
    board = house.add_dashboard("A", query, query, other)
    house.add_dashboard("B", other)
    house.add_dashboard("C", query, is_archived=True)
    assert house.store.find_dashboards_of(query.id) == (board.id,)


def test_a_list_holds_what_its_viewer_may_know_of(house: House) -> None:
    """Private queries only for their owner and administrators; archived ones apart."""
    other = house.add_user("Bea")
    house.add_query("own", visibility=Visibility.PRIVATE)
    house.add_query("hidden", visibility=Visibility.PRIVATE, owner_id=other.id)
    house.add_query("draft", owner_id=other.id)
    house.add_query("open", owner_id=other.id, is_draft=False)
    house.add_query("archived", is_archived=True)
    assert names(house) == ["open", "draft", "own"]
    assert names(house, drafts_of_others=False) == ["open", "own"]
    assert names(house, sees_private=True) == ["open", "draft", "hidden", "own"]
    assert names(house, viewer_id=None) == ["open", "draft"]
    assert names(house, owner_id=other.id) == ["open", "draft"]
    assert names(house, archived=True) == ["archived"]


def test_a_list_is_limited_to_data_sources(house: House) -> None:
    """None means all, also queries without any; an empty set means none at all."""
    other = house.add_source("other")
    house.add_query("a")
    house.add_query("b", data_source_id=other.id)
    house.add_query("c", data_source_id=None)
    assert names(house) == ["c", "b", "a"]
    assert names(house, data_source_ids=frozenset({other.id, DataSourceId(99)})) == ["b"]
    assert names(house, data_source_ids=frozenset()) == []


def test_a_list_can_ask_for_all_of_several_tags(house: House) -> None:
    """And counts the tags that its viewer may know of."""
    house.add_query("a", tags=("x", "y", "x"))
    house.add_query("b", tags=("x",))
    house.add_query("c", tags=("x", "z"), is_archived=True)
    house.add_query("d", tags=("y",), visibility=Visibility.PRIVATE)
    assert names(house, tags=("x", "y")) == ["a"]
    tags = house.store.find_query_tags
    assert tags(house.workspace.id, house.user.id) == (("x", 2), ("y", 2))
    assert tags(house.workspace.id, UserId(99)) == (("x", 2), ("y", 1))


def test_changed_tags_are_listed_anew(house: House) -> None:
    """Old tags are forgotten."""
    query = house.add_query("a", tags=("x",))
    house.store.update_query(replace(query, tags=("y",)), author_id=None)
    assert names(house, tags=("x",)) == []
    assert names(house, tags=("y",)) == ["a"]


def test_a_list_shows_favorites_of_its_viewer_only(house: House) -> None:
    """With the time at which they were starred."""
    query = house.add_query("a")
    house.add_query("b")
    house.store.set_favorite(house.user.id, "query", query.id, at(3))
    house.store.set_favorite(house.user.id, "dashboard", query.id + 1, at(3))
    assert names(house, only_favorites=True) == ["a"]
    assert names(house, only_favorites=True, viewer_id=None) == []
    filter = QueryFilter(workspace_id=house.workspace.id, viewer_id=house.user.id)
    found = house.store.find_queries(filter, Page())
    assert [item.starred_at for item in found.items] == [None, at(3)]


def test_pages_tell_how_many_there_are_in_all(house: House) -> None:
    """Also beyond the end, and for numbers of any size."""
    for number in range(5):
        house.add_query(f"q{number}")
    filter = QueryFilter(workspace_id=house.workspace.id, viewer_id=None)
    found = house.store.find_queries(filter, Page(number=2, size=2))
    assert (found.total, [item.query.name for item in found.items]) == (5, ["q2", "q1"])
    assert house.store.find_queries(filter, Page(number=2**70)).items == ()


@pytest.mark.parametrize("order", list(QueryOrder))
@pytest.mark.parametrize("descending", [True, False])
def test_nulls_come_last_in_every_order(house: House, order: QueryOrder, descending: bool) -> None:
    """A query with all facts stands before one with none, either way round."""
    bare = house.add_query("B", created_at=at(-9))
    full = house.add_query("a", default_fingerprint="f", schedule=SCHEDULE)
    house.add_result("f")
    house.store.set_favorite(house.user.id, "query", full.id, NOW)
    found = names(house, order=order, descending=descending)
    if order in NEVER_NULL:
        assert sorted(found) == [bare.name, full.name]
    else:
        assert found == [full.name, bare.name]


def test_orders_ignore_case_and_fall_back_to_the_id(house: House) -> None:
    """Names as people sort them; equals in the direction of the order."""
    for name in ("Ägypten", "zebra", "Apfel", "äh"):
        house.add_query(name)
    assert names(house, order=QueryOrder.NAME, descending=False) == [
        "Apfel", "zebra", "Ägypten", "äh",
    ]  # fmt: skip
    by_owner = names(house, order=QueryOrder.CREATED_BY, descending=False)
    assert by_owner == ["Ägypten", "zebra", "Apfel", "äh"]


def test_the_default_order_is_newest_first(house: House) -> None:
    """By time, not by id."""
    house.add_query("old", created_at=at(-1))
    house.add_query("new", created_at=at(1))
    house.add_query("middle")
    assert names(house) == ["new", "middle", "old"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revenue", ["Monthly Revenue", "Costs"]),
        ("REV", ["Monthly Revenue", "Costs"]),
        ("monthly revenue", ["Monthly Revenue"]),
        ('"revenue monthly"', []),
        ('"monthly revenue"', ["Monthly Revenue"]),
        ('"monthly rev"', []),
        ("costs or monthly", ["Costs", "Monthly Revenue"]),
        ("revenue -monthly", ["Costs"]),
        ("-revenue", ["Öffnungszeiten 北京市"]),
        ('-"monthly revenue" -costs', ["Öffnungszeiten 北京市"]),
        ("öffn", ["Öffnungszeiten 北京市"]),
        ("京市", ["Öffnungszeiten 北京市"]),
        ("order_lines", ["Costs"]),
        ("lines", ["Costs"]),
        ("100%", ["Öffnungszeiten 北京市"]),
        ("evenue", []),
        ("or", ["Öffnungszeiten 北京市", "Costs", "Monthly Revenue"]),
        ("", ["Öffnungszeiten 北京市", "Costs", "Monthly Revenue"]),
    ],
)
def test_a_search_finds_words_in_all_fields(house: House, text: str, expected: list[str]) -> None:
    """Words are AND, ``or`` gives OR, ``-`` excludes, quotes make phrases, prefixes match."""
    house.add_query("Monthly Revenue")
    house.add_query("Costs", description="against revenue", sql="select * from order_lines")
    house.add_query("Öffnungszeiten 北京市", sql="select '100%'")
    assert sorted(search(house, text)) == sorted(expected)


def test_a_search_ranks_names_over_ids_over_descriptions_over_sql(house: House) -> None:
    """Whatever is newer; equals are newest first."""
    for name, changes in [
        ("3 tables", {}),
        ("x", {"description": "of 3"}),
        ("y", {}),
        ("z", {"sql": "select 3"}),
        ("z2", {"sql": "select 3"}),
    ]:
        house.add_query(name, **changes)
    assert search(house, "3") == ["3 tables", "y", "x", "z2", "z"]


def test_changed_texts_are_found_anew(house: House) -> None:
    """Old words are forgotten."""
    query = house.add_query("before")
    house.store.update_query(replace(query, name="after"), author_id=None)
    assert (search(house, "before"), search(house, "after")) == ([], ["after"])


def test_searches_are_read_as_alternatives_of_terms() -> None:
    """A minus belongs to the word or the phrase after it; ``or`` is weaker than AND."""
    assert parse_search('a -b OR "c d" -"e f') == (
        (Term(("a",)), Term(("b",), is_excluded=True)),
        (Term(("c", "d"), is_exact=True), Term(("e", "f"), is_exact=True, is_excluded=True)),
    )


@given(st.text(max_size=300), st.text(max_size=100))
def test_every_search_can_be_read(text: str, other: str) -> None:
    """No text makes the reader or the index fail, and words stay words."""
    for terms in parse_search(text + '" or -"' + other):
        for term in terms:
            assert term.words
            assert all(index_words(word) == f" {word} " for word in term.words)


@pytest.fixture(scope="module")
def full_house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store with some queries that no test changes."""
    house = House(tmp_path_factory.mktemp("search"))
    for name in ("a", "b c", "Ä or", "%_\\"):
        house.add_query(name)
    yield house
    house.close()


@given(st.text(max_size=200) | st.lists(st.sampled_from('ab "-%_\\or\x00漢*^:()')).map("".join))
def test_no_search_text_can_fail(full_house: House, text: str) -> None:
    """Whatever a person types, the answer is a list."""
    found = search(full_house, text)
    assert set(found) <= {"a", "b c", "Ä or", "%_\\"}


@pytest.mark.parametrize("text", ["a " * 5000, "-x" * 5000, '"' * 5001, "ab" * 60_000])
def test_very_long_searches_answer(full_house: House, text: str) -> None:
    """They are cut, not refused."""
    assert isinstance(search(full_house, text), list)


def test_a_list_gives_the_facts_of_the_latest_result(house: House) -> None:
    """When it was retrieved and how long that took."""
    query: Query = house.add_query(default_fingerprint="f")
    house.add_result("f", seconds=7, runtime_seconds=1.5)
    filter = QueryFilter(workspace_id=house.workspace.id, viewer_id=None)
    (item,) = house.store.find_queries(filter, Page()).items
    assert (item.query.id, item.retrieved_at, item.runtime_seconds) == (query.id, at(7), 1.5)
