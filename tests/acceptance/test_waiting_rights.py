"""Rights taken from somebody who waits: the end of the run is not for him any more."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from tests.support.seeded import Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.workspaces import User
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SLEEP = "select 'secret' as rows_of_it, pg_sleep(3) is null as slept"
QUIET = {"STANDPIPE_LOG_LEVEL": "error"}

Change = Callable[[Any, User], None]


@pytest.fixture
def seeded(tmp_path: Path) -> Seeded:
    return seed(tmp_path / "home", queries={"sleep": SLEEP})


@pytest.fixture
def server(seeded: Seeded) -> Iterator[RunningServer]:
    with running(["serve"], seeded.home, environment=QUIET) as server:
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
    ("change", "status"),
    [
        (lose_the_key, 401),
        (be_locked_out, 401),
        (leave_the_groups, 503),
        (lose_the_source, 403),
    ],
)
def test_nobody_gets_what_he_may_not_have_any_more(
    change: Change, status: int, seeded: Seeded, server: RunningServer
) -> None:
    """Neither rows nor how the run ended, by whichever way he waits."""
    query = seeded.queries["sleep"]
    body = {"sql": f"{SLEEP} -- other", "data_source_id": seeded.source_id}
    held = server.call("POST", "/v1/executions", body, key=seeded.other_key).json()
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/v1/queries/{query}/results?wait=60", None),
        ("POST", f"/v1/queries/{query}/executions?wait=60", {"max_age": 0}),
        ("GET", f"/v1/executions/{held['id']}/results?wait=60", None),
        ("GET", f"/v1/executions/{held['id']}/events", None),
    ]
    with ThreadPoolExecutor(len(asked)) as callers:
        answers = [callers.submit(server.call, *ask, key=seeded.other_key) for ask in asked]
        until_running(server, seeded, held["id"])
        with opened(Settings(home=seeded.home, log_level="error"), is_operator=True) as house:
            change(house, house.services.accounts.find_user("other@example.org"))
        assert not any(answer.done() for answer in answers)
        *waited, events = [answer.result() for answer in answers]
    assert [answer.status for answer in waited] == [status] * 3
    assert not any(b"secret" in answer.body for answer in waited)
    assert b"event: end" not in events.body


def until_running(server: RunningServer, seeded: Seeded, id: str) -> None:
    """Return when a run goes on; an administrator may look at everybody's."""
    path = f"/v1/executions/{id}"
    while server.call("GET", path, key=seeded.admin_key).json()["state"] != "running":
        sleep(0.05)
