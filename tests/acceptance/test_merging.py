"""Parts of a table, merged by a process that is killed: every row stays, once and in its place."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pyarrow.parquet
import pytest
from tests.support.seeded import seed

from standpipe.app.house import House, make_compaction, opened
from standpipe.config import Settings
from standpipe.core.ids import TableId
from standpipe.core.tables import BodyFormat
from standpipe.services.compaction import FEWEST_PARTS
from standpipe.services.uploads import Rows, TableAsk

pytestmark = pytest.mark.acceptance

KILLS = 12
MERGING = """
import sys
from pathlib import Path
from standpipe.app.house import make_compaction, opened
from standpipe.config import Settings

with opened(Settings(home=Path(sys.argv[1]), log_level="error")) as house:
    house.connectors.warm()
    compaction = make_compaction(house)
    print("ready", flush=True)
    while table_ids := compaction.find():
        if not any([compaction.merge(table_id) for table_id in table_ids]):
            break
"""


class Table:
    """One uploaded table that grows by parts of three rows."""

    def __init__(self, home: Path, key: str, body: Path) -> None:
        self._numbers = count()
        self._body = body
        self._key = key
        self.home = home
        self.rows: list[int] = []

    @contextmanager
    def house(self) -> Iterator[House]:
        with opened(Settings(home=self.home, log_level="error")) as house:
            yield house

    def grow(self, house: House, parts: int) -> None:
        author = house.services.keys.authenticate(self._key)
        for _ in range(parts):
            new = [next(self._numbers) for _ in range(3)]
            self._body.write_text("n\n" + "".join(f"{n}\n" for n in new))
            if self.rows:
                rows = Rows(self._body, BodyFormat.CSV)
                house.services.uploads.insert(author, "admin", "numbers", rows)
            else:
                house.services.uploads.upload_csv(author, TableAsk(name="numbers"), self._body)
            self.rows += new

    def stored(self, house: House) -> tuple[int, list[int]]:
        """Return how many parts there are, and the rows in their order."""
        parts = house.store.find_parts(TableId(1))
        files = [house.artifacts.local_path(part.artifact.key) for part in parts]
        tables = [pyarrow.parquet.read_table(file) for file in files]
        return len(parts), [n for table in tables for n in table.column("n").to_pylist()]


@pytest.mark.timeout(240)
def test_a_killed_merge_neither_loses_nor_doubles_a_row(tmp_path: Path) -> None:
    """Whenever it is killed; afterwards what is left is merged as ever."""
    seeded = seed(tmp_path / "home")
    table = Table(seeded.home, seeded.admin_key, tmp_path / "body")
    seen = set[bool]()
    seconds = 60.0  # the first one may end; from then on it is about what a merge takes here
    for _ in range(KILLS):
        with table.house() as house:
            before, _ = table.stored(house) if table.rows else (0, [])
            if before < FEWEST_PARTS:
                table.grow(house, FEWEST_PARTS)
                before += FEWEST_PARTS
        lived = merge_for(seconds, table.home)
        with table.house() as house:
            after, rows = table.stored(house)
        assert rows == table.rows
        is_merged = after < before
        seen.add(is_merged)
        seconds = lived * (0.75 if is_merged else 1.15)
    assert seen == {True, False}
    with table.house() as house:
        table.grow(house, FEWEST_PARTS)
        while make_compaction(house).merge(TableId(1)):
            pass
        after, rows = table.stored(house)
    assert (after < FEWEST_PARTS, rows) == (True, table.rows)


def merge_for(seconds: float, home: Path) -> float:
    """Merge in a process that is killed after that time; returns how long it lived."""
    merging = subprocess.Popen(
        [sys.executable, "-c", MERGING, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with merging:
        assert merging.stdout is not None
        assert merging.stdout.readline() == "ready\n"
        began = time.monotonic()
        try:
            merging.wait(seconds)
        except subprocess.TimeoutExpired:
            merging.kill()
        return time.monotonic() - began
