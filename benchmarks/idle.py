"""What the server costs before it does anything: start, memory, processor."""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
from benchmarks.bench_home import Bench
from benchmarks.memory import pss_mib
from benchmarks.table import Row
from benchmarks.timing import paired

SETTLE_SECONDS = 3
WATCH_SECONDS = 10


def measure(bench: Bench) -> Iterator[Row]:
    """Yield start, idle memory, idle processor time and the start of the terminal."""
    yield Row(
        work="cold start to first answer",
        ours=bench.start_seconds,
        reference=3.0,
        reference_name="limit",
        most=1,
    )
    time.sleep(SETTLE_SECONDS)
    pids = [bench.server.process.pid, *bench.server.descendants()]
    yield Row(
        work=f"idle memory of {len(pids)} processes, PSS",
        ours=pss_mib(pids),
        reference=300,
        reference_name="limit",
        unit="MiB",
        most=1,
    )
    yield Row(
        work="idle processor time",
        ours=_busy_percent(pids),
        reference=1,
        reference_name="limit",
        unit="%",
        most=1,
    )
    yield _help()


def _busy_percent(pids: list[int]) -> float:
    before = _cpu_seconds(pids)
    time.sleep(WATCH_SECONDS)
    return (_cpu_seconds(pids) - before) / WATCH_SECONDS * 100


def _cpu_seconds(pids: list[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return float(sum(item.user + item.system for item in times))


def _help() -> Row:
    command = [sys.executable, "-m", "standpipe", "--help"]
    empty = [sys.executable, "-c", "pass"]
    quiet = subprocess.DEVNULL
    ours, _ = paired(
        lambda: subprocess.run(command, stdout=quiet, check=True),
        lambda: subprocess.run(empty, stdout=quiet, check=True),
    )
    return Row(work="standpipe --help", ours=ours, reference=0.3, reference_name="limit", most=1)
