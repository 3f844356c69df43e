"""A query as a text file: SQL under a head of comment lines that holds everything else.

The head stands between two ``-- ---`` lines. Each line in it is ``-- name: <JSON>``; a list of
objects has one ``--   - <JSON>`` line for each. Fields with their usual value are left out, names
are those of the core. Pure text: files and the store are somebody else's.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from standpipe.core.errors import FieldInvalid
from standpipe.core.json_texts import read_json
from standpipe.core.parameters import Parameter
from standpipe.core.queries import Visibility
from standpipe.core.schedules import Schedule

FENCE = "-- ---"
_ITEM = "  - "
_MAX_ID = 2**31 - 1
_MAX_SLUG = 60

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualizationFile:
    """A way of showing the result, without the ids of one server."""

    type: str
    name: str = ""
    description: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFile:
    """A query as it travels: people and data sources by name.

    ``owner`` is an e-mail address, ``source`` the name of a data source. What is None is for the
    server that reads the file to choose. ``visualizations`` None = leave them as they are.
    """

    name: str
    id: int | None = None
    uuid: UUID | None = None
    owner: str | None = None
    source: str | None = None
    description: str | None = None
    parameters: tuple[Parameter, ...] = ()
    schedule: Schedule | None = None
    cache_seconds: int | None = None
    stale_while_revalidate_seconds: int | None = None
    stale_if_error_seconds: int | None = None
    visibility: Visibility = Visibility.WORKSPACE
    is_draft: bool = False
    is_archived: bool = False
    tags: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    visualizations: tuple[VisualizationFile, ...] | None = None
    created_at: datetime | None = None
    key: str | None = field(default=None, repr=False)
    sql: str = ""


def write(file: QueryFile) -> str:
    """Return the text of a query; ``read`` gives exactly this query back."""
    head = "".join(f"-- {line}\n" for line in _head_lines(file))
    return f"{FENCE}\n{head}{FENCE}\n{file.sql}\n"


def read(text: str, place: str) -> QueryFile:
    """Return the query of a text; FieldInvalid names ``place``, the line or field, and what fits.

    Without a head the whole text is SQL and the query is called ``place``. Words that are not
    JSON are taken as they stand, so that people need not quote names.
    """
    head, sql = _split(text, place)
    values = {"name": place, **_read_head(head, place), "sql": sql}
    file = _revive(QueryFile, values, place)
    if file.id is not None and not 0 < file.id <= _MAX_ID:
        raise FieldInvalid(f"{place}: the id is {file.id}.", detail=f"1 to {_MAX_ID}.")
    return file


def file_name(query_id: int, name: str) -> str:
    """Return ``<id>-<slug>.sql``: readable, and safe on every file system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_MAX_SLUG].strip("-")
    return f"{query_id}-{slug}.sql" if slug else f"{query_id}.sql"


def to_portable(value: Any) -> dict[str, Any]:
    """Return a value of this file or of the core as plain JSON values, usual ones left out."""
    portable = {}
    for item in fields(value):
        given = getattr(value, item.name)
        if given != _default(item):
            portable[item.name] = _plain(given)
    return portable


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return to_portable(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return msgspec.to_builtins(value)


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def _head_lines(file: QueryFile) -> Iterator[str]:
    for name, value in to_portable(file).items():
        if name == "sql":
            continue
        if value and isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield f"{name}:"
            yield from (f"{_ITEM}{_json(item)}" for item in value)
        else:
            yield f"{name}: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _split(text: str, place: str) -> tuple[list[str], str]:
    """Return the lines of the head and the SQL below it."""
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != FENCE:
        return [], text.removesuffix("\n")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return lines[1:number], "\n".join(lines[number + 1 :]).removesuffix("\n")
        if not line.startswith("--"):
            break
    raise FieldInvalid(f"{place}: the head has no end.", hint=f"Close it with a line {FENCE!r}.")


def _read_head(lines: list[str], place: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    open_list: list[Any] | None = None
    for number, line in enumerate(lines, start=2):
        content = line.removeprefix("--").strip()
        where = f"{place}, line {number}"
        if not content:
            continue
        if content.startswith(_ITEM.strip() + " ") and open_list is not None:
            open_list.append(_value(content[2:], where))
            continue
        name, colon, rest = content.partition(":")
        if not colon or name in values:
            raise FieldInvalid(
                f"{where}: {content!r} cannot be read.",
                detail="A line of the head is '-- name: value', each name once.",
            )
        open_list = [] if not rest.strip() else None
        values[name] = open_list if open_list is not None else _value(rest.strip(), where)
    return values


def _value(text: str, where: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        if text[:1] not in '"[{':
            return text
        raise FieldInvalid(f"{where}: the value is not JSON.", detail=f"{text[:80]!r}") from error


def _revive(kind: type[T], values: Mapping[str, Any], place: str) -> T:
    """Build a dataclass from plain values, strictly: unknown names and wrong types are errors."""
    _check_names(kind, values, place)
    for name, nested in (("parameters", Parameter), ("visualizations", VisualizationFile)):
        for item in _objects(values.get(name)):
            _check_names(nested, item, f"{place}, {name}")
    for item in _objects([values.get("schedule")]):
        _check_names(Schedule, item, f"{place}, schedule")
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        raise FieldInvalid(f"{place}: {error}.") from error


def _objects(values: Any) -> list[Any]:
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _check_names(kind: Any, values: Mapping[str, Any], place: str) -> None:
    known = [item.name for item in fields(kind)]
    unknown = [name for name in values if name not in known]
    if unknown:
        raise FieldInvalid(
            f"{place}: there is no field {unknown[0]!r}.", detail=f"There are: {', '.join(known)}."
        )
