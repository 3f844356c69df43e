"""Memory that the machine has at hand before work is measured that writes large files.

A virtual machine gives unused memory back to its host, which takes a hundred times as long to hand
out a page as to hand out one that was used a moment ago. What is measured is the server and its
reference, so both find such pages: a file as large as what they will write was there just before.
"""

from pathlib import Path

from benchmarks.timing import median, timed

_BYTES = 256 * 1024**2
_PIECE = b"\0" * 1024**2


class Ballast:
    """A file that comes and goes, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def renew(self) -> None:
        """Have 256 MiB of the page cache written and freed."""
        self._write()
        self._path.unlink()

    def note(self) -> str:
        """Return the sentence that says what fresh memory costs on this machine."""
        self.renew()
        used = timed(self._write)
        kept = [self._path.rename(self._path.with_name("kept-0"))]
        fresh = []
        for number in range(1, 13):
            fresh.append(timed(self._write))
            kept.append(self._path.rename(self._path.with_name(f"kept-{number}")))
        for path in kept:
            path.unlink()
        return (
            f"Writing 256 MiB to a new file takes {used * 1000:.0f} ms in memory that was used just"
            f" before, and {median(fresh[-5:]) * 1000:.0f} ms in memory that nobody used for a"
            " while. Runs and downloads that write large files, and their references, are measured"
            " with the former."
        )

    def _write(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            for _ in range(_BYTES // len(_PIECE)):
                file.write(_PIECE)
