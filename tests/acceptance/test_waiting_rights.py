"""Rights taken from somebody who waits: the end of the run is not for him any more."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from select import select
from typing import Any

import pytest
from tests.support.seeded import Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.workspaces import User
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SECRET = "select 'secret' as rows_of_it"
QUIET = {"STANDPIPE_LOG_LEVEL": "error"}
PROBES = 20

Change = Callable[[Any, User], None]


@pytest.fixture
def seeded(tmp_path: Path) -> Seeded:
    return seed(tmp_path / "home", queries={"secret": SECRET})


@pytest.fixture
def server(seeded: Seeded) -> Iterator[RunningServer]:
    """Return a server that queues runs and makes none."""
    with running(["serve", "--workers", "0"], seeded.home, environment=QUIET) as server:
        yield server


def lose_the_key(house: Any, user: User) -> None:
    house.services.keys.replace_user_key(house.services.accounts.principal(user), user)


def be_locked_out(house: Any, user: User) -> None:
    house.services.accounts.set_disabled(user, is_disabled=True)


def lose_the_source(house: Any, user: User) -> None:
    (source,) = house.store.find_data_sources(user.workspace_id)
    house.store.update_data_source(replace(source, grants={}))


def leave_the_groups(house: Any, user: User) -> None:
    house.store.update_user(replace(user, group_ids=()))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lose_the_key, 401),
        (be_locked_out, 401),
        (leave_the_groups, 503),
        (lose_the_source, 403),
    ],
)
def test_nobody_gets_what_he_may_not_have_any_more(
    change: Change, expected: int, seeded: Seeded, server: RunningServer
) -> None:
    """Neither rows nor how the run ended, by whichever way he waits."""
    query = seeded.queries["secret"]
    body = {"sql": f"{SECRET} -- other", "data_source_id": seeded.source_id}
    held = server.call("POST", "/v1/executions", body, key=seeded.other_key).json()
    asked = [
        ("GET", f"/v1/queries/{query}/results?wait=60"),
        ("POST", f"/v1/queries/{query}/executions?wait=60"),
        ("GET", f"/v1/executions/{held['id']}/results?wait=60"),
        ("GET", f"/v1/executions/{held['id']}/events"),
    ]
    with ExitStack() as open_ones:
        *waiting, events = [
            open_ones.enter_context(closing(asking(server, seeded.other_key, *ask)))
            for ask in asked
        ]
        for _ in range(PROBES):  # what was sent before them is under way when they are answered
            server.call("GET", f"/v1/executions/{held['id']}", key=seeded.admin_key)
        with opened(Settings(home=seeded.home, log_level="error"), is_operator=True) as house:
            change(house, house.services.accounts.find_user("other@example.org"))
        assert select([each.sock for each in waiting], [], [], 0)[0] == []
        with working(seeded.home):
            answers = [
                (each.status, each.read()) for each in (one.getresponse() for one in waiting)
            ]
            told = events.getresponse().read()
    assert [status for status, _ in answers] == [expected] * 3
    assert not any(b"secret" in body for _, body in answers)
    assert b"event: end" not in told


def asking(server: RunningServer, key: str, method: str, path: str) -> HTTPConnection:
    """Send a request, and do not wait for its answer."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    body = json.dumps({"max_age": 0}) if method == "POST" else None
    connection.request(method, path, body, {"Authorization": f"Key {key}"})
    return connection


@contextmanager
def working(home: Path) -> Iterator[None]:
    """Run what is queued, until the block ends."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "standpipe", "worker", "--home", str(home)],
        env={**os.environ, **QUIET},
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)
