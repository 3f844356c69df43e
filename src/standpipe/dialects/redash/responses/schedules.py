"""A core schedule as ``schedule`` of a query; see ``requests/schedules.py``."""

from typing import Any

from standpipe.core.schedules import Schedule


def schedule_body(schedule: Schedule | None) -> Any:
    """Return a schedule as it was given, with what was changed since; null for none."""
    if schedule is None:
        return None
    extra = dict(schedule.extra)
    if "text" in extra:
        return extra["text"]
    body: dict[str, Any] = extra or dict.fromkeys(_FIELDS)
    for name, value in _meaning(schedule).items():
        if not _means(body.get(name), value):
            body[name] = value
    return body


_FIELDS = ("interval", "time", "day_of_week", "until")


def _meaning(schedule: Schedule) -> dict[str, Any]:
    return {
        "interval": schedule.interval_seconds,
        "time": schedule.time,
        "day_of_week": schedule.day_of_week,
        "until": schedule.until.isoformat() if schedule.until else None,
        "disabled": schedule.is_disabled or None,
        "cron": schedule.cron,
        "zone": None if schedule.zone == "UTC" else schedule.zone,
    }


def _means(given: Any, value: Any) -> bool:
    """Whether what was given says the same: "3600" is 3600, and empty is null."""
    if value is None:
        return given in (None, "", False, "UTC")
    return str(given) == str(value) or given == value
