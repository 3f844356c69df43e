"""Medians of work and of its reference, run in turn so that both see the same machine."""

import statistics
import time
from collections.abc import Callable, Sequence

REPEATS = 5


def paired(
    ours: Callable[[], object],
    reference: Callable[[], object],
    repeats: int = REPEATS,
    *,
    before: Callable[[], object] = lambda: None,
) -> tuple[float, float]:
    """Return the median seconds of both, after one of each to warm up; ``before`` is not timed."""
    ours()
    reference()
    pairs = []
    for _ in range(repeats):
        before()
        first = timed(ours)
        before()
        pairs.append((first, timed(reference)))
    return median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)
