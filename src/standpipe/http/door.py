"""The ASGI application: a request becomes an Inbound, its room answers, the answer is sent."""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.types import Receive, Scope, Send

from standpipe.core.errors import MethodNotAllowed, NotAuthenticated, StandpipeError
from standpipe.core.events import RequestCrashed, RequestServed
from standpipe.core.ports import Observer
from standpipe.core.principals import Principal
from standpipe.core.usage import account_of
from standpipe.http.arriving import read_body, read_head
from standpipe.http.changes import Changes
from standpipe.http.credentials import check_csrf, identify, require_same
from standpipe.http.limits import CallerLimit
from standpipe.http.messages import Inbound, Intake, Onward, Outbound, Room, Route
from standpipe.http.metering import Meter
from standpipe.http.refusing import refusing
from standpipe.http.remembered import Recollection, RememberedAnswers, Watched
from standpipe.http.routing import Mount, Rooms, RouteTable
from standpipe.http.send import Sender
from standpipe.http.spooling import Spool, SpoolOptions
from standpipe.http.still import checked
from standpipe.http.stream import Departed
from standpipe.http.timing import Stopwatch
from standpipe.http.workplaces import Workplaces
from standpipe.services.directory import Services


@dataclass(slots=True)
class _Visit:
    """One request on its way through the door."""

    room: Room
    table: RouteTable
    receive: Receive
    lap: Callable[[str], None]
    recollection: Recollection
    caller: Principal | None = None
    is_unread: bool = False  # a body that nobody wants is still on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOptions:
    """What the operator may set."""

    body_max_bytes: int = 4 * 1024**2
    public_url: str = ""
    is_access_logged: bool = False
    requests_per_minute: int = 0  # of each caller; 0 = any number
    spool: SpoolOptions | None = None  # for rooms with bodies that go to files


