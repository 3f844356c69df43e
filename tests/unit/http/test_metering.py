"""The meter of results: added up, stored later, never lost while it lives."""

import threading
from collections.abc import Mapping

from standpipe.core.errors import Unavailable
from standpipe.core.ids import UserId, WorkspaceId
from standpipe.core.usage import Account, Reads
from standpipe.http.metering import Meter

ADA, BOB = Account(WorkspaceId(1), UserId(1)), Account(WorkspaceId(1), UserId(2))


class Shelf:
    """Keeps what is stored, after a few failures."""

    def __init__(self, failures: int = 0) -> None:
        self.stored: list[Mapping[Account, Reads]] = []
        self.has_stored = threading.Event()
        self._failures = failures

    def save(self, reads: Mapping[Account, Reads]) -> None:
        if self._failures:
            self._failures -= 1
            raise Unavailable("locked")
        self.stored.append(reads)
        self.has_stored.set()


def test_what_is_added_is_stored_as_sums() -> None:
    """Once at the end, if that comes first."""
    shelf = Shelf()
    meter = Meter(shelf.save, every_seconds=60)
    for account, size in ((ADA, 10), (BOB, 5), (ADA, 0)):
        meter.add(account, size)
    meter.close()
    assert shelf.stored == [{ADA: Reads(2, 10), BOB: Reads(1, 5)}]


def test_what_cannot_be_stored_is_kept() -> None:
    """And stored with what follows; nothing twice."""
    shelf = Shelf(failures=2)
    meter = Meter(shelf.save, every_seconds=0.01)
    meter.add(ADA, 10)
    assert shelf.has_stored.wait(10)
    meter.add(ADA, 1)
    meter.close()
    assert shelf.stored == [{ADA: Reads(1, 10)}, {ADA: Reads(1, 1)}]


def test_threads_lose_no_counts() -> None:
    """While others are stored."""
    shelf = Shelf()
    meter = Meter(shelf.save, every_seconds=0.001)
    threads = [
        threading.Thread(target=lambda: [meter.add(ADA, 3) for _ in range(2000)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    meter.close()
    assert sum(each[ADA].count for each in shelf.stored) == 8000
    assert sum(each[ADA].byte_count for each in shelf.stored) == 24_000


def test_nothing_read_is_nothing_stored() -> None:
    """An idle server writes nothing."""
    shelf = Shelf()
    Meter(shelf.save).close()
    assert shelf.stored == []
