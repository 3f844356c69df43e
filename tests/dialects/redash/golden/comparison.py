"""Compares an answer with a recorded one: exact, but for what belongs to the run.

Ids, keys and job ids must be the ones that stand for the recorded ones; times, run times and
sizes only have the recorded form. The order of keys counts, except inside documents that Redash
keeps in a column which orders them itself.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.dialects.redash.golden.identities import Identities, Path, kind_of
from tests.dialects.redash.golden.recordings import Digits

_RECORDED_URL = re.compile(r"http://127\.0\.0\.1:\d+")
HEADERS = (
    "Content-Type",
    "Content-Disposition",
    "Cache-Control",
    "Content-Encoding",
    "Access-Control-Allow-Origin",
    "Location",
    "Allow",
)
_TIMES = {
    "updated_at",
    "created_at",
    "retrieved_at",
    "starred_at",
    "active_at",
    "disabled_at",
    "last_triggered_at",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_START_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?")
_DATE_IN_NAME = re.compile(r"_\d{4}_\d\d_\d\d")
_STOOD_IN_KINDS = {"sqlite": "duckdb", "pg": "duckdb"}
_SETS = ("dateFormatList", "timeFormatList")
_UNORDERED = {"options", "schedule"}
_TYPES = ("integer", "float", "boolean", "string", "datetime", "date")
_IMPLIED_TYPES = {int: "integer", Digits: "float", bool: "boolean", str: "string"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparison knows of this run: ids, replaced texts, hashes that may be others."""

    identities: Identities
    endpoint: str | None
    texts: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    free_hashes: frozenset[str] = frozenset()


def compare_headers(
    recorded: Mapping[str, str], ours: Mapping[str, str], terms: Terms
) -> Iterator[str]:
    """Yield what differs in the headers that clients act on."""
    for name in HEADERS:
        expected, found = recorded.get(name), ours.get(name)
        if name == "Allow" and expected and found:
            expected, found = _sorted_list(expected), _sorted_list(found)
        if name == "Content-Disposition" and expected and found:
            expected, found = _without_run(expected, terms), _DATE_IN_NAME.sub("_DATE", found)
        if expected != found:
            yield f"header {name}: recorded {expected!r}, got {found!r}"


def compare_text(body: bytes) -> Iterator[str]:
    """Yield how the spelling of a JSON body differs from that of Python's json module."""
    text = body.decode()
    try:
        parsed = json.loads(text, parse_float=lambda number: f"\0{number}\0")
    except ValueError:
        yield f"the body is no JSON: {text[:80]!r}"
        return
    spelled = json.dumps(parsed, ensure_ascii=False)
    spelled = re.sub(r'"\\u0000([^"]*)\\u0000"', r"\1", spelled)
    if spelled != text:
        at = next(
            (i for i, (a, b) in enumerate(zip(spelled, text, strict=False)) if a != b),
            min(len(spelled), len(text)),
        )
        yield f"spelling: wanted {spelled[at - 20 : at + 20]!r}, got {text[at - 20 : at + 20]!r}"


