"""The pages of somebody who is signed in: what they show, and to whom."""

from datetime import date

import pyarrow as pa
import pytest
from tests.web.site import Browser

from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.queries import Visibility
from standpipe.core.schedules import Schedule

TABLE = pa.table({"name": ["x", "<b>", None], "amount": [1, 2, 3]})


@pytest.fixture
def bob(ready):
    ready.add_member("Bob")
    browser = Browser(ready)
    browser.sign_in("bob@example.org", "correct horse")
    return browser


def user_key(site, name):
    accounts = site.services.accounts
    user = accounts.find_user(f"{name}@example.org")
    return site.services.keys.user_key(accounts.principal(user), user)


def query_key(site, query):
    accounts = site.services.accounts
    ada = accounts.principal(accounts.find_user("ada@example.org"))
    return site.services.keys.query_keys(ada, [query])[query.id]


@pytest.mark.parametrize("path", ["/", "/profile", "/queries/1"])
def test_pages_are_for_people_who_are_signed_in(ready, visitor, path):
    """Everybody else is sent to the sign-in page, whatever exists."""
    seen = visitor.get(path)
    assert (seen.status, seen.header("Location").partition("?")[0]) == (302, "/login")


def test_home_lists_queries_by_name_with_their_latest_result(ready, ada):
    """A row names the query, its id, when its result was made, and where to download it."""
    source = ready.add_source()
    sales = ready.add_query("Sales & more", data_source_id=source.id)
    ready.add_query("Calls", data_source_id=source.id)
    ready.finish_run(sales, TABLE)
    seen = ada.get("/")
    assert "2 Calls has not run 1 Sales &amp; more 1 Jan 2026, 00:00 UTC CSV JSON" in seen.words
    assert '/queries/1"' in seen.text
    assert '/api/queries/1/results.csv"' in seen.text


def test_home_hides_what_one_may_not_see(ready, ada, bob):
    """Private queries and those of sources out of reach are missing for members."""
    open_source = ready.add_source()
    closed = ready.add_source(everybody=False)
    ready.add_query("Shared", data_source_id=open_source.id)
    ready.add_query("Hidden", data_source_id=closed.id)
    ready.add_query("Mine", data_source_id=open_source.id, visibility=Visibility.PRIVATE)
    names = ("Shared", "Hidden", "Mine")
    assert [name in ada.get("/").words for name in names] == [True, True, True]
    assert [name in bob.get("/").words for name in names] == [True, False, False]


def test_home_finds_queries_by_words(ready, ada):
    """A search shows what matches, keeps its words in the box, and says when nothing does."""
    for name in ("Sales", "Calls"):
        ready.add_query(name)
    seen = ada.get("/?q=sal")
    assert ("Sales" in seen.words, "Calls" in seen.words) == (True, False)
    assert ada.get("/?q=%22%3E%3Cb%3E").fields()["q"] == '"><b>'
    assert "No query matches" in ada.get("/?q=zzz").words


def test_home_shows_long_lists_in_pages(ready, ada):
    """Fifty queries stand on a page, with a way to the next one and back."""
    for number in range(51):
        ready.add_query(f"Query {number:02}")
    first, second = ada.get("/"), ada.get("/?page=2")
    assert "51 queries · page 1 of 2 Next" in first.words
    assert "51 queries · page 2 of 2 Previous" in second.words
    assert ("Query 50" in first.words, "Query 50" in second.words) == (False, True)


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "²", "", "3", "1.5"])
def test_home_takes_any_page_number(ready, ada, page):
    """A page number that is none, or that is too high, is no error."""
    ready.add_query("Sales")
    assert ada.get(f"/?page={page}").status == 200


def test_profile_shows_the_own_key(ready, ada, bob):
    """Everybody sees his own key and nobody else's."""
    seen = bob.get("/profile")
    assert user_key(ready, "bob") in seen.words
    assert user_key(ready, "ada") not in seen.text
    assert "bob@example.org" in seen.words


def test_profile_replaces_the_key(ready, ada):
    """The button makes a new key; the old one is gone from the page."""
    old = user_key(ready, "ada")
    seen = ada.submit("/profile", csrf_token=ada.get("/profile").fields()["csrf_token"])
    assert seen.status == 405
    token = ada.get("/profile").fields()["csrf_token"]
    seen = ada.post("/profile/key", {"csrf_token": token})
    assert (seen.status, seen.header("Location")) == (303, "/profile")
    assert old not in ada.get("/profile").text
    assert user_key(ready, "ada") != old


@pytest.mark.parametrize("path", ["/profile/key", "/queries/1/key"])
def test_keys_are_not_replaced_without_the_token(ready, ada, path):
    """A form from elsewhere is refused and changes nothing; the header works like the field."""
    query = ready.add_query()
    before = (user_key(ready, "ada"), query_key(ready, query))
    for form in ({}, {"csrf_token": "x"}, {"csrf_token": "é"}):
        assert ada.post(path, form).status == 400
    assert (user_key(ready, "ada"), query_key(ready, query)) == before
    assert ada.post(path, x_csrf_token=ada.cookies["csrf_token"]).status == 303


