"""Children come and go: death of a child, of the template, of the worker; sharing and waste."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contracts.connectors.duckdb import DuckDBLab, children_of, is_alive

from standpipe.connectors.duckdb.crew import Crew
from standpipe.core.errors import ExecutionCancelled, MemoryExceeded, SourceFailed
from standpipe.core.executions import RunLimits

ENDLESS = DuckDBLab.facts.endless
OWNER = """
import sys, threading
from pathlib import Path
from tests.contracts.connectors.duckdb import DuckDBLab
lab = DuckDBLab(Path(sys.argv[1]))
lab.run("SELECT 1")
run, _ = lab.start(sys.argv[2])
while not run.progress().percent and len(lab.child_ids()) < 2:
    run.wait(0.05)
print(lab.connector._crew._nursery.process_id, flush=True)
threading.Event().wait(60)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[DuckDBLab]:
    lab = DuckDBLab(tmp_path / "lab")
    yield lab
    lab.close()


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def start_endless(lab: DuckDBLab) -> tuple[object, int]:
    """Start a run and return it with the process id of its child."""
    run, _ = lab.start(ENDLESS)
    wait_until(lambda: run._errand._has_begun)
    return run, run._errand._child.process_id


def test_nothing_is_started_before_the_first_run(lab: DuckDBLab) -> None:
    """Looking at settings starts no process."""
    lab.connector.check_settings({"paths": [str(lab.data)]})
    assert lab.child_ids() == []


def test_a_child_that_is_killed_fails_its_run_alone(lab: DuckDBLab) -> None:
    """The run says that its process died; others, and the next one, do not notice."""
    victim, child_id = start_endless(lab)
    other, _ = start_endless(lab)
    os.kill(child_id, signal.SIGKILL)
    with pytest.raises(SourceFailed, match=r"process died.*killed from outside"):
        victim.outcome()
    assert not other.wait(0.1)
    assert lab.run("SELECT 1")[1] == [(1,)]
    other.cancel()
    with pytest.raises(ExecutionCancelled):
        other.outcome()


def test_an_idle_child_that_is_killed_is_replaced(lab: DuckDBLab) -> None:
    """A dead child in waiting costs nobody a run."""
    for _ in range(3):
        assert lab.run("SELECT 1")[1] == [(1,)]
        for child_id in lab.child_ids():
            os.kill(child_id, signal.SIGKILL)
    assert lab.run("SELECT 1")[1] == [(1,)]


def test_the_template_is_replaced_when_it_is_killed(lab: DuckDBLab) -> None:
    """Its children die with it, and the next run starts a new one."""
    run, child_id = start_endless(lab)
    os.kill(lab.connector._crew._nursery.process_id, signal.SIGKILL)
    with pytest.raises(SourceFailed, match="process died"):
        run.outcome()
    wait_until(lambda: not is_alive(child_id))
    assert lab.run("SELECT 1")[1] == [(1,)]


def test_no_process_outlives_a_worker_that_is_killed(tmp_path: Path) -> None:
    """A kill -9 of the worker ends template and children, and the next worker clears up."""
    home = tmp_path / "killed"
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home), ENDLESS],
        stdout=subprocess.PIPE,
        cwd=Path.cwd(),
        env={"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
    ) as owner:
        assert owner.stdout is not None
        template_id = int(owner.stdout.readline())
        family = [template_id, *children_of(template_id)]
        assert len(family) >= 3
        owner.kill()
    wait_until(lambda: not any(is_alive(process_id) for process_id in family))
    left = list((home / "scratch").glob("crew-*"))
    assert left
    crew = Crew(home / "scratch")
    crew.take("key").end()
    assert not any(folder.exists() for folder in left)
    crew.close()
    assert list((home / "scratch").iterdir()) == []


