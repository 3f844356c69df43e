"""Steady answers: the same request gets the same answer until anything in the metadata changes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.seeded import Seeded, seed
from tests.unit.http.encoding import Script

from standpipe.app.house import House, open_house
from standpipe.config import Settings
from standpipe.core.errors import NotAuthenticated
from standpipe.core.events import RequestServed
from standpipe.dialects.redash.credentials import read_credentials
from standpipe.dialects.redash.errors import render_error
from standpipe.http.changes import Changes
from standpipe.http.door import Door, DoorOptions
from standpipe.http.messages import Encoded, Inbound, Outbound, Room, Route
from standpipe.http.remembered import RememberedAnswers, Watched
from standpipe.http.routing import Mount
from standpipe.http.send import Sender
from standpipe.services.directory import Services
from standpipe.stores.wakeups import DatagramChanges

HEADERS = ((b"host", b"x"), (b"authorization", b"Key abc"))
START = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}


def scope(**changes: Any) -> dict[str, Any]:
    head = {"method": "GET", "scheme": "http", "raw_path": b"/a", "query_string": b"b=1"}
    return {**head, "headers": list(HEADERS), **changes}


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


def watched(*messages: Any, is_steady: bool = True) -> Watched:
    async def send(_: Any) -> None:
        return

    async def send_all() -> Watched:
        watched = Watched(send, is_steady=is_steady)
        for message in messages:
            await watched(message)
        return watched

    return asyncio.run(send_all())


class Memory:
    """Remembered answers over a version that is moved by hand."""

    def __init__(self, budget_bytes: int = 1_000_000) -> None:
        self.version = 1
        self.answers = RememberedAnswers(lambda: self.version, budget_bytes=budget_bytes)

    def keep(self, *messages: Any, is_timed: bool = False, **changes: Any) -> None:
        recollection = self.answers.recall(scope(**changes))
        self.answers.keep(recollection, watched(*messages), "/a", is_timed=is_timed)

    def recall(self, **changes: Any) -> Sequence[Any] | None:
        answer = self.answers.recall(scope(**changes)).answer
        return None if answer is None else answer.messages


def test_the_same_request_gets_the_same_answer() -> None:
    """As it was sent: its start and its body."""
    memory = Memory()
    memory.keep(START, body(b"x"))
    assert memory.recall() == (START, body(b"x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "HEAD"},
        {"raw_path": b"/A"},
        {"raw_path": b"/%61"},
        {"query_string": b"b=2"},
        {"scheme": "https"},
        {"headers": [*HEADERS, (b"accept", b"*/*")]},
        {"headers": [(b"host", b"x"), (b"authorization", b"Key abd")]},
        {"headers": [(b"host", b"y"), (b"authorization", b"Key abc")]},
        {"headers": list(reversed(HEADERS))},
    ],
)
def test_any_other_request_is_another_one(changes: dict[str, Any]) -> None:
    """However little it differs."""
    memory = Memory()
    memory.keep(START, body(b"x"))
    assert memory.recall(**changes) is None


def test_a_change_forgets_everything() -> None:
    """Nothing is given that was made before it."""
    memory = Memory()
    memory.keep(START, body(b"x"))
    memory.version = 2
    assert memory.recall() is None
    memory.version = 1
    assert memory.recall() is None


def test_what_was_made_during_a_change_is_not_kept() -> None:
    """An answer may have been made from what was true before."""
    memory = Memory()
    recollection = memory.answers.recall(scope())
    memory.version = 2
    memory.answers.recall(scope(raw_path=b"/other"))
    memory.answers.keep(recollection, watched(START, body(b"x")), "/a", is_timed=False)
    assert memory.recall() is None


@pytest.mark.parametrize(
    "messages",
    [
        (START,),
        (START, body(b"x", more=True)),
        (START, body(b"x", more=True), body(b"")),
        ({**START, "headers": [(b"age", b"1")]}, body(b"x")),
    ],
)
def test_answers_in_pieces_or_of_an_age_are_not_kept(messages: tuple[Any, ...]) -> None:
    """Streams, what broke off, and what is another answer each second."""
    memory = Memory()
    memory.keep(*messages)
    assert memory.recall() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"method": "DELETE"},
        {"headers": [*HEADERS, (b"content-length", b"2")]},
        {"headers": [*HEADERS, (b"transfer-encoding", b"chunked")]},
    ],
)
def test_requests_that_say_more_than_their_head_are_not_remembered(changes: dict[str, Any]) -> None:
    """Nor those that change something."""
    memory = Memory()
    memory.keep(START, body(b"x"), **changes)
    assert memory.recall(**changes) is None


def test_memory_is_bounded() -> None:
    """The answers that were given longest ago go, however small they are."""
    memory = Memory(budget_bytes=10_000)
    memory.keep(START, body(b"x" * 4000), raw_path=b"/large")
    for number in range(20):
        memory.recall(raw_path=b"/large")
        memory.keep(START, body(b""), raw_path=b"/%d" % number)
    assert memory.recall(raw_path=b"/large") is not None
    kept = [number for number in range(20) if memory.recall(raw_path=b"/%d" % number) is not None]
    assert kept in ([19], [18, 19])
    memory.keep(START, body(b"x" * 10_000), raw_path=b"/larger")
    assert memory.recall(raw_path=b"/larger") is None
    memory.keep(START, body(b""), headers=[(b"x", b"y" * 10_000)])
    assert memory.recall(headers=[(b"x", b"y" * 10_000)]) is None


def test_a_measured_answer_says_that_it_was_remembered() -> None:
    """In place of the times that the first one took."""
    memory = Memory()
    memory.keep(START, body(b"x"), is_timed=True)
    (start, _) = memory.recall() or ({}, {})
    assert start["headers"] == [(b"a", b"b"), (b"server-timing", b"remembered")]


def test_unsteady_answers_leave_nothing_to_keep() -> None:
    """Their messages are passed on only."""
    passed = watched(START, body(b"x"), is_steady=False)
    assert (passed.has_begun, passed.messages, passed.is_one_piece) == (True, [], False)


@dataclass
class Site:
    """A door with one room over a real home; ``calls`` counts what its handlers answered."""

    seeded: Seeded
    house: House
    heard: list[Any] = field(default_factory=list)
    calls: int = 0
    answer: Outbound = Outbound(body=b"hello", is_steady=True)

    def __post_init__(self) -> None:
        room = Room(
            name="test",
            routes=self.routes(),
            read_credentials=read_credentials,
            render_error=render_error,
        )
        self.changes = Changes(DatagramChanges(self.house.settings.home / "run"), lambda _: {})
        self.door = Door(
            self.house.services,
            (Mount(("",), room),),
            sender=Sender(self.changes),
            changes=self.changes,
            observe=self.heard.append,
            options=DoorOptions(is_access_logged=True),
        )

    def routes(self) -> tuple[Route, ...]:
        def handle(services: Services, inbound: Inbound) -> Outbound:
            self.calls += 1
            return self.answer

        return Route("GET", "/api/a", handle), Route("GET", "/public", handle, is_public=True)

    def ask(self, count: int = 1, path: str = "/api/a", **headers: str) -> list[Any]:
        """Return the answers to the same request, made so many times."""

        async def run() -> list[Any]:
            transport = httpx2.ASGITransport(app=self.door)
            async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
                return [await client.get(path, headers=headers) for _ in range(count)]

        return asyncio.run(run())

    @property
    def key(self) -> dict[str, str]:
        return {"authorization": f"Key {self.seeded.admin_key}"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    seeded = seed(tmp_path / "home", queries={"one": "select 1"})
    house = open_house(Settings(home=seeded.home, log_level="error"))
    site = Site(seeded, house)
    yield site
    site.door.close()
    house.close()


def test_a_steady_answer_is_made_once_and_logged_each_time(site: Site) -> None:
    """Whoever counts requests sees every one of them."""
    answers = site.ask(5, **site.key)
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "hello")}
    assert site.calls == 1
    served = [event for event in site.heard if isinstance(event, RequestServed)]
    assert [(event.method, event.path, event.status) for event in served] == [
        ("GET", "/api/a", 200)
    ] * 5


def test_an_encoded_body_is_remembered_with_its_validators(site: Site) -> None:
    """So is that it has not changed."""
    site.answer = Outbound(body=Encoded(etag="t", open=lambda: Script(b"x" * 2000)), is_steady=True)
    whole = site.ask(2, **site.key)
    assert [len(answer.content) for answer in whole] == [2000, 2000]
    known = site.ask(2, **{"if-none-match": '"t"'}, **site.key)
    assert [answer.status_code for answer in known] == [304, 304]
    assert site.calls == 2


def test_what_is_not_steady_is_made_anew(site: Site) -> None:
    """Each time."""
    site.answer = Outbound(body=b"hello")
    site.ask(3, **site.key)
    assert site.calls == 3


def test_a_revoked_key_is_refused_by_the_next_request(site: Site) -> None:
    """Whichever process revoked it."""
    query = site.seeded.queries["one"]
    key = {"authorization": f"Key {site.seeded.query_keys['one']}"}
    assert [answer.status_code for answer in site.ask(3, **key)] == [200] * 3
    other = open_house(Settings(home=site.seeded.home, log_level="error"))
    services = other.services
    admin = services.keys.authenticate(site.seeded.admin_key)
    services.keys.replace_query_key(admin, services.queries.get(admin, query))
    other.close()
    with pytest.raises(NotAuthenticated):
        site.house.services.keys.authenticate(site.seeded.query_keys["one"])
    assert [answer.status_code for answer in site.ask(2, **key)] == [404, 404]
    assert site.calls == 1


def test_a_disabled_user_is_refused_by_the_next_request(site: Site) -> None:
    """Though he had the answer a moment ago."""
    key = {"authorization": f"Key {site.seeded.other_key}"}
    assert site.ask(2, **key)[1].status_code == 200
    store = site.house.store
    principal = site.house.services.keys.authenticate(site.seeded.other_key)
    assert principal.user_id is not None
    store.update_user(replace(store.get_user(principal.user_id), is_disabled=True))
    assert site.ask(1, **key)[0].status_code == 404


def test_sessions_and_strangers_are_asked_for_each_time(site: Site) -> None:
    """A session ends by the clock, which no version of the metadata tells."""
    accounts = site.house.services.accounts
    cookie, _ = accounts.sign_in(
        "default", "admin@example.org", "correct horse", remember=False, client=""
    )
    for _ in range(2):
        (answer,) = site.ask(1, cookie=f"session={cookie}")
        assert answer.status_code == 200
    site.ask(2, path="/public")
    assert site.calls == 4
