"""How much memory processes hold, while something else goes on."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

MIB = 1024


def pss_mib(pids: Iterable[int]) -> float:
    """Return the proportional memory of processes together, in MiB; those that ended count 0."""
    return sum(_pss_kib(pid) for pid in pids) / MIB


class Peak:
    """The most that ``read`` returned while the block ran."""

    def __init__(self, read: Callable[[], float], every_seconds: float = 0.05) -> None:
        self._read = read
        self._every = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.value = 0.0

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self.value = max(self.value, self._read())


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0