def test_query_page_shows_text_parameters_and_key(ready, ada):
    """The owner sees the SQL, what each parameter takes, and the key of the query."""
    query = ready.add_query(
        sql="select '<script>' where a = {{ city }}",
        parameters=(
            Parameter(
                name="city",
                kind=ParameterKind.ENUM,
                title="Town",
                default=["A", "B"],
                options=("A", "B"),
                multiple=Multiple(),
            ),
            Parameter(
                name="days",
                kind=ParameterKind.DATE_RANGE,
                default={"start": "2026-01-01", "end": "2026-01-31"},
            ),
        ),
    )
    seen = ada.get(f"/queries/{query.id}")
    assert "&lt;script&gt;" in seen.text
    assert "city Town several of A, B A, B" in seen.words
    assert "days date range 2026-01-01 to 2026-01-31" in seen.words
    assert query_key(ready, query) in seen.words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(interval_seconds=3600), "every hour"),
        (Schedule(interval_seconds=90), "every 90 seconds"),
        (
            Schedule(interval_seconds=1_209_600, day_of_week="Monday", time="06:30"),
            "every 2 weeks on Monday at 06:30 (UTC)",
        ),
        (
            Schedule(cron="30 6 * * 1-5", zone="Europe/London", until=date(2027, 1, 31)),
            "cron 30 6 * * 1-5 (Europe/London), until 2027-01-31",
        ),
        (Schedule(interval_seconds=60, is_disabled=True), "paused: every minute"),
    ],
)
def test_query_page_says_when_it_runs(ready, ada, schedule, words):
    """A schedule stands there in words, with its zone where a time of day is meant."""
    query = ready.add_query(schedule=schedule)
    assert f"Schedule {words}" in ada.get(f"/queries/{query.id}").words


def test_query_page_hides_the_key_from_others(ready, bob):
    """A member sees a shared query without its key and cannot replace it."""
    query = ready.add_query(data_source_id=ready.add_source().id)
    key = query_key(ready, query)
    seen = bob.get(f"/queries/{query.id}")
    assert (seen.status, key in seen.text, "Query key" in seen.words) == (200, False, False)
    path = f"/queries/{query.id}/key"
    assert bob.post(path, x_csrf_token=bob.cookies["csrf_token"]).status == 403
    assert query_key(ready, query) == key


def test_query_page_shows_the_first_rows(ready, ada):
    """The latest result is counted, linked in each format, and its first rows are shown."""
    query = ready.add_query(data_source_id=ready.add_source().id)
    ready.finish_run(query, TABLE)
    seen = ada.get(f"/queries/{query.id}")
    assert "3 rows, 2 columns, from 1 Jan 2026, 00:00 UTC, in 0.25 s." in seen.words
    assert "name amount x 1 &lt;b&gt; 2 null 3" in seen.words
    for ending in ("csv", "json", "parquet"):
        assert f'href="/api/queries/{query.id}/results.{ending}"' in seen.text


def test_query_page_shows_a_hundred_rows_and_the_beginning_of_cells(ready, ada):
    """A large result costs a page no more than its first rows, and long cells are cut."""
    query = ready.add_query(data_source_id=ready.add_source().id)
    table = pa.table({"n": range(5000), "text": ["é" * 100_000, *["y"] * 4999]})
    ready.finish_run(query, table)
    seen = ada.get(f"/queries/{query.id}")
    assert "5,000 rows" in seen.words
    assert "The first 100 rows." in seen.words
    assert "é" * 300 + "…" in seen.words
    assert len(seen.body) < 50_000


def test_query_page_says_when_rows_are_gone(ready, ada):
    """A result whose artifact was removed is no error."""
    query = ready.add_query(data_source_id=ready.add_source().id)
    ready.finish_run(query, TABLE)
    result = ready.store.get_result(ready.store.get_query(query.id).latest_result_id)
    ready.artifacts.delete(result.artifact.key)
    seen = ada.get(f"/queries/{query.id}")
    assert (seen.status, "Its rows have been removed." in seen.words) == (200, True)


def test_query_page_without_a_result_says_so(ready, ada):
    """A query that never ran has a page without downloads."""
    query = ready.add_query()
    seen = ada.get(f"/queries/{query.id}")
    assert "has not run as it stands" in seen.words
    assert "results.json" not in seen.text


def test_private_and_missing_queries_look_the_same(ready, bob):
    """Whoever may not know of a query gets the page that unknown ids get."""
    query = ready.add_query(visibility=Visibility.PRIVATE)
    hidden, missing = bob.get(f"/queries/{query.id}"), bob.get("/queries/999")
    assert (hidden.status, missing.status) == (404, 404)
    assert hidden.words.replace(str(query.id), "999") == missing.words


def test_links_keep_the_workspace(ready, ada):
    """Below a workspace's prefix every link, form and redirect stays below it."""
    ready.add_query("Sales")
    ada.prefix = "/default"
    links = ada.get("/").text + ada.get("/profile").text + ada.get("/queries/1").text
    for target in ('href="/profile', 'href="/queries', 'action="/logout', 'href="/api', 'href="/"'):
        assert target not in links
    assert 'href="/default/queries/1"' in links
    assert ada.get("/logout").header("Location") == "/default/login"
    assert ada.get("/profile").header("Location") == "/default/login?next=/default/profile"
