"""Handlers over real services, whose clock stands still."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dialects.myreports.test_golden import save
from tests.support.seeded import seed

from standpipe.app.house import House, opened, run_one
from standpipe.config import Settings
from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId
from standpipe.core.principals import Principal
from standpipe.dialects.myreports.routes import MOUNTED_AT, ROOM
from standpipe.http.messages import Answer, Inbound, Later, Onward, Outbound
from standpipe.http.routing import RouteTable
from standpipe.services.directory import Services
from standpipe.testing import StoppedClock

TABLE = RouteTable(ROOM.routes)


@dataclass(frozen=True)
class Stage:
    """Services and who asks them."""

    house: House
    services: Services
    principal: Principal

    def ask(self, method: str, path: str, body: bytes = b"") -> Outbound:
        """Return the answer of a handler, and of what comes after it."""
        route, parts = TABLE.match(method, path)
        inbound = Inbound(method=method, path=path, parts=parts, body=body, caller=self.principal)
        answer: Answer = route.handler(self.services, inbound)
        while not isinstance(answer, Outbound):
            assert isinstance(answer, Onward), Later
            answer = answer.then()
        return answer

    def bodies(self, path: str) -> set[bytes]:
        """Return what every address of a request answers."""
        other = path.replace("/requests/", "/results/")
        places = [f"{prefix}{each}" for prefix in MOUNTED_AT for each in (path, other)]
        bodies = [self.ask("GET", place).body for place in places]
        return {body for body in bodies if isinstance(body, bytes)}

    def data(self, method: str, path: str, body: bytes = b"") -> Any:
        """Return what stands in the envelope."""
        answer = self.ask(method, path, body)
        assert isinstance(answer.body, bytes)
        return msgspec.json.decode(answer.body)["data"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = seed(tmp_path / "home")
    with opened(Settings(home=made.home, log_level="error"), is_operator=True) as house:
        save(house, "One", "SELECT 1 AS a", {})
        services = replace(house.services, clock=StoppedClock())
        admin = services.accounts.find_user("admin@example.org")
        yield Stage(house, services, services.accounts.principal(admin))


def requested(stage: Stage) -> str:
    """Return the path of a new request, below a prefix."""
    (workspace,) = stage.data("GET", "/v1.0/workspaces")
    reports = f"/workspaces/{workspace['id']}/reports"
    (report,) = stage.data("GET", f"/v1.0{reports}")
    requests = f"{reports}/{report['id']}/requests"
    begun = stage.data("POST", f"/v1.0{requests}", b'{"dateFilter": {"presetName": "All"}}')
    return f"{requests}/{begun['requestId']}"


def test_a_status_has_the_same_bytes_in_every_form(stage: Stage) -> None:
    """Before the end of the run, and after it."""
    path = requested(stage)
    before = stage.bodies(path)
    assert len(before) == 1
    assert b'"status":"InProgress"' in before.pop()
    (job,) = stage.services.jobs.find(stage.principal, 1)
    assert run_one(stage.house, job.execution.id)
    after = stage.bodies(path)
    assert len(after) == 1
    assert b'"status":"Complete"' in after.pop()


def test_settings_that_cannot_be_read_any_more_hide_no_other_report(stage: Stage) -> None:
    """As after the end of a time zone: the list has both, and one of them says what is wrong."""
    query = stage.services.queries.get(stage.principal, QueryId(1))
    save(stage.house, "Two", "SELECT 2 AS a", {"template": "Pairs"})
    stage.house.store.update_query(replace(query, report={"time_zone": "Gone"}), author_id=None)
    (workspace,) = stage.data("GET", "/v1.0/workspaces")
    reports = f"/v1.0/workspaces/{workspace['id']}/reports"
    listed = stage.data("GET", reports)
    assert [each["reportTemplateName"] for each in listed] == ["One", "Pairs"]
    with pytest.raises(FieldInvalid, match="time_zone"):
        stage.ask("GET", f"{reports}/{listed[0]['id']}")
