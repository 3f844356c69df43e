"""When scheduled queries are due, and their submission like any client's."""

from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from standpipe.core.clock import Clock
from standpipe.core.errors import FieldInvalid, StandpipeError
from standpipe.core.events import ScheduleSkipped
from standpipe.core.executions import ExecutionOrigin
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import QueryId
from standpipe.core.ports import Observer, PeopleStore, QueryStore, ResultStore, ScheduleStore
from standpipe.core.queries import Query
from standpipe.core.schedules import DueQuery, Schedule
from standpipe.services.keys import Keys
from standpipe.services.submit import QueryAsk, Submit

MAX_BACKOFF_EXPONENT = 10  # 2^10 minutes, about 17 hours
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_SECONDS = 86_400
_WEEK_SECONDS = 7 * _DAY_SECONDS


class SchedulingStore(ScheduleStore, QueryStore, PeopleStore, ResultStore, Protocol):
    """The slice of the metadata store that scheduling needs."""


class Scheduling:
    """Plans and submits scheduled runs."""

    def __init__(
        self,
        store: SchedulingStore,
        *,
        submit: Submit,
        keys: Keys,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports and the submit service."""
        self._store = store
        self._submit = submit
        self._keys = keys
        self._clock = clock
        self._observe = observe

    def tick(self) -> int:
        """Plan what is new, submit what is due; returns how many were submitted."""
        now = self._clock.now()
        for query_id in self._store.find_unplanned():
            self._plan(self._store.get_query(query_id), now)
        due = self._store.claim_due(now, limit=100)
        return sum(self._run(item, now) for item in due)

    def _run(self, due: DueQuery, now: datetime) -> bool:
        query = self._store.get_query(due.query_id)
        if query.schedule is None:
            self._store.set_next_run(due.query_id, None, consecutive_failures=0)
            return False
        failures = 0
        try:
            self._submit_as_owner(query)
        except StandpipeError as error:
            failures = due.consecutive_failures + 1
            self._observe(ScheduleSkipped(query_id=query.id, reason=str(error)))
        next_run_at = next_run(query.schedule, now)
        if failures and next_run_at is not None:
            next_run_at = max(next_run_at, now + backoff(failures))
        self._store.set_next_run(query.id, next_run_at, consecutive_failures=failures)
        return not failures

    def _submit_as_owner(self, query: Query) -> None:
        owner = self._keys.principal_of(self._store.get_user(query.owner_id))
        self._submit.query(
            owner,
            QueryAsk(
                query_id=query.id,
                values={},
                freshness=MUST_RUN,
                origin=ExecutionOrigin.SCHEDULE,
            ),
        )

    def _plan(self, query: Query, now: datetime) -> None:
        if query.schedule is None:
            return
        self._store.set_next_run(
            query.id,
            first_run(query.schedule, self._last_run(query.id), now),
            consecutive_failures=0,
        )

    def _last_run(self, query_id: QueryId) -> datetime | None:
        latest = self._store.get_query(query_id).latest_result_id
        return None if latest is None else self._store.get_result(latest).retrieved_at


def backoff(failures: int) -> timedelta:
    """Return how long to wait after that many failures in a row: 2^n minutes, up to 17 hours."""
    return timedelta(minutes=2 ** min(failures, MAX_BACKOFF_EXPONENT))


def first_run(schedule: Schedule, last_run: datetime | None, now: datetime) -> datetime | None:
    """Return when a newly planned schedule is due: an overdue interval is due at once."""
    if schedule.interval_seconds and not (schedule.time or schedule.cron):
        base = last_run or now - timedelta(seconds=schedule.interval_seconds)
        return _unless_over(schedule, max(now, base + timedelta(seconds=schedule.interval_seconds)))
    return next_run(schedule, now)


def next_run(schedule: Schedule, after: datetime) -> datetime | None:
    """Return the first time strictly after ``after``; None when the schedule is over or off."""
    if schedule.is_disabled:
        return None
    if schedule.cron:
        return _unless_over(schedule, _next_cron(schedule, after))
    if schedule.time:
        return _unless_over(schedule, _next_time_of_day(schedule, after))
    if schedule.interval_seconds:
        return _unless_over(schedule, after + timedelta(seconds=schedule.interval_seconds))
    return None


def check_schedule(schedule: Schedule) -> Schedule:
    """Return the schedule if it can be followed; FieldInvalid says which part cannot."""
    _zone(schedule)
    if schedule.interval_seconds is not None and schedule.interval_seconds <= 0:
        raise FieldInvalid(f"The interval is {schedule.interval_seconds} s.", detail="At least 1.")
    if schedule.day_of_week and schedule.day_of_week not in _WEEKDAYS:
        raise FieldInvalid(
            f"{schedule.day_of_week!r} is no day of the week.", detail=", ".join(_WEEKDAYS)
        )
    if schedule.time:
        _time_of_day(schedule)
    if schedule.cron:
        _next_cron(schedule, _EPOCH)
    return schedule


def _next_cron(schedule: Schedule, after: datetime) -> datetime:
    local = after.astimezone(_zone(schedule))
    try:
        found: datetime = next(iter(CronSim(schedule.cron or "", local)))
    except (CronSimError, StopIteration) as error:
        raise FieldInvalid(
            f"{schedule.cron!r} is not a cron line that ever fires.",
            detail="Five fields: minute hour day month weekday.",
        ) from error
    return found.astimezone(ZoneInfo("UTC"))


def _next_time_of_day(schedule: Schedule, after: datetime) -> datetime:
    zone = _zone(schedule)
    local = after.astimezone(zone)
    step = max(1, (schedule.interval_seconds or _DAY_SECONDS) // _DAY_SECONDS)
    day = local.date()
    candidate = datetime.combine(day, _time_of_day(schedule), zone)
    if schedule.day_of_week:
        ahead = (_WEEKDAYS.index(schedule.day_of_week) - day.weekday()) % 7
        candidate = datetime.combine(day + timedelta(days=ahead), _time_of_day(schedule), zone)
        step = max(7, (schedule.interval_seconds or _WEEK_SECONDS) // _DAY_SECONDS)
    while candidate <= local:
        later = candidate.date() + timedelta(days=step)
        candidate = datetime.combine(later, _time_of_day(schedule), zone)
    return candidate.astimezone(ZoneInfo("UTC"))


def _time_of_day(schedule: Schedule) -> time:
    try:
        return time.fromisoformat(schedule.time or "")
    except ValueError as error:
        raise FieldInvalid(f"{schedule.time!r} is no time of day.", detail="HH:MM") from error


def _zone(schedule: Schedule) -> ZoneInfo:
    try:
        return ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FieldInvalid(
            f"{schedule.zone!r} is no time zone.", detail="Use an IANA name: Europe/London."
        ) from error


def _unless_over(schedule: Schedule, at: datetime) -> datetime | None:
    if schedule.until is None or at.astimezone(_zone(schedule)).date() <= schedule.until:
        return at
    return None


_EPOCH = datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))
