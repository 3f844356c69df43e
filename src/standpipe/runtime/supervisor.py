"""One parent that forks the server's processes and replaces those that die.

It stays single-threaded and opens nothing that a child must not share: children are forked from
already imported code, so that they share its memory.
"""

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

STOP_SECONDS = 5.0
QUICK_DEATH_SECONDS = 5.0
MAX_PAUSE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One process: what it runs until it is told to stop by SIGTERM.

    A role that runs ``once`` is not started again when it ends. ``after_death`` gets the pid of
    a dead process and may name another role, to clean up after it.
    """

    name: str
    main: Callable[[], int]
    once: bool = False
    after_death: Callable[[int], "Role"] | None = None


@dataclass(slots=True)
class _Child:
    role: Role
    pid: int = 0
    started: float = 0.0
    quick_deaths: int = 0
    start_at: float = 0.0


class Supervisor:
    """Runs roles until SIGTERM or SIGINT."""

    def __init__(self, roles: Sequence[Role], *, stop_seconds: float = STOP_SECONDS) -> None:
        """Take the roles in the order in which they start; they have that long to stop."""
        self._stop_seconds = stop_seconds
        self._children = [_Child(role) for role in roles]
        self._stopping = False

    def run(self) -> int:
        """Start all roles and keep them running; returns 0 after an orderly stop."""
        signals = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        gc.freeze()
        while not self._stopping:
            self._start_due()
            received = signal.sigtimedwait(signals, self._pause())
            if received and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._stopping = True
            self._reap()
        return self._stop()

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if not child.pid and child.start_at <= now:
                self._start(child)

    def _start(self, child: _Child) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child.started = time.monotonic()
        child.pid = os.fork() or self._become(child.role)

    def _become(self, role: Role) -> int:
        """Run a role in the forked child; never returns."""
        code = 1
        try:
            _die_with_parent(role.name)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            code = role.main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except BaseException:  # noqa: BLE001 - the outer edge of a process: say why, then die
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _pause(self) -> float:
        """Return how long to sleep: until a child is due, at most a second."""
        now = time.monotonic()
        due = [child.start_at - now for child in self._children if not child.pid]
        return max(0.0, min([1.0, *due]))

    def _reap(self) -> None:
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._died(pid)

    def _died(self, pid: int) -> None:
        found = [child for child in self._children if child.pid == pid]
        if not found:
            return
        child = found[0]
        child.pid = 0
        if child.role.once:
            self._children.remove(child)
            return
        if self._stopping:
            return
        lived = time.monotonic() - child.started
        child.quick_deaths = child.quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
        pause = min(MAX_PAUSE_SECONDS, 0.1 * 2**child.quick_deaths) if child.quick_deaths > 1 else 0
        child.start_at = time.monotonic() + pause
        if child.role.after_death is not None:
            self._children.append(_Child(child.role.after_death(pid)))

    def _stop(self) -> int:
        deadline = time.monotonic() + self._stop_seconds
        self._signal_all(signal.SIGTERM)
        while any(child.pid for child in self._children) and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            self._reap()
        self._signal_all(signal.SIGKILL)
        for child in self._children:
            if child.pid:
                os.waitpid(child.pid, 0)
        gc.unfreeze()  # or native modules report everything frozen as leaked at exit
        return 0

    def _signal_all(self, number: int) -> None:
        for child in self._children:
            if child.pid:
                os.kill(child.pid, number)


def _die_with_parent(name: str) -> None:
    """Ask the kernel to end this process with its parent, and to show its name (Linux only)."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        library.prctl(_PR_SET_NAME, f"sp-{name}".encode()[:15])
