"""Uploaded tables behind a running server: what is asked follows what was sent, from anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.native import Native, Stage, rows_of, served

from standpipe.app.house import House, opened
from standpipe.config import Settings
from standpipe.core.principals import Principal
from standpipe.core.tables import BodyFormat
from standpipe.services.uploads import Rows, TableAsk

pytestmark = pytest.mark.acceptance


@contextmanager
def uploading(stage: Stage) -> Iterator[tuple[House, Principal]]:
    """Open the server's home in this process, as the administrator."""
    with opened(Settings(home=stage.seeded.home, log_level="error")) as house:
        yield house, house.services.keys.authenticate(stage.seeded.admin_key)


def rows(caller: Native, path: str) -> list[list[object]]:
    """Read the rows of a query that any stored result answers."""
    found: list[list[object]] = rows_of(caller.get(f"{path}?shape=arrays"))["rows"]
    return found


def test_answers_follow_what_another_process_inserts(tmp_path: Path) -> None:
    """Of any age, in every worker; a private table is not there for others."""
    sql = "select sum(n) as n, count(*) as rows from dune.admin.numbers"
    secret = "select * from dune.admin.secret"
    with served(tmp_path / "home", numbers=sql, secret=secret) as stage:
        with uploading(stage) as (house, admin):
            uploads, body = house.services.uploads, tmp_path / "body"
            body.write_bytes(b"n\n1\n")
            uploads.upload_csv(admin, TableAsk(name="numbers"), body)
            uploads.upload_csv(admin, TableAsk(name="secret", is_private=True), body)
            path = stage.path("numbers", "/results")
            for caller in (stage.admin, stage.other):
                assert rows(caller, path) == [[1, 1]]
            body.write_bytes(b'{"n": 5}\n{"n": -2}')
            uploads.insert(admin, "admin", "numbers", Rows(body, BodyFormat.NDJSON))
            for caller in (stage.other, stage.admin):
                assert rows(caller, path) == [[4, 3]]
        private = stage.path("secret", "/results")
        assert rows(stage.admin, private) == [[1]]
        assert stage.other.get(private).status >= 400
        assert stage.other.get(stage.path("secret", "/results/latest")).status == 404
