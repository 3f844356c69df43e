"""When a schedule is due: intervals, times of day and cron lines, in their own time zone."""

from datetime import datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from standpipe.core.errors import FieldInvalid
from standpipe.core.schedules import Schedule

MAX_INTERVAL_SECONDS = 10 * 366 * 86_400
CRON_FIELDS = 5
MAX_BACKOFF_EXPONENT = 10  # 2^10 minutes, about 17 hours
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_SECONDS = 86_400
_SHORTEST_GAP = timedelta(minutes=15)
_LONGEST_GAP = timedelta(days=7)
_TWO_YEARS = 2 * 366
_LONGEST_CRON = 200
_WEEK_SECONDS = 7 * _DAY_SECONDS


def backoff(failures: int) -> timedelta:
    """Return how long to wait after that many failures in a row: 2^n minutes, up to 17 hours."""
    return timedelta(minutes=2 ** min(failures, MAX_BACKOFF_EXPONENT))


def postponed(schedule: Schedule, run_at: datetime, earliest: datetime) -> datetime | None:
    """Return the later of both times; None when the schedule is over by then."""
    return _unless_over(schedule, max(run_at, earliest))


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
    seconds = schedule.interval_seconds
    if seconds is not None and not 0 < seconds <= MAX_INTERVAL_SECONDS:
        raise FieldInvalid(f"The interval is {seconds} s.", detail=f"1 to {MAX_INTERVAL_SECONDS}.")
    if schedule.day_of_week and schedule.day_of_week not in _WEEKDAYS:
        raise FieldInvalid(
            f"{schedule.day_of_week!r} is no day of the week.", detail=", ".join(_WEEKDAYS)
        )
    if schedule.time:
        _time_of_day(schedule)
    if schedule.cron:
        _next_cron(schedule, _EPOCH)
    return schedule


def check_view_cron(line: str) -> str:
    """Return the cron line of a materialised view; FieldInvalid for one that does not fit.

    It fires every 15 minutes at most, and once a week at least (compat/dune.md 3.9).
    """
    if len(line) > _LONGEST_CRON:
        raise FieldInvalid(f"cron_expression: more than {_LONGEST_CRON} characters.")
    _next_cron(Schedule(cron=line), _EPOCH)
    minute, hour, day, month, weekday = line.split()
    days = _gaps(f"0 0 {day} {month} {weekday}", _EPOCH + timedelta(days=_TWO_YEARS))
    times = _gaps(f"{minute} {hour} * * *", _EPOCH + timedelta(days=2))
    if max(days, default=timedelta.max) > _LONGEST_GAP or min(times) < _SHORTEST_GAP:
        raise FieldInvalid(
            f"cron_expression: {line!r} does not fit.",
            detail="At most every 15 minutes, and at least once a week.",
        )
    return line


def _gaps(line: str, until: datetime) -> list[timedelta]:
    """Return how long it is from each time to the next, for all times from 2020 until then."""
    times = takewhile(lambda at: at <= until, CronSim(line, _EPOCH))
    return [later - earlier for earlier, later in pairwise(times)]


def _next_cron(schedule: Schedule, after: datetime) -> datetime:
    local = after.astimezone(_zone(schedule))
    line = schedule.cron or ""
    # CronSim would take a sixth field for seconds.
    found = _first(line, local) if len(line.split()) == CRON_FIELDS else None
    if found is None:
        raise FieldInvalid(
            f"{schedule.cron!r} is not a cron line that ever fires.",
            detail="Five fields: minute hour day month weekday.",
        )
    return found.astimezone(ZoneInfo("UTC"))


def _first(line: str, local: datetime) -> datetime | None:
    try:
        return next(iter(CronSim(line, local)), None)
    except CronSimError:
        return None


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
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # "Europe" is a folder
        raise FieldInvalid(
            f"{schedule.zone[:100]!r} is no time zone.", detail="Use an IANA name: Europe/London."
        ) from error


def _unless_over(schedule: Schedule, at: datetime) -> datetime | None:
    if schedule.until is None or at.astimezone(_zone(schedule)).date() <= schedule.until:
        return at
    return None


_EPOCH = datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))
