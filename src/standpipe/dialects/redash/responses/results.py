"""Results: the envelope around streamed rows, typed columns, and the headers of files."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Encoding
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.core.windows import Window
from standpipe.core.workspaces import Variant, Workspace
from standpipe.dialects.redash.responses.bodies import show_time, write_json
from standpipe.formats import FormatEntry
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import EPOCHS_AND_STRINGS, NATIVE, PYTHON_MILLISECONDS, ValueStyle
from standpipe.sql.fingerprint import redash_query_hash

YEAR_SECONDS = 31_557_600
_STRING = "string"
_TYPES = {
    LogicalType.INTEGER: "integer",
    LogicalType.FLOAT: "float",
    LogicalType.DECIMAL: "float",
    LogicalType.BOOLEAN: "boolean",
    LogicalType.DATE: "date",
    LogicalType.TIMESTAMP: "datetime",
    LogicalType.TIMESTAMPTZ: "datetime",
}
_STYLES: Mapping[Variant, ValueStyle] = {
    Variant.REDASH: PYTHON_MILLISECONDS,
    Variant.LOGIQ: EPOCHS_AND_STRINGS,
}
_TIMES = (LogicalType.TIMESTAMP, LogicalType.TIMESTAMPTZ)
_ALL_DIGITS = PYTHON_MILLISECONDS.having({kind: NATIVE.renderings[kind] for kind in _TIMES})

_DATES = {"DD/MM/YY": "%d/%m/%y", "MM/DD/YY": "%m/%d/%y", "YYYY-MM-DD": "%Y-%m-%d"}
_CLOCKS = {"HH:mm": "%H:%M", "HH:mm:ss": "%H:%M:%S", "HH:mm:ss.SSS": "%H:%M:%S.%g"}

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FORBIDDEN = re.compile(r'[<>:"\\/|?*]+')
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownResult:
    """A result as one caller wants it.

    ``query`` is what it was asked through; None for a result that was asked for by its id alone.
    ``is_pinned`` says that the URL holds the result's id, so that its answer never changes.
    """

    result: Result
    workspace: Workspace
    format: FormatEntry
    window: Window
    query: Query | None = None
    has_iso_dates: bool = False
    is_pinned: bool = False


def with_unique_names(result: Result) -> Result:
    """Return the result with repeated column names numbered: ``a``, ``a1``, ``a2``."""
    if len({column.name for column in result.columns}) == len(result.columns):
        return result
    taken: set[str] = set()
    used: defaultdict[str, int] = defaultdict(int)
    columns = []
    for column in result.columns:
        name = column.name
        while name in taken:
            used[column.name] += 1
            name = f"{column.name}{used[column.name]}"
        taken.add(name)
        columns.append(replace(column, name=name))
    return replace(result, columns=tuple(columns))


def encode_result(shown: ShownResult) -> Encoding:
    """Return how rows are written: our own way in the formats that Redash does not have."""
    columns = shown.window.columns
    if shown.format.name == "json":
        return encode_json(shown.result, columns, shown.workspace.variant)
    if shown.format.name in ("csv", "tsv"):
        return _encode_csv(shown, columns)
    return shown.format.make(columns)


def encode_json(
    result: Result, columns: Sequence[Column], variant: Variant, *, is_projected: bool = False
) -> JsonRows:
    """Return the whole JSON body around the rows.

    ``is_projected`` leaves out all but data and time, as those see it who ran a query with a key.
    """
    before = "" if is_projected else _before_data(result)
    after = f'"retrieved_at": "{show_time(result.retrieved_at)}"}}}}'
    if not is_projected:
        source, runtime = result.data_source_id, result.runtime_seconds
        after = f'"data_source_id": {source}, "runtime": {_text(runtime)}, {after}'
    names = _text([_column_body(column, variant) for column in columns])
    head, tail = f'"data": {{"columns": {names}, "rows": [', "]}, "
    if variant is Variant.LOGIQ:
        head, tail = '"data": {"rows": [', f'], "columns": {names}}}, '
    return JsonRows(
        _STYLES[variant],
        spaced=True,
        head=f'{{"query_result": {{{before}{head}'.encode(errors="replace"),
        tail=(tail + after).encode(errors="replace"),
    )


def result_headers(shown: ShownResult) -> list[tuple[str, str]]:
    """Return the headers of a result's answer but for its ETag."""
    headers = [
        ("Content-Type", shown.format.media_type),
        ("Content-Disposition", _disposition(_file_name(shown))),
        ("X-Total-Rows", str(shown.result.row_count)),
    ]
    if shown.is_pinned:
        headers.append(("Cache-Control", f"private,max-age={YEAR_SECONDS}"))
    return headers


def result_etag(shown: ShownResult) -> str:
    """Return the strong tag of exactly these bytes, without quotes."""
    workspace = shown.workspace
    form = (
        str(shown.result.uid),
        shown.result.id,
        shown.format.name,
        shown.window,
        workspace.variant,
        _date_formats(shown) if shown.format.name in ("csv", "tsv") else None,
    )
    return hashlib.sha256(repr(form).encode()).hexdigest()[:32]


def _before_data(result: Result) -> str:
    head = {
        "id": result.id,
        "query_hash": redash_query_hash(result.sql),
        "query": result.sql,
    }
    return _text(head)[1:-1] + ", "


def _column_body(column: Column, variant: Variant) -> dict[str, Any]:
    kind = _TYPES.get(column.logical_type, _STRING)
    if variant is Variant.LOGIQ:
        return {"friendly_name": column.name, "type": kind, "name": column.name}
    return {"name": column.name, "friendly_name": column.name, "type": kind}


def _encode_csv(shown: ShownResult, columns: Sequence[Column]) -> CsvRows:
    date_format, datetime_format = _date_formats(shown)
    style = _ALL_DIGITS if shown.has_iso_dates else _STYLES[shown.workspace.variant]
    options = CsvOptions(
        delimiter="\t" if shown.format.name == "tsv" else ",",
        date_format=date_format,
        datetime_format=datetime_format,
    )
    return CsvRows([column.name for column in columns], style, options=options)


def _date_formats(shown: ShownResult) -> tuple[str | None, str | None]:
    """Return the strftime patterns of dates and datetimes; None where they stay as in JSON."""
    if shown.has_iso_dates:
        return None, None
    settings = shown.workspace.settings
    date = _DATES.get(settings.get("date_format", ""), _DATES["DD/MM/YY"])
    clock = _CLOCKS.get(settings.get("time_format", ""), _CLOCKS["HH:mm"])
    is_logiq = shown.workspace.variant is Variant.LOGIQ
    return date, None if is_logiq else f"{date} {clock}"


def _file_name(shown: ShownResult) -> str:
    name = str(shown.result.id)
    if shown.query is not None:
        name = _clean_name(shown.query.name) if shown.query.name else str(shown.query.id)
    return f"{name}_{shown.result.retrieved_at:%Y_%m_%d}.{shown.format.extension}"


def _clean_name(name: str) -> str:
    plain = _FORBIDDEN.sub(" ", _CONTROL.sub("", name))
    return re.sub(r"\s+", "_", plain).strip("_")


def _disposition(name: str) -> str:
    if name.isascii():
        return f"attachment; filename={_quoted(name)}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    exact = quote(name.encode(errors="replace"), safe="")
    return f"attachment; filename={_quoted(plain)}; filename*=UTF-8''{exact}"


def _quoted(name: str) -> str:
    if _TOKEN.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(value: Any) -> str:
    return write_json(value).decode()
