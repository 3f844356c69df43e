"""``schedule`` of a query to a core schedule. The JSON as it was given is kept in ``extra``."""

from datetime import date
from typing import Any

from standpipe.core.errors import FieldInvalid
from standpipe.core.schedules import Schedule
from standpipe.dialects.redash.requests.fields import Fields, wrong_type

_MAX_SECONDS = 10 * 366 * 86_400


def parse_schedule(value: Any) -> Schedule | None:
    """Return the schedule; None for null and for an object without any rule. FieldInvalid.

    Very old clients send a string instead of an object: seconds, or a time of day.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _from_text(value)
    if not isinstance(value, dict):
        raise wrong_type("schedule", value, "an object or null")
    fields = Fields(value)
    schedule = Schedule(
        interval_seconds=_interval(value.get("interval")),
        time=fields.optional_text("time"),
        day_of_week=fields.optional_text("day_of_week"),
        cron=fields.optional_text("cron"),
        zone=fields.text("zone", "UTC"),
        until=_until(fields.optional_text("until")),
        is_disabled=fields.flag("disabled"),
        extra=value,
    )
    has_rule = schedule.interval_seconds or schedule.time or schedule.cron
    return schedule if has_rule else None


def _from_text(text: str) -> Schedule:
    extra = {"text": text}
    if ":" in text:
        return Schedule(interval_seconds=86_400, time=text, extra=extra)
    return Schedule(interval_seconds=_interval(text), extra=extra)


def _interval(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_SECONDS:
        raise wrong_type("schedule.interval", value, "a number of seconds, at least 1, or null")
    return value


def _until(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldInvalid(
            f"The field 'schedule.until' is {text!r}.", detail="It must be a date: YYYY-MM-DD."
        ) from error
