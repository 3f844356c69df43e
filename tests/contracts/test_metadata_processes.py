"""The metadata store used by several processes, threads and by processes that are killed."""

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.contracts.house import LEASE, NOW, VAULT, House, holder, new_result, new_workspace

from standpipe.core.errors import ConfigurationInvalid, Unavailable
from standpipe.core.executions import ExecutionState
from standpipe.stores.metadata import MetadataStore, open_metadata, sqlite

SPAWN = multiprocessing.get_context("spawn")
JOBS = 150


def claim_all(store: MetadataStore, worker: str) -> list[int]:
    """Claim and finish until nothing is left; return what was claimed."""
    claimed = []
    while (claim := store.claim(worker, NOW, LEASE)) is not None:
        done = store.finish(claim, NOW, ExecutionState.SUCCEEDED, result=new_result())
        assert done is not None
        claimed.append(claim.execution.id)
    return claimed


def work(path: Path, worker: str, answers: Connection) -> None:
    """Tell that the store is open, then claim everything that can be had."""
    store = open_metadata(path, vault=VAULT)
    answers.send("ready")
    answers.recv()
    answers.send(claim_all(store, worker))
    store.close()


def write_forever(path: Path, answers: Connection) -> None:
    """Queue and finish executions without end, telling each uid after its commit."""
    store = open_metadata(path, vault=VAULT)
    house = object.__new__(House)
    house.store = store
    house.workspace = store.get_workspace(1)  # type: ignore[arg-type]
    house.source = store.get_data_source(1)  # type: ignore[arg-type]
    for number in range(1_000_000):
        submission = store.enqueue(house.request(str(number)), holder(1), NOW)
        claim = house.claim("killed")
        store.finish(claim, NOW, ExecutionState.SUCCEEDED, result=new_result())
        answers.send(submission.uid)


def open_and_close(path: Path, answers: Connection) -> None:
    """Open the store, as every process does at its start."""
    store = open_metadata(path, vault=VAULT)
    answers.send(len(store.count_states()))
    store.close()


def start(target: object, *arguments: object) -> tuple[multiprocessing.Process, Connection]:
    """Start a process that has one end of a pipe; return it with the other end."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(*arguments, there))  # type: ignore[arg-type]
    process.start()
    there.close()
    return process, here  # type: ignore[return-value]


def test_two_processes_never_claim_the_same(house: House) -> None:
    """Everything is claimed exactly once, by whomever."""
    ids = [house.enqueue(str(number)).execution.id for number in range(2 * JOBS)]
    workers = [start(work, house.path, name) for name in ("w1", "w2")]
    assert [answers.recv() for _, answers in workers] == ["ready", "ready"]
    for _, answers in workers:
        answers.send("go")
    claimed = [answers.recv() for _, answers in workers]
    for process, _ in workers:
        process.join()
    assert sorted(claimed[0] + claimed[1]) == ids
    assert house.store.count_states() == {ExecutionState.QUEUED: 0, ExecutionState.RUNNING: 0}


def test_threads_share_a_store(house: House) -> None:
    """Some queue, others claim at the same time; nothing is lost or done twice."""
    claimed: list[int] = []
    is_over = threading.Event()

    def claim_until_over(name: str) -> None:
        while not is_over.is_set():
            claimed.extend(claim_all(house.store, name))
        claimed.extend(claim_all(house.store, name))

    def queue(first: int) -> None:
        for number in range(first, first + JOBS // 3):
            house.enqueue(str(number))

    claimers = [threading.Thread(target=claim_until_over, args=(n,)) for n in ("a", "b")]
    queuers = [threading.Thread(target=queue, args=(n * JOBS,)) for n in range(3)]
    for thread in claimers + queuers:
        thread.start()
    for thread in queuers:
        thread.join()
    is_over.set()
    for thread in claimers:
        thread.join()
    assert Counter(Counter(claimed).values()) == {1: JOBS}


def test_equal_questions_at_the_same_time_make_one_execution(house: House) -> None:
    """However many ask at once."""
    got: list[int] = []
    barrier = threading.Barrier(8)

    def ask(user: int) -> None:
        barrier.wait()
        got.append(house.enqueue("same", user=user).execution.id)

    threads = [threading.Thread(target=ask, args=(user,)) for user in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert house.store.count_states()[ExecutionState.QUEUED] == 1


@pytest.mark.parametrize("committed", [1, 5, 20])
def test_a_killed_writer_leaves_all_it_has_committed(house: House, committed: int) -> None:
    """The file is sound, every told submission is there, and what ran can be recovered."""
    process, answers = start(write_forever, house.path)
    told = [answers.recv() for _ in range(committed)]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with closing(sqlite3.connect(house.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    for uid in told[:-1]:
        execution = house.store.get_submission(uid).execution
        assert execution.result_id is not None
        assert house.store.get_result(execution.result_id).execution_id == execution.id
    house.store.recover(NOW, max_attempts=2, worker="killed")
    assert house.store.count_states()[ExecutionState.RUNNING] == 0
    house.add_result("after")


def test_processes_that_start_together_open_a_new_store(tmp_path: Path) -> None:
    """One makes the tables, the others wait for it."""
    path = tmp_path / "home" / "metadata.db"
    opened = [start(open_and_close, path) for _ in range(3)]
    assert [answers.recv() for _, answers in opened] == [2, 2, 2]
    for process, _ in opened:
        process.join()
        assert process.exitcode == 0


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    """And its side files."""
    store = open_metadata(tmp_path / "metadata.db", vault=VAULT)
    store.count_states()
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    store.close()
    assert set(modes) == {"metadata.db", "metadata.db-wal", "metadata.db-shm"}
    assert set(modes.values()) == {0o600}


def test_connections_end_with_their_threads(house: House) -> None:
    """A server with many short threads does not run out of files."""

    def count_open_files_after(threads: int) -> int:
        for _ in range(threads):
            thread = threading.Thread(target=house.store.count_states)
            thread.start()
            thread.join()
        return len(list(Path("/proc/self/fd").iterdir()))

    assert count_open_files_after(20) <= count_open_files_after(1)


def test_a_locked_database_is_unavailable(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that gets no lock in time is told so, and can try again."""
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    hurried = open_metadata(house.path, vault=VAULT)
    with house.store.transaction(), pytest.raises(Unavailable, match="locked"):
        hurried.add_workspace(new_workspace("second"))
    assert hurried.add_workspace(new_workspace("second")).id == 2
    hurried.close()


def test_a_url_names_a_file_or_is_refused(tmp_path: Path) -> None:
    """Only what can be opened is accepted."""
    store = open_metadata(f"sqlite:///{tmp_path}/a.db", vault=VAULT)
    store.close()
    assert (tmp_path / "a.db").exists()
    with pytest.raises(ConfigurationInvalid, match="oracle"):
        open_metadata("oracle://host/db", vault=VAULT)
