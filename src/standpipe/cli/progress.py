"""Waiting for a run: shows how far it is, runs it here if nobody else does, cancels on Ctrl-C."""

import signal
import sys
import threading
import time
from collections.abc import Sequence

import click

from standpipe.cli.homes import Desk
from standpipe.core.errors import ExecutionCancelled, ExecutionExpired, ExecutionFailed
from standpipe.core.executions import ExecutionState, Progress, Submission
from standpipe.core.results import Result

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 0.3  # a worker that exists takes a run in milliseconds
BAR_WIDTH = 20


def wait_for(at: Desk, submission: Submission) -> Result:
    """Return the result of a submission, with its progress on a terminal; ExecutionFailed.

    Ctrl-C cancels the submission. A run that no worker takes is run in this process.
    """
    # An exception in the middle of whatever is running could leave the store unable to cancel,
    # and the lock of an event could be held by just what the signal interrupts.
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        final = _watch(at, submission, interrupts)
    finally:
        signal.signal(signal.SIGINT, before)
        _print_progress("")
    if interrupts:
        raise KeyboardInterrupt
    return _result(at, final)


def _watch(at: Desk, submission: Submission, interrupts: Sequence[int]) -> Submission:
    clock = at.services.clock
    started = clock.monotonic()
    helper: threading.Thread | None = None
    while not submission.state.is_final:
        seconds = clock.monotonic() - started
        is_waiting = submission.state is ExecutionState.QUEUED and seconds > PATIENCE_SECONDS
        if is_waiting and (helper is None or not helper.is_alive()):
            helper = _help(at, submission)
        _print_progress(progress_line(submission.execution.progress, submission.state, seconds))
        if interrupts:
            submission = at.services.submissions.cancel(at.principal, submission.uid)
        else:
            time.sleep(POLL_SECONDS)  # noqa: TID251 - a signal handler may set no event
            submission = at.services.submissions.get(at.principal, submission.uid)
    if helper is not None:
        helper.join()
    return submission


def _help(at: Desk, submission: Submission) -> threading.Thread:
    """Run the execution in a thread of this process, in case there is no worker."""
    from standpipe.app import house

    thread = threading.Thread(target=house.run_one, args=(at.house, submission.execution.id))
    thread.start()
    return thread


def _print_progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{line}", err=True, nl=False)


def _result(at: Desk, submission: Submission) -> Result:
    execution = submission.execution
    if submission.state is ExecutionState.CANCELLED:
        raise ExecutionCancelled()
    if submission.state is ExecutionState.EXPIRED:
        raise ExecutionExpired(hint="Is a worker running?")
    if execution.result_id is None:
        raise ExecutionFailed(execution.error_message)
    return at.services.read.get(at.principal, execution.result_id)


def progress_line(progress: Progress, state: ExecutionState, seconds: float) -> str:
    """Return one line about a run: bar and percent where known, rows, bytes, time."""
    parts = [f"{state:<8}"]
    if progress.percent is not None and state is ExecutionState.RUNNING:
        full = int(BAR_WIDTH * min(max(progress.percent, 0.0), 100.0) / 100)
        parts.append(f"[{'#' * full}{'-' * (BAR_WIDTH - full)}] {progress.percent:3.0f} %")
    parts += [f"{progress.rows:,} rows", size_text(progress.bytes), f"{seconds:.1f} s"]
    return "  ".join(parts)


def size_text(byte_count: int) -> str:
    """Return a number of bytes for people: 999 B, 1.2 kB, 3.4 MB."""
    size = float(byte_count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
