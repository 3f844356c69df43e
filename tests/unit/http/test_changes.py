"""Waiting for executions: who is told, who looks for himself, and what is left afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.unit.http.patience import until

from standpipe.core.errors import NotFound
from standpipe.core.executions import Change, Mark
from standpipe.core.ids import ExecutionId
from standpipe.http import changes as module
from standpipe.http.changes import Changes
from standpipe.http.messages import Answer, Later, Onward, Outbound, Work
from standpipe.http.stream import Departed
from standpipe.stores.wakeups import DatagramChanges, DatagramWakeups

LONG = 600.0  # nobody waits that long: the time limit of a test ends before
ONE, TWO = ExecutionId(1), ExecutionId(2)


class Stage:
    """Changes over real sockets, a worker that tells, and executions that stand as a test says."""

    def __init__(self, run_dir: Path) -> None:
        self.changes = Changes(DatagramChanges(run_dir), self.look)
        self.worker = DatagramWakeups(run_dir, listens=False)
        self.marks: dict[ExecutionId, Mark] = {ONE: Mark((0,), (0,)), TWO: Mark((0,), (0,))}
        self.looks = 0

    def look(self, execution_ids: Collection[ExecutionId]) -> Mapping[ExecutionId, Mark]:
        self.looks += 1
        return {id: self.marks[id] for id in execution_ids if id in self.marks}

    def tell(self, execution_id: ExecutionId, *, is_move: bool = True) -> None:
        self.worker.tell(Change(execution_id, is_move=is_move))

    def run(self, scene: Callable[[], Awaitable[Any]]) -> Any:
        """Play a scene on a loop of its own; nothing may be left of it."""

        async def play() -> Any:
            found = await scene()
            await asyncio.sleep(0)
            assert self.changes._waits == self.changes._marks == {}
            assert self.changes._timer is None
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return found

        return asyncio.run(play())


class Job:
    """What a handler waits for: over when a test says so. Remembers how it was resumed."""

    def __init__(self, execution_id: ExecutionId = ONE) -> None:
        self.execution_id = execution_id
        self.is_over = False
        self.resumed: list[bool] = []

    def later(self, seconds: float = LONG) -> Later:
        return Later(execution_id=self.execution_id, seconds=seconds, resume=self.resume)

    def resume(self, is_time_over: bool) -> Answer:
        self.resumed.append(is_time_over)
        return Outbound(status=200) if self.is_over or is_time_over else self.later()


class Client:
    """The caller's end: it leaves when told to."""

    def __init__(self) -> None:
        self.has_left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.has_left.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "run")
    yield stage
    stage.changes.close()
    stage.worker.close()


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)


async def started(stage: Stage, job: Job, client: Client) -> "asyncio.Task[Any]":
    """Begin to wait, and return when it has begun."""
    task = asyncio.ensure_future(stage.changes.answer(job.later(), client.receive))
    await until(lambda: bool(job.resumed))
    return task


def test_a_move_is_answered(stage: Stage) -> None:
    """The worker's word ends the wait, long before its time is over."""

    async def scene() -> Job:
        job = Job()
        task = await started(stage, job, Client())
        job.is_over = True
        stage.tell(ONE)
        await task
        return job

    assert stage.run(scene).resumed == [False, False]


def test_what_ended_before_the_wait_is_answered_at_once(stage: Stage) -> None:
    """A change between the handler's look and the wait is not missed."""

    async def scene() -> Job:
        job = Job()
        job.is_over = True
        await stage.changes.answer(job.later(), Client().receive)
        return job

    assert stage.run(scene).resumed == [False]


def test_who_has_missed_nothing_does_not_look_again(stage: Stage) -> None:
    """A handler's own look is enough unless anything was heard since it began."""

    async def scene() -> list[Job]:
        jobs = [Job(), Job()]
        stage.changes.start()
        since = stage.changes.heard
        quiet = asyncio.ensure_future(
            stage.changes.answer(jobs[0].later(), Client().receive, since=since)
        )
        await asyncio.sleep(0)
        stage.tell(TWO)
        await until(lambda: stage.changes.heard > since)
        late = asyncio.ensure_future(
            stage.changes.answer(jobs[1].later(), Client().receive, since=since)
        )
        await until(lambda: bool(jobs[1].resumed))
        assert jobs[0].resumed == []
        stage.changes.stop()
        await asyncio.gather(quiet, late)
        return jobs

    assert [job.resumed for job in stage.run(scene)] == [[True], [False, True]]


def test_a_move_that_ends_nothing_goes_on_waiting(stage: Stage) -> None:
    """A claim is looked at, progress is not; moves of others are none of its business."""

    async def scene() -> Job:
        job = Job()
        task = await started(stage, job, Client())
        for execution_id, is_move in [(TWO, True), (ONE, False), (ONE, True)]:
            stage.tell(execution_id, is_move=is_move)
        await until(lambda: len(job.resumed) == 2)
        job.is_over = True
        stage.tell(ONE)
        await task
        return job

    assert stage.run(scene).resumed == [False, False, False]


def test_the_end_of_the_time_makes_the_answer(stage: Stage) -> None:
    """No time at all, and less than none, are over at once."""

    async def scene() -> list[Job]:
        jobs = [Job() for _ in range(3)]
        for job, seconds in zip(jobs, [0.01, 0.0, -5.0], strict=True):
            await stage.changes.answer(job.later(seconds), Client().receive)
        return jobs

    assert [job.resumed for job in stage.run(scene)] == [[False, True]] * 3


