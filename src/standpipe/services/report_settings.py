"""Settings of reports as they are stored with a query: read, checked, written."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from standpipe.core.calendar import find_zone
from standpipe.core.errors import FieldInvalid
from standpipe.core.reports.conditions import check_condition
from standpipe.core.reports.settings import MOST_ROWS, ReportSettings
from standpipe.services.report_spelling import spelled_out

_MOST_FIELDS: Final = 10_000
_MOST_LAG: Final = 366 * 86_400


def read_settings(stored: Mapping[str, Any]) -> ReportSettings:
    """Return settings, short forms included; FieldInvalid says where they are wrong."""
    stored = spelled_out(stored)
    try:
        settings = _checked_names(msgspec.convert(stored, ReportSettings), stored)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        raise FieldInvalid(
            f"report{place.rstrip('`')}: {text[0].lower()}{text[1:]}.",
            hint="docs/reference/reports.md lists what there is.",
        ) from error
    return check_settings(settings)


def _checked_names(settings: ReportSettings, stored: Mapping[str, Any]) -> ReportSettings:
    """Return settings of which no name was passed over."""
    _require_known(stored, msgspec.to_builtins(settings), "report")
    return settings


def _require_known(given: Any, known: Any, path: str) -> None:
    if isinstance(given, Mapping) and isinstance(known, Mapping) and path != "report.parameters":
        for name, value in given.items():
            if name not in known:
                raise FieldInvalid(
                    f"{path}: there is no field {name[:50]!r}.",
                    detail=f"Expected: {', '.join(known)}.",
                )
            _require_known(value, known[name], f"{path}.{name}")
    elif isinstance(given, list | tuple) and isinstance(known, list | tuple):
        for number, pair in enumerate(zip(given, known, strict=True)):
            _require_known(*pair, f"{path}[{number}]")


def write_settings(settings: ReportSettings) -> Mapping[str, Any]:
    """Return settings as a store gives them back, lists and all: what is as usual is left out."""
    usual, written = _as_json(ReportSettings()), _as_json(settings)
    return {name: value for name, value in written.items() if value != usual[name]}


def _as_json(settings: ReportSettings) -> dict[str, Any]:
    """Beware: ``to_builtins`` keeps tuples, which never equal the lists that come back."""
    written: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return written


def check_settings(settings: ReportSettings) -> ReportSettings:
    """Return settings that fit together, whatever the columns are; FieldInvalid."""
    if find_zone(settings.time_zone) is None:
        raise FieldInvalid(
            f"report.time_zone: there is no zone {settings.time_zone[:60]!r}.",
            detail="Expected: a name such as Europe/London.",
        )
    _require_range("row_limit", settings.row_limit, 1, MOST_ROWS)
    _require_range("settle_lag_seconds", settings.settle_lag_seconds, 0, _MOST_LAG)
    ids = [each.id for each in settings.filters]
    if len(set(ids)) < len(ids):
        raise FieldInvalid("report.filters: two filters have the same id.")
    if settings.default_filter is not None and settings.default_filter not in ids:
        raise FieldInvalid(
            f"report.default_filter: there is no filter {settings.default_filter}.",
            detail=f"Expected: {', '.join(map(str, ids)) or 'none, for no filters are saved'}.",
        )
    for number, saved in enumerate(settings.filters):
        for place, condition in enumerate(saved.conditions):
            check_condition(condition, path=f"report.filters[{number}].conditions[{place}]")
    names = [each.field for each in settings.display or ()]
    if len(names) > _MOST_FIELDS or len(set(names)) < len(names):
        raise FieldInvalid("report.display: a field is shown twice.")
    return settings


def _require_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise FieldInvalid(
            f"report.{name} is {value:,}.", detail=f"Expected: {least:,} to {most:,}."
        )
