"""Merging parts: which ones, that nobody notices, and what is left when it does not end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.connectors.duckdb import read_rows
from tests.contracts.house import NOW
from tests.support.services import Stage

from standpipe.core.errors import ResultExpired, ResultTooLarge
from standpipe.core.executions import RunLimits
from standpipe.core.results import Artifact
from standpipe.core.tables import BodyFormat, TableColumn, TableColumnType, TablePart, UploadedTable
from standpipe.services.compaction import FEWEST_PARTS, MOST_PARTS, Compaction, choose_parts
from standpipe.services.uploads import Rows, TableAsk

MIB = 1024**2
COLUMNS = (
    TableColumn(name="id", type=TableColumnType.BIGINT),
    TableColumn(name="large", type=TableColumnType.UINT256),
    TableColumn(name="raw", type=TableColumnType.VARBINARY),
)


class Desk(Stage):
    """A stage with a table and the service over it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.compaction = self.over(self.connectors)
        self.table = self.uploads.create(self.author, TableAsk(name="rates"), COLUMNS)

    def over(self, merging: Any, limits: RunLimits = RunLimits()) -> Compaction:  # noqa: B008
        return Compaction(
            self.store,
            artifacts=self.artifacts,
            merging=merging,
            limits=limits,
            clock=self.clock,
        )

    def insert(self, start: int, count: int = 1) -> UploadedTable:
        body = self.folder / "body"
        lines = (f"{n},{2**255 + n},0x{n:04x}\n" for n in range(start, start + count))
        body.write_text("id,large,raw\n" + "".join(lines))
        rows = Rows(body, BodyFormat.CSV)
        return self.uploads.insert(self.author, "ada", "rates", rows).table

    @property
    def rows(self) -> list[Any]:
        parts = self.store.find_parts(self.table.id)
        files = [self.artifacts.local_path(part.artifact.key) for part in parts]
        return [row for file in files for row in read_rows(file)]

    @property
    def held(self) -> set[str]:
        return {part.artifact.key for part in self.store.find_parts(self.table.id)}

    @property
    def files(self) -> set[str]:
        return set(self.artifacts.find_keys(-1))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def part(byte_count: int) -> TablePart:
    artifact = Artifact(key="ab/x.parquet", byte_count=byte_count, sha256="")
    return TablePart(artifact=artifact, row_count=1, created_at=NOW)


def chosen(*sizes: int) -> list[int]:
    return [part.artifact.byte_count for part in choose_parts([part(size) for size in sizes])]


def test_small_neighbours_are_chosen() -> None:
    """Few are left alone; what is large is not written again for what is small."""
    small, middle, large = 500, 100_000, 20 * MIB
    assert chosen(*[small] * (FEWEST_PARTS - 1)) == []
    assert chosen(*[small] * FEWEST_PARTS) == [small] * FEWEST_PARTS
    assert chosen(large, *[small] * 20, large) == [small] * 20
    assert chosen(*[small] * 10, large, *[small] * 10) == []
    assert chosen(*[middle] * 16, *[small] * 16) == [small] * 16
    assert chosen(*[middle] * 10, *[small] * 10) == [middle] * 10 + [small] * 10
    assert chosen(*[large] * 100) == []
    assert chosen(*[small] * (MOST_PARTS + 5)) == [small] * MOST_PARTS
    assert len(chosen(*[15 * MIB] * 40)) == 17


def test_many_parts_become_one_and_nobody_notices(desk: Desk) -> None:
    """Rows, their order and the version stay; who reads the old parts may go on for a day."""
    for start in range(FEWEST_PARTS + 4):
        table = desk.insert(start)
    rows, old = desk.rows, desk.held
    assert desk.compaction.find() == (table.id,)
    assert desk.compaction.merge(table.id) == FEWEST_PARTS + 4
    assert (desk.rows, len(desk.held)) == (rows, 1)
    assert desk.store.get_table(table.id).version == table.version
    assert desk.files == old | desk.held
    assert desk.compaction.find() == ()
    assert desk.compaction.merge(table.id) == 0
    assert desk.insert(100, 3).row_count == FEWEST_PARTS + 7


def test_a_table_that_changes_meanwhile_stays_as_it_is(desk: Desk) -> None:
    """What was written for nothing is gone; rows that come meanwhile are not lost."""

    class Meanwhile:
        def __init__(self, change: Any) -> None:
            self.change = change

        def merge(self, *asked: Any) -> int:
            self.change()
            return desk.connectors.merge(*asked)

    for start in range(FEWEST_PARTS):
        desk.insert(start)
    desk.over(Meanwhile(lambda: desk.insert(50))).merge(desk.table.id)
    assert [row[0] for row in desk.rows] == [*range(FEWEST_PARTS), 50]
    for start in range(FEWEST_PARTS):
        desk.insert(start)
    before = desk.files
    emptied = Meanwhile(lambda: desk.uploads.clear(desk.author, "ada", "rates"))
    assert desk.over(emptied).merge(desk.table.id) > 0
    assert (desk.rows, desk.files) == ([], before)


def test_a_merge_that_fails_leaves_nothing(desk: Desk) -> None:
    """A limit is broken, or a part is missing."""
    for start in range(FEWEST_PARTS):
        desk.insert(start)
    before, rows = desk.files, desk.rows

    with pytest.raises(ResultTooLarge):
        desk.over(desk.connectors, RunLimits(artifact_bytes=10)).merge(desk.table.id)
    assert (desk.files, desk.rows) == (before, rows)
    assert not list((desk.folder / "artifacts" / "slots").glob("*"))
    desk.artifacts.delete(min(desk.held))
    with pytest.raises(ResultExpired):
        desk.compaction.merge(desk.table.id)
