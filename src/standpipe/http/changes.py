"""Requests that wait for an execution: told of its changes, with a look at it every second."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from starlette.types import Receive

from standpipe.core.executions import Change, Mark
from standpipe.core.ids import ExecutionId
from standpipe.core.ports import ChangeListener
from standpipe.http.messages import Later, Onward, Outbound
from standpipe.http.stream import Departed

LOOK_SECONDS = 1.0  # what a lost message costs at most
_LONGEST_SECONDS = 86_400.0

Look = Callable[[Collection[ExecutionId]], Mapping[ExecutionId, Mark]]


class Turn(Enum):
    """Why a wait goes on to something else."""

    CHANGED = "changed"
    OVERDUE = "overdue"
    DEPARTED = "departed"  # the client is gone; final
    STOPPED = "stopped"  # the server stops; final


_FINAL = frozenset({Turn.DEPARTED, Turn.STOPPED})


class Wait:
    """One request's wait for changes of one execution; those between two calls count."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, hears_progress: bool) -> None:
        self._loop = loop
        self._turn = Turn.OVERDUE
        self._sleeper: asyncio.Future[None] | None = None
        self.hears_progress = hears_progress
        self.end: asyncio.Future[None] = loop.create_future()

    @property
    def is_stopped(self) -> bool:
        """Whether the server stops."""
        return self._turn is Turn.STOPPED

    async def next(self, seconds: float) -> Turn:
        """Return what happened, after at most that time; OVERDUE if nothing did."""
        if self._turn is Turn.OVERDUE and seconds > 0:
            self._sleeper = self._loop.create_future()
            timer = self._loop.call_later(min(seconds, _LONGEST_SECONDS), self._rouse)
            try:
                await self._sleeper
            finally:
                timer.cancel()
                self._sleeper = None
        turn = self._turn
        if turn not in _FINAL:
            self._turn = Turn.OVERDUE
        return turn

    def take(self, turn: Turn) -> None:
        """Say what happened; nothing comes after a final turn."""
        if self._turn in _FINAL:
            return
        self._turn = turn
        self._rouse()
        if turn in _FINAL:
            self.end.set_result(None)

    def _rouse(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)


class Changes:
    """Who waits for which execution. It belongs to the server's loop; ``stop`` to any thread."""

    def __init__(self, listener: ChangeListener, look: Look) -> None:
        """``look`` says how executions stand, for what was not told."""
        self._listener = listener
        self._look = look
        self._waits: dict[ExecutionId, set[Wait]] = {}
        self._marks: dict[ExecutionId, Mark | None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_stopped = False
        self.heard = 0  # how often anything was heard

    def start(self) -> None:
        """Begin to listen, on the running loop; repeating is fine."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._listener.fileno(), self._hear)

    def stop(self) -> None:
        """End every wait at once, also those to come; a signal handler may say so."""
        self._has_stopped = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_all)

    def close(self) -> None:
        """Listen no more."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._listener.fileno())
            self._rest()
        self._listener.close()

    async def answer(
        self, later: Later, receive: Receive, *, since: int | None = None
    ) -> Outbound | Onward:
        """Wait until there is an answer, which the end of the time makes.

        ``since`` is what ``heard`` was when the handler began to look: had anything been heard
        after that, it has to look again. What ``resume`` asks to wait for shares the time of the
        first. Departed when the client leaves first; what ``resume`` raises.
        """
        deadline = asyncio.get_running_loop().time() + later.seconds
        waiting: Later | Outbound | Onward = later
        while isinstance(waiting, Later):
            with self.waiting(waiting.execution_id, receive) as wait:
                if since != self.heard:
                    wait.take(Turn.CHANGED)
                waiting = await _outlast(wait, waiting, deadline)
            since = None
        return waiting

    @contextmanager
    def waiting(
        self, execution_id: ExecutionId, receive: Receive, *, hears_progress: bool = False
    ) -> Iterator[Wait]:
        """Listen for an execution while the block runs, and to the client, who may leave.

        Look at it once after this has begun: what happened before is not told.
        """
        self.start()
        loop = asyncio.get_running_loop()
        wait = Wait(loop, hears_progress=hears_progress)
        self._waits.setdefault(execution_id, set()).add(wait)
        watcher = loop.create_task(_watch(receive, wait))
        if self._timer is None:
            self._timer = loop.call_later(LOOK_SECONDS, self._look_again)
        if self._has_stopped:
            wait.take(Turn.STOPPED)
        try:
            yield wait
        finally:
            watcher.cancel()
            self._forget(execution_id, wait)

    def _forget(self, execution_id: ExecutionId, wait: Wait) -> None:
        waits = self._waits[execution_id]
        waits.discard(wait)
        if not waits:
            del self._waits[execution_id]
            self._marks.pop(execution_id, None)
        if not self._waits:
            self._rest()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hear(self) -> None:
        self.heard += 1
        for change in self._listener.take():
            self._pass_on(change)

    def _pass_on(self, change: Change) -> None:
        for wait in self._waits.get(change.execution_id, ()):
            if change.is_move or wait.hears_progress:
                wait.take(Turn.CHANGED)

    def _look_again(self) -> None:
        """Find out what was not told. Whoever came since the last look is told to look too."""
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_again)
        marks = self._look(self._waits.keys())
        for execution_id in self._waits:
            before, after = self._marks.get(execution_id), marks.get(execution_id)
            self._marks[execution_id] = after
            if before is None or after is None or before.move != after.move:
                self._pass_on(Change(execution_id))
            elif before.progress != after.progress:
                self._pass_on(Change(execution_id, is_move=False))

    def _end_all(self) -> None:
        for waits in self._waits.values():
            for wait in waits:
                wait.take(Turn.STOPPED)


async def _outlast(wait: Wait, later: Later, deadline: float) -> Outbound | Onward | Later:
    """Return the first answer, or a wait for another execution."""
    loop = asyncio.get_running_loop()
    answer: Outbound | Onward | Later = later
    while isinstance(answer, Later) and answer.execution_id == later.execution_id:
        turn = await wait.next(deadline - loop.time())
        if turn is Turn.DEPARTED:
            raise Departed
        answer = answer.resume(turn is not Turn.CHANGED)
        if isinstance(answer, Later) and turn is not Turn.CHANGED:
            raise RuntimeError("A wait whose time is over has no answer.")
    return answer


async def _watch(receive: Receive, wait: Wait) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    wait.take(Turn.DEPARTED)