def compare(recorded: Any, ours: Any, terms: Terms, path: Path = ()) -> Iterator[str]:
    """Yield what differs between two bodies, by place."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        yield from _compare_objects(recorded, ours, terms, path)
    elif isinstance(recorded, list) and isinstance(ours, list):
        yield from _compare_lists(recorded, ours, terms, path)
    elif not _is_equal(recorded, ours, terms, path):
        place = ".".join(map(str, path))
        yield f"{place}: recorded {_short(_expected(recorded, terms, path))}, got {_short(ours)}"


def _compare_objects(
    recorded: dict[str, Any], ours: dict[str, Any], terms: Terms, path: Path
) -> Iterator[str]:
    place = ".".join(map(str, path)) or "body"
    gone, new = recorded.keys() - ours.keys(), ours.keys() - recorded.keys()
    if gone or new:
        yield f"{place}: lacks {sorted(gone)}, has also {sorted(new)}"
    elif list(recorded) != list(ours) and not _UNORDERED & set(map(str, path)):
        yield f"{place}: keys in the order {list(ours)}"
    for name, expected in recorded.items():
        if name not in ours or _is_any_type(recorded, ours, (*path, name)):
            continue
        yield from compare(expected, ours[name], terms, (*path, name))


def _compare_lists(recorded: list[Any], ours: list[Any], terms: Terms, path: Path) -> Iterator[str]:
    if path[-1:] and path[-1] in _SETS:
        recorded, ours = sorted(recorded), sorted(ours)
    if len(recorded) != len(ours):
        yield f"{'.'.join(map(str, path))}: {len(recorded)} recorded, got {len(ours)}"
    for index, (expected, found) in enumerate(zip(recorded, ours, strict=False)):
        yield from compare(expected, found, terms, (*path, index))


def _is_equal(recorded: Any, ours: Any, terms: Terms, path: Path) -> bool:
    if type(recorded) is not type(ours):
        return False
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    is_plain = bool({"data", "options"} & set(map(str, path)))
    if recorded is not None and not is_plain and name in _TIMES and isinstance(recorded, str):
        form = _START_TIME if path[0] == "job" else _TIME
        return form.fullmatch(ours) is not None
    if name == "runtime" and not is_plain and isinstance(recorded, Digits):
        return bool(ours >= 0)
    kind = kind_of(path, terms.endpoint)
    if name == "query_hash" and recorded in terms.free_hashes:
        kind = "hash"
    if kind and recorded is not None:
        terms.identities.learn(kind, recorded, ours)
    return bool(_expected(recorded, terms, path) == ours)


def _expected(recorded: Any, terms: Terms, path: Path) -> Any:
    kind = kind_of(path, terms.endpoint)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    if name == "query_hash" and recorded in terms.free_hashes:
        kind = "hash"
    if kind:
        return terms.identities.ours(kind, recorded)
    if terms.endpoint == "source" and name == "type":
        return _STOOD_IN_KINDS.get(recorded, recorded)
    if isinstance(recorded, str):
        recorded = _RECORDED_URL.sub(terms.url, recorded)
        for text, replacement in terms.texts.items():
            recorded = recorded.replace(text, replacement)
    return recorded


def with_types(response: Any) -> Any:
    """Return a recorded result in which columns that Redash did not type have their values' type.

    Every column of ours is typed; where no value tells, any type will do and null stays.
    """
    data = _data_of(response)
    if data is None:
        return response
    typed = copy.deepcopy(response)
    for column in typed["query_result"]["data"]["columns"]:
        values = [row[column["name"]] for row in data["rows"]]
        kinds = {_IMPLIED_TYPES.get(type(value)) for value in values if value is not None}
        if column["type"] is None and len(kinds) == 1:
            column["type"] = kinds.pop()
    return typed


def _data_of(response: Any) -> Any:
    result = response.get("query_result") if isinstance(response, dict) else None
    return result.get("data") if isinstance(result, dict) else None


def _is_any_type(recorded: dict[str, Any], ours: dict[str, Any], path: Path) -> bool:
    is_type = "data" in path and "columns" in path and path[-1] == "type"
    return is_type and recorded["type"] is None and ours["type"] in _TYPES


def _without_run(disposition: str, terms: Terms) -> str:
    named = _DATE_IN_NAME.sub("_DATE", disposition)
    match = re.search(r"filename=(\d+)_DATE", named)
    if match and terms.endpoint in ("result", "query"):
        ours = terms.identities.ours(terms.endpoint, int(match[1]))
        named = named.replace(f"filename={match[1]}_", f"filename={ours}_")
    return named


def _sorted_list(text: str) -> str:
    return ", ".join(sorted(part.strip() for part in text.split(",")))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."