def test_runs_succeed_beside_one_that_eats_memory(lab: DuckDBLab) -> None:
    """Twenty runs at once are not disturbed by a neighbour that is killed for its memory."""
    limits = RunLimits(seconds=60.0, memory_bytes=256 * 1024**2)
    greedy = [lab.start("SELECT list(range(200000000))", limits=limits)[0] for _ in range(2)]
    runs = [lab.start(f"SELECT {number} + sum(id) FROM things")[0] for number in range(20)]
    assert [run.outcome()[1] for run in runs] == [1] * 20
    for run in greedy:
        with pytest.raises(MemoryExceeded):
            run.outcome()


def test_a_source_keeps_its_child(lab: DuckDBLab) -> None:
    """The next statement on a source finds the engine that opened it."""
    lab.run("SELECT 1")
    (before,) = [idle.child.process_id for idle in lab.connector._crew._idle]
    lab.run("SELECT 2")
    (after,) = [idle.child.process_id for idle in lab.connector._crew._idle]
    assert before == after


def test_sources_never_share_a_child(lab: DuckDBLab) -> None:
    """A source cannot be reached through the engine of another one."""
    empty = lab.new_source(number=2)
    lab.run("FROM things")
    with pytest.raises(SourceFailed, match="things"):
        lab.run("FROM things", source=empty)
    assert len({idle.child.process_id for idle in lab.connector._crew._idle}) == 2


def test_a_file_that_changes_is_seen_by_the_next_run(lab: DuckDBLab) -> None:
    """Rows and columns are those of the file as it is now, and new files are tables at once."""
    lab.write("things.parquet", "SELECT 'new' AS other")
    lab.write("more.parquet", "SELECT 1 AS id")
    assert lab.run("FROM things")[1] == [("new",)]
    assert lab.run("FROM more")[1] == [(1,)]


def test_a_relative_scratch_folder_is_of_the_process_that_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children live in another folder; the usual home is a relative path."""
    monkeypatch.chdir(tmp_path)
    lab = DuckDBLab(Path("lab"))
    assert lab.run("SELECT 1")[1] == [(1,)]
    lab.close()


def test_idle_children_are_bounded(tmp_path: Path) -> None:
    """More children than wanted are let go, the oldest first; so are those that wait too long."""
    crew = Crew(tmp_path, idle_children=2, idle_seconds=0.3)
    children = [crew.take(number) for number in range(3)]
    for number, child in enumerate(children):
        crew.give_back(child, number)
    wait_until(lambda: not is_alive(children[0].process_id))
    wait_until(lambda: not any(is_alive(child.process_id) for child in children))
    crew.close()


def test_a_child_that_grew_is_not_kept(tmp_path: Path) -> None:
    """A child that holds much memory after its run is let go."""
    crew = Crew(tmp_path, idle_rss_bytes=1)
    child = crew.take("key")
    crew.give_back(child, "key")
    assert not is_alive(child.process_id)
    crew.close()


def test_close_ends_every_process(lab: DuckDBLab) -> None:
    """Running statements are cancelled, and neither process nor folder is left."""
    run, _ = start_endless(lab)
    template_id = lab.connector._crew._nursery.process_id
    family = [template_id, *lab.child_ids()]
    lab.close()
    with pytest.raises(ExecutionCancelled):
        run.outcome()
    assert not any(is_alive(process_id) for process_id in family)
    assert list(lab.scratch.iterdir()) == []


def test_a_small_run_is_quick(lab: DuckDBLab, capsys: pytest.CaptureFixture[str]) -> None:
    """A warm engine answers without starting anything; the time is printed, not judged."""
    lab.run("SELECT 1")
    child_ids = {idle.child.process_id for idle in lab.connector._crew._idle}
    seconds = []
    for _ in range(50):
        begin = time.perf_counter()
        lab.start("SELECT 1")[0].outcome()
        seconds.append(time.perf_counter() - begin)
    with capsys.disabled():
        print(f"\nSELECT 1: p50 {sorted(seconds)[25] * 1000:.1f} ms")
    assert {idle.child.process_id for idle in lab.connector._crew._idle} == child_ids
