"""Settings of reports as people write them, short forms included, made whole.

Fields are names; a sort by ``-start`` descends; presets go by name; operators have any spelling.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from standpipe.core.errors import FieldInvalid
from standpipe.core.reports.conditions import read_operator
from standpipe.core.reports.dates import ALL_DAYS, named_filter


def spelled_out(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which every short form is written out; FieldInvalid."""
    whole = dict(given)
    if _is_list(given.get("display")):
        whole["display"] = [_field(each) for each in given["display"]]
    if _is_list(given.get("sort")):
        whole["sort"] = [_sort(each) for each in given["sort"]]
    if "date_filter" in given:
        whole["date_filter"] = _dates(given["date_filter"], "report.date_filter")
    if _is_list(given.get("filters")):
        whole["filters"] = [
            _filter(each, f"report.filters[{n}]") for n, each in enumerate(given["filters"])
        ]
    return whole


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _field(given: Any) -> Any:
    return {"field": given} if isinstance(given, str) else given


def _sort(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    return {"field": given.removeprefix("-"), "is_descending": given.startswith("-")}


def _filter(given: Any, path: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    whole = dict(given)
    if "date_filter" in given:
        whole["date_filter"] = _dates(given["date_filter"], f"{path}.date_filter")
    if _is_list(given.get("conditions")):
        whole["conditions"] = [
            _condition(each, f"{path}.conditions[{n}]")
            for n, each in enumerate(given["conditions"])
        ]
    return whole


def _condition(given: Any, path: str) -> Any:
    if not isinstance(given, Mapping) or not isinstance(given.get("operator"), str):
        return given
    return {**given, "operator": read_operator(given["operator"], path=path).value}


def _dates(given: Any, path: str) -> Any:
    """Return a date filter; a preset by its name alone, or with its days, is found."""
    if isinstance(given, str):
        given = {"preset_name": given}
    if not isinstance(given, Mapping) or given.get("preset") is not None:
        return given
    name, days = given.get("preset_name"), given.get("days_of_week", ALL_DAYS)
    if not isinstance(name, str):
        return given
    if not isinstance(days, int) or not 0 <= days <= ALL_DAYS:
        raise FieldInvalid(f"{path}.days_of_week: expected 0 to {ALL_DAYS}.")
    return msgspec.to_builtins(named_filter(name, days))
