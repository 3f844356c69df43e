"""Merging parts of uploaded tables: many small inserts leave a table that is read fast.

Parts that follow each other become one, in their place: what can be read, its order and its
version stay as they are. Runs that have begun go on with the old parts, which are kept for a day.
Whatever ends this in between, nothing is lost: a part is merged or it is not.
"""

from collections.abc import Sequence
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import SourceFailed, StandpipeError
from standpipe.core.executions import RunLimits
from standpipe.core.ids import TableId
from standpipe.core.ports import ArtifactStore, Merging, PartStore, Transactions
from standpipe.core.storage import telling_full
from standpipe.core.tables import TablePart

FEWEST_PARTS = 16
MOST_PARTS = 1000
MOST_BYTES = 256 * 1024**2  # of the parts that are merged at once: some seconds
# Parts of like size are merged, so that a large one is not written again for every small one.
SIZES = (64 * 1024, 1024**2, 16 * 1024**2)


class CompactionStore(PartStore, Transactions, Protocol):
    """The slice of the metadata store that compaction needs."""


class Compaction:
    """Several at once do no harm: the one that comes later finds its parts gone."""

    def __init__(
        self,
        store: CompactionStore,
        *,
        artifacts: ArtifactStore,
        merging: Merging,
        limits: RunLimits,
        clock: Clock,
    ) -> None:
        """Take the ports; a merge is held to the ``limits`` of a run."""
        self._store = store
        self._artifacts = artifacts
        self._merging = merging
        self._limits = limits
        self._clock = clock

    def find(self) -> tuple[TableId, ...]:
        """Return the tables that may have parts to merge."""
        return self._store.find_scattered(FEWEST_PARTS)

    def merge(self, table_id: TableId) -> int:
        """Merge some parts of a table; returns how many, 0 when there is nothing to gain.

        The table stays as it is then, and also if its parts cannot be read or written:
        ResultExpired, ExecutionFailed, StorageFull.
        """
        parts = choose_parts(self._store.find_parts(table_id))
        if not parts:
            return 0
        merged = self._write(parts)
        is_merged = False
        try:
            is_merged = self._store.merge_parts(table_id, parts, merged, self._clock.now())
        finally:  # it was cleared, replaced or deleted meanwhile, or cannot be told of
            if not is_merged:
                self._artifacts.delete(merged.artifact.key)
        return len(parts)

    def _write(self, parts: Sequence[TablePart]) -> TablePart:
        """Write the rows of parts where nobody sees them yet."""
        files = [self._artifacts.local_path(part.artifact.key) for part in parts]
        with telling_full():
            slot = self._artifacts.slot()
        try:
            row_count = self._merging.merge(files, slot, self._limits)
            if row_count != sum(part.row_count for part in parts):
                raise SourceFailed("The parts of a table have other rows than they had.")
            with telling_full():
                artifact = self._artifacts.seal(slot)
        except StandpipeError:
            self._artifacts.discard(slot)
            raise
        return TablePart(artifact=artifact, row_count=row_count, created_at=parts[0].created_at)


def choose_parts(parts: Sequence[TablePart]) -> tuple[TablePart, ...]:
    """Return parts that follow each other and are worth merging: small ones first, few never."""
    for size in SIZES:
        run: list[TablePart] = []
        held = 0
        for part in parts:
            byte_count = part.artifact.byte_count
            if byte_count >= size or held + byte_count > MOST_BYTES or len(run) == MOST_PARTS:
                if len(run) >= FEWEST_PARTS:
                    break
                run, held = [], 0
            if byte_count < size:
                run.append(part)
                held += byte_count
        if len(run) >= FEWEST_PARTS:
            return tuple(run)
    return ()