class Door:
    """All rooms behind one host. Bad input ends as a room's 4xx; nothing leaves as a traceback."""

    def __init__(
        self,
        services: Services,
        mounts: Sequence[Mount],
        *,
        sender: Sender,
        changes: Changes,
        observe: Observer,
        options: DoorOptions,
    ) -> None:
        """``mounts`` are tried in order; the last one should own everything that is left."""
        self._spool = None if options.spool is None else Spool(options.spool)
        self._services = services
        self._rooms = Rooms(mounts, services.accounts.workspace)
        self._sender = sender
        self._changes = changes
        self._remembered = RememberedAnswers(services.versions.version)
        self._observe = observe
        self._options = options
        self._meter = Meter(services.usage.record)
        self._workplaces = Workplaces(services.versions)
        self._limit = CallerLimit(options.requests_per_minute, services.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()
        started = loop.time()
        recollection = self._remembered.recall(scope)
        answer = recollection.answer
        if answer is not None and not self._limit.is_set:
            for message in answer.messages:
                await send(message)
            path, status = answer.path, answer.status
            if answer.account is not None:
                self._meter.add(answer.account, len(answer.messages[1]["body"]))
        else:
            path, status = await self._serve(scope, receive, send, recollection)
        if self._options.is_access_logged and status:
            seconds = loop.time() - started
            self._observe(
                RequestServed(method=scope["method"], path=path, status=status, seconds=seconds)
            )

    def start(self) -> None:
        """Begin to hear what workers tell, on the running loop."""
        self._changes.start()

    def stop(self) -> None:
        """End streams and waits at once: the server is about to stop."""
        self._changes.stop()
        self._sender.stop()

    def close(self) -> None:
        """Finish what the threads are doing."""
        self._changes.close()
        self._sender.close()
        self._workplaces.close()
        self._meter.close()
        if self._spool is not None:
            self._spool.close()

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, recollection: Recollection
    ) -> tuple[str, int]:
        """Make an answer and send it; returns its path and status, 0 if nobody was there."""
        room, table, inbound = self._rooms.enter(read_head(scope, self._options.public_url))
        path = inbound.prefix + inbound.path
        watch = Stopwatch() if room.has_timing else None
        lap = _no_lap if watch is None else watch.lap
        visit = _Visit(room, table, receive, lap, recollection)
        try:
            outbound = await self._answer(visit, inbound)
        except Departed:
            return path, 0
        if visit.is_unread:
            send = refusing(receive, send)
        wire = (scope, receive, send if watch is None else watch.timed(send))
        return path, await self._send(visit, inbound, outbound, wire)

    async def _answer(self, visit: "_Visit", inbound: Inbound) -> Outbound:
        """Return what to send, errors too; Departed if nobody is left to send it to."""
        try:
            if visit.table.intake(inbound.method, inbound.path) is not Intake.MEMORY:
                visit.is_unread = True
                return await self._handle(visit, inbound)
            limit = self._options.body_max_bytes
            body = await read_body(inbound, visit.receive, limit=limit)
            visit.lap("read")
            return await self._handle(visit, inbound, body)
        except Departed:
            raise
        except StandpipeError as error:
            return visit.room.render_error(error, inbound)
        except Exception:  # noqa: BLE001 - the outer edge of a request
            self._crashed(inbound)
            return visit.room.render_error(StandpipeError(), inbound)

    async def _handle(self, visit: "_Visit", inbound: Inbound, body: bytes = b"") -> Outbound:
        room = visit.room
        if inbound.prefix and inbound.workspace is None:
            raise NotAuthenticated(f"There is no workspace {inbound.prefix[1:]!r}.")
        try:
            route, parts = visit.table.match(inbound.method, inbound.path)
        except StandpipeError as error:  # what does not exist is told to those who are known
            if not (isinstance(error, MethodNotAllowed) and error.is_public):
                _require_caller(self._identified(room, inbound, is_public=False))
            raise
        inbound = self._identified(room, inbound, is_public=route.is_public, body=body, parts=parts)
        if not route.is_public:
            _require_caller(inbound)
        visit.caller = inbound.caller
        self._limit.count(inbound.caller)
        check_csrf(room, inbound)
        visit.lap("auth")
        if route.intake is Intake.MEMORY:
            outbound = await self._work(visit, route, inbound)
        else:
            outbound = await self._work_on_file(visit, route, inbound)
        return outbound if _is_by_key(inbound) else replace(outbound, is_steady=False)

    async def _work_on_file(self, visit: "_Visit", route: Route, inbound: Inbound) -> Outbound:
        """Let the body in now that the caller is known; it is gone with the answer."""
        if route.admit is not None:
            admit = partial(route.admit, self._services, inbound)
            self._services.versions.reading(admit)
        if self._spool is None:
            raise TypeError("A route wants its body in a file, and there is no place for it.")
        async with self._spool.take(inbound, visit.receive, route.intake) as file:
            visit.is_unread = False
            visit.lap("read")
            require_same(self._services, visit.room, inbound)  # he may have sent for minutes
            return await self._work(visit, route, replace(inbound, file=file))

    def _identified(
        self, room: Room, inbound: Inbound, *, is_public: bool, **known: Any
    ) -> Inbound:
        """Return the request with its workspace and caller, and with what else is known of it."""
        home = inbound.workspace or self._rooms.workspace("default")
        caller, session = identify(self._services, room, inbound, is_public=is_public)
        return replace(inbound, workspace=home, caller=caller, session=session, **known)

    async def _work(self, visit: "_Visit", route: Route, inbound: Inbound) -> Outbound:
        since = self._changes.heard
        answer = await self._workplaces.do(
            route.work, partial(route.handler, self._services, inbound)
        )
        answer = checked(answer, partial(require_same, self._services, visit.room, inbound))
        while not isinstance(answer, Outbound):
            if isinstance(answer, Onward):
                answer = await self._workplaces.do(answer.work, answer.then)
            else:
                visit.lap("handle")
                answer = await self._changes.answer(answer, visit.receive, since=since)
                visit.lap("wait")
        visit.lap("handle")
        return answer

    async def _send(
        self,
        visit: "_Visit",
        inbound: Inbound,
        outbound: Outbound,
        wire: tuple[Scope, Receive, Send],
    ) -> int:
        """Send; what fails before the status becomes an error answer, later it cuts the line."""
        scope, receive, send = wire
        room = visit.room
        watched = Watched(send, is_steady=outbound.is_steady)
        account = account_of(visit.caller) if outbound.is_result and visit.caller else None
        try:
            status = await self._sender.send(inbound, outbound, (scope, receive, watched))
        except StandpipeError as error:
            if watched.has_begun:
                raise
            outbound = room.render_error(error, inbound)
        except Exception:
            self._crashed(inbound)
            if watched.has_begun:
                raise
            outbound = room.render_error(StandpipeError(), inbound)
        else:
            path = inbound.prefix + inbound.path
            recollection, is_timed = visit.recollection, room.has_timing
            self._remembered.keep(recollection, watched, path, is_timed=is_timed, account=account)
            return status
        finally:
            if account is not None and watched.has_begun:
                self._meter.add(account, watched.sent_bytes)
        return await self._sender.send(inbound, outbound, wire)

    def _crashed(self, inbound: Inbound) -> None:
        path = inbound.prefix + inbound.path
        self._observe(
            RequestCrashed(method=inbound.method, path=path, trace=traceback.format_exc())
        )


def _is_by_key(inbound: Inbound) -> bool:
    """Whether what the caller came with holds until the metadata changes, whatever the time is."""
    caller = inbound.caller
    return caller is not None and inbound.session is None and caller.expires_at is None


def _no_lap(_: str) -> None:
    """Measure nothing."""


def _require_caller(inbound: Inbound) -> None:
    if inbound.caller is None:
        raise NotAuthenticated()