@pytest.mark.usefixtures("quick_looks")
def test_a_lost_message_costs_a_look(stage: Stage) -> None:
    """Nobody is told, and the next look finds the move."""

    async def scene() -> Job:
        job = Job()
        task = await started(stage, job, Client())
        await until(lambda: stage.looks >= 3)
        seen = len(job.resumed)
        job.is_over = True
        stage.marks[ONE] = Mark((1,), (0,))
        await task
        assert len(job.resumed) == seen + 1
        return job

    assert stage.run(scene).resumed == [False, False, False]  # begun, looked at first, moved


@pytest.mark.usefixtures("quick_looks")
def test_a_move_before_the_first_look_is_found(stage: Stage) -> None:
    """The first look of a wait has nothing to compare with, so it counts as a change."""

    async def scene() -> Job:
        job = Job()
        task = await started(stage, job, Client())
        job.is_over = True
        await task
        return job

    assert stage.run(scene).resumed == [False, False]


@pytest.mark.usefixtures("quick_looks")
def test_an_execution_that_is_gone_is_noticed(stage: Stage) -> None:
    """Its waiters hear of it and get what the handler raises."""

    async def scene() -> None:
        def resume(_: bool) -> Answer:
            if ONE not in stage.marks:
                raise NotFound("gone")
            return Later(execution_id=ONE, seconds=LONG, resume=resume)

        asked = asyncio.ensure_future(stage.changes.answer(resume(False), Client().receive))  # type: ignore[arg-type]
        await until(lambda: stage.looks >= 2)
        del stage.marks[ONE]
        with pytest.raises(NotFound):
            await asked

    stage.run(scene)


def test_a_look_asks_once_for_everybody(stage: Stage, quick_looks: None) -> None:
    """However many wait; and nobody looks when nobody waits."""

    async def scene() -> None:
        jobs = [Job() for _ in range(100)]
        tasks = [await started(stage, job, Client()) for job in jobs]
        looks = stage.looks
        await until(lambda: stage.looks > looks + 2)
        assert sum(len(job.resumed) for job in jobs) <= 2 * len(jobs)
        stage.changes.stop()
        await asyncio.gather(*tasks)
        looks = stage.looks
        await asyncio.sleep(0.05)
        assert stage.looks == looks

    stage.run(scene)


def test_a_client_that_leaves_ends_its_wait(stage: Stage) -> None:
    """Only his; nobody asks the handler for an answer."""

    async def scene() -> list[Job]:
        jobs = [Job(), Job()]
        clients = [Client(), Client()]
        tasks = [await started(stage, *pair) for pair in zip(jobs, clients, strict=True)]
        clients[0].has_left.set()
        with pytest.raises(Departed):
            await tasks[0]
        jobs[1].is_over = True
        stage.tell(ONE)
        await tasks[1]
        return jobs

    assert [job.resumed for job in stage.run(scene)] == [[False], [False, False]]


def test_a_cancelled_request_leaves_nothing(stage: Stage) -> None:
    """As when the server cuts off what did not end in time."""

    async def scene() -> None:
        task = await started(stage, Job(), Client())
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stage.run(scene)


def test_a_stop_answers_everybody(stage: Stage) -> None:
    """As if the time were over; from any thread; who comes later does not wait at all."""

    async def scene() -> list[Job]:
        jobs = [Job(), Job(TWO), Job()]
        tasks = [await started(stage, job, Client()) for job in jobs[:2]]
        await asyncio.to_thread(stage.changes.stop)
        await asyncio.gather(*tasks, stage.changes.answer(jobs[2].later(), Client().receive))
        await asyncio.get_running_loop().shutdown_default_executor()
        return jobs

    assert [job.resumed for job in stage.run(scene)] == [[False, True], [False, True], [True]]


def test_a_stop_before_the_first_wait_counts(stage: Stage) -> None:
    """Nobody has to wait for it to be heard."""

    async def scene() -> Job:
        job = Job()
        await stage.changes.answer(job.later(), Client().receive)
        return job

    stage.changes.stop()
    assert stage.run(scene).resumed == [True]


def test_a_wait_may_go_on_to_another_execution(stage: Stage) -> None:
    """Within the time of the first: a wait lasts no longer than the caller said."""

    async def scene() -> Job:
        second = Job(TWO)

        def resume(_: bool) -> Answer:
            return second.later()

        await stage.changes.answer(
            Later(execution_id=ONE, seconds=0.05, resume=resume), Client().receive
        )
        return second

    assert stage.run(scene).resumed == [False, True]


def test_a_wait_may_end_in_other_work(stage: Stage) -> None:
    """The rest of the answer is given back to be done where it belongs."""
    rest = Onward(Work.TEXT, Outbound)

    async def scene() -> Any:
        later = Later(execution_id=ONE, seconds=LONG, resume=lambda _: rest)
        return await stage.changes.answer(later, Client().receive)

    assert stage.run(scene) is rest


def test_a_handler_that_never_answers_is_an_error(stage: Stage) -> None:
    """Rather than a request that never ends."""

    async def scene() -> None:
        def resume(_: bool) -> Answer:
            return Later(execution_id=ONE, seconds=0.0, resume=resume)

        with pytest.raises(RuntimeError, match="no answer"):
            await stage.changes.answer(resume(False), Client().receive)  # type: ignore[arg-type]

    stage.run(scene)


def test_one_word_reaches_a_thousand(stage: Stage) -> None:
    """All that wait for an execution are answered by a single message."""

    async def scene() -> list[Job]:
        jobs = [Job() for _ in range(1000)]
        tasks = [
            asyncio.ensure_future(stage.changes.answer(job.later(), Client().receive))
            for job in jobs
        ]
        await until(lambda: all(job.resumed for job in jobs))
        for job in jobs:
            job.is_over = True
        stage.tell(ONE)
        await asyncio.gather(*tasks)
        return jobs

    assert all(job.resumed[-1] is False for job in stage.run(scene))
