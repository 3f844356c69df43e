"""The supervisor: starts roles, replaces the dead, cleans up after them, and stops them all."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

PROGRAM = textwrap.dedent(
    """
    import os, signal, sys, time
    from pathlib import Path
    from standpipe.runtime.supervisor import Role, Supervisor

    log = Path(sys.argv[1])

    def note(text):
        with log.open("a") as file:
            file.write(text + "\\n")

    def work():
        note(f"work {os.getpid()}")
        signal.pause()
        return 0

    def stubborn():
        signal.signal(signal.SIGTERM, lambda *_: (note("told"), sys.exit(0)))
        note(f"polite {os.getpid()}")
        while True:
            time.sleep(0.05)

    def after(pid):
        return Role(name="after", main=lambda: note(f"after {pid}") or 0, once=True)

    roles = [
        Role(name="work", main=work, after_death=after),
        Role(name="polite", main=stubborn),
        Role(name="once", main=lambda: note("once") or 0, once=True),
    ]
    sys.exit(Supervisor(roles).run())
    """
)


def _start(tmp_path: Path) -> "tuple[subprocess.Popen[bytes], Path]":
    log = tmp_path / "log"
    log.touch()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(log)])
    return process, log


def _await(log: Path, word: str, count: int = 1) -> list[str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        lines = [line for line in log.read_text().splitlines() if line.startswith(word)]
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"no {count} x {word}: {log.read_text()}")


def test_a_dead_process_is_replaced_and_cleaned_up_after(tmp_path: Path) -> None:
    """Kill -9 of a role starts a new process, and the role that cleans up learns the old pid."""
    process, log = _start(tmp_path)
    try:
        pid = int(_await(log, "work")[0].split()[1])
        os.kill(pid, signal.SIGKILL)
        assert int(_await(log, "work", 2)[1].split()[1]) != pid
        assert _await(log, "after") == [f"after {pid}"]
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_a_stop_reaches_every_process_and_waits_for_it(tmp_path: Path) -> None:
    """SIGTERM to the supervisor is passed on; it ends with 0 when all have ended."""
    process, log = _start(tmp_path)
    _await(log, "work")
    polite = int(_await(log, "polite")[0].split()[1])
    process.terminate()
    assert process.wait(20) == 0
    assert _await(log, "told") == ["told"]
    assert not Path(f"/proc/{polite}").exists()


def test_a_role_that_runs_once_is_not_repeated(tmp_path: Path) -> None:
    """Its end is not a death."""
    process, log = _start(tmp_path)
    _await(log, "once")
    time.sleep(0.3)
    process.terminate()
    process.wait(20)
    assert log.read_text().splitlines().count("once") == 1


def test_processes_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    """Kill -9 of the supervisor leaves nobody behind."""
    process, log = _start(tmp_path)
    pids = [int(_await(log, word)[0].split()[1]) for word in ("work", "polite")]
    process.kill()
    process.wait(20)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
