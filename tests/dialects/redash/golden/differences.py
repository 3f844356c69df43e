"""Where we answer otherwise than the recorded Redash, on purpose: what, and who says so.

Each entry is strict: our answer must be exactly the recorded one with the entry applied, and must
not be the recorded one itself.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from tests.dialects.redash.golden.recordings import Digits, Recording, load_recordings

GONE = object()
SAME: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One answer that differs from its recording.

    ``why`` is a row of the differences that the README of the room lists. ``like`` takes headers
    and body of another line; ``status``, ``headers`` and ``body`` replace what was recorded; a
    header that is None must be absent. ``edits`` change places in a body: ``GONE`` removes, a
    new key is added at the end. A body of bytes is only how ours must begin.
    """

    why: str
    like: int = 0
    status: int = 0
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = SAME
    edits: Mapping[str, Any] = field(default_factory=dict)
    reorders: Callable[[Any], Any] | None = None

    def apply(self, recorded: Recording) -> Recording:
        """Return the recording as we answer it."""
        if self.like:
            like = _recordings()[self.like - 1]
            recorded = replace(
                recorded, status=like.status, headers=like.headers, response=like.response
            )
        headers = {**recorded.headers, **self.headers}
        body = copy.deepcopy(recorded.response if self.body is SAME else self.body)
        if self.reorders is not None:
            body = self.reorders(body)
        for place, value in self.edits.items():
            body = _edited(body, place.split("."), value)
        return replace(
            recorded,
            status=self.status or recorded.status,
            headers={name: value for name, value in headers.items() if value is not None},
            response=body,
        )


@cache
def _recordings() -> tuple[Recording, ...]:
    return load_recordings()


def _edited(body: Any, place: list[str], value: Any) -> Any:
    name, rest = place[0], place[1:]
    at: Any = int(name) if isinstance(body, list) else name
    if rest:
        body[at] = _edited(body[at], rest, value)
    elif value is GONE:
        del body[at]
    else:
        body[at] = value
    return body


def _message(why: str, status: int, text: str) -> Difference:
    headers = {"Content-Type": "application/json", "Content-Disposition": None}
    headers["Cache-Control"] = None
    return Difference(why=why, status=status, headers=headers, body={"message": text})


def _new_job(name: str) -> dict[str, Any]:
    """Return a queued job that the recordings do not know."""
    job = {"id": name, "updated_at": 0, "status": 1, "error": ""}
    return {"job": {**job, "result": None, "query_result_id": None}}


def _for_all(difference: Difference, *lines: int) -> dict[int, Difference]:
    return dict.fromkeys(lines, difference)


_KINDER = "`max_age` that is no number, unknown ids, missing fields: 500"
_NO_PAGES = "unknown GET paths give the web application"
_LEAK_KEY = "`api_key` of a query for everybody who sees it"
_LEAK_MAIL = "query keys see the owner's e-mail"
_LEAK_DRAFT = "somebody else's draft dashboard opens by id"
_DEFAULTS = "a missing value is an error although the definition has a default"
_SAFE = "text parameters make `is_safe` false, and queries with them cannot be shared"
_SECTIONS = "sections `{{#x}}` in SQL"
_STATEMENT = "several statements in one run; DDL"
_TYPED = "column types null or wrong in some sources"
_DIGITS = "decimals as rounded floats"
_SCHEMA = "schema comes as a job first"
_SLUGS = "dashboards by slug only with `?legacy`"
_DETAIL = "400 of data sources says nothing"
_CLIENT = "custom JavaScript in charts, consent to statistics"
_REDIS = "/status.json tells of Redis and its memory"
_ENGINE = "errors of a data source are in its own words"
_OPTIONS = "`OPTIONS` is answered on every path"
_DATES = "anything that might be a date is one: `10`"
_BOOLS = "a boolean for a number is rendered `True`"
_PREFIX = "a server has either workspace prefixes or none"
_LOGIN = "pages redirect to `/login?next=<absolute URL>`"
_FILES = "a DuckDB source is one file"
_KINDS = "30 kinds of data sources"
_SLASH = "a trailing slash is another path"
_FORMATS = "unknown extensions of results: 500"
_SHEETS = "XLSX with dates as text and `=1+1` as a formula, cut at 1,048,576 rows"
_EQUALS = "queries that fit a search equally well come oldest first"

_NOT_FOUND = (
    "The requested URL was not found on the server."
    " If you entered the URL manually please check your spelling and try again."
)
_NO_RESULT = "No cached result found for this query."

_CONFIG = Difference(
    why=_CLIENT,
    edits={
        "client_config.version": "26.8.0",
        "client_config.showBeaconConsentMessage": False,
        "client_config.allowCustomJSVisualizations": False,
    },
)
_TABLES = {
    "schema": [
        {
            "name": "orders",
            "columns": [
                {"name": "id", "type": "INTEGER"},
                {"name": "day", "type": "VARCHAR"},
                {"name": "amount", "type": "DOUBLE"},
                {"name": "customer", "type": "VARCHAR"},
            ],
        }
    ]
}
_NO_TABLE = (
    "Catalog Error: Table with name nowhere does not exist!\n"
    'Did you mean "orders"?\n\n'
    "LINE 1: select nope from nowhere\n                         ^^^^^^^"
)
_ONE_STATEMENT = "Allowed: one SELECT, WITH, FROM, VALUES, PIVOT, DESCRIBE, SUMMARIZE or SHOW."
_DEFAULT_TEXT = (
    "select 'a' t, 1 n, 'x' e, '2026-01-01' d, '2026-01-01 10:00' dl, '2026-01-01 10:00:05' ds,"
    " '2026-01-01' s, '2026-01-31' en, 'abc' tp where 'x' in ('x','y')"
)
_DEFAULT_HASH = "d539af143729821f43d2de34294c32cb"
_PICTURE = "/static/images/avatar.svg"
_SECTION_REFUSED = (
    "Placeholder {{ sec }} in line 1 cannot be bound: sections are not supported, since they"
    " paste text into SQL. Write a condition, e.g. ({{ x }} = '' or col = {{ x }})."
)
_DUCK_TYPES = {
    **dict.fromkeys((0, 1, 18), "integer"),
    **dict.fromkeys((2, 3, 4), "float"),
    5: "boolean",
    8: "string",
    **dict.fromkeys((9, 10), "datetime"),
}
_DUCK_CSV = (
    "a,h,dc,db,n,b,s,d,t,ts,tz,iv,u,l,st,m,bl,nn,ui\r\n"
    "1,1,1.50,1.5,,true,s,02/01/26,10:11:12,02/01/26 03:04,02/01/26 03:04,"
    '"1 day, 0:00:00",47183823-2574-4bfd-b411-99ed177d3e43,"[1, 2]",'
    '"{""a"": 1}","{""k"": 1}",aa,,1\r\n'
)


def _exact_text(line: int) -> Difference:
    """Return the recorded CSV or TSV of the types of Postgres with exact and nested values."""
    text = _recordings()[line - 1].response
    for recorded, ours in (
        ("1.2345678901234567e+19", "12345678901234567890.123456789"),
        ("1.1", "1.10"),
        ("1e+23", "100000000000000000000000"),
    ):
        text = text.replace(recorded, ours, 1)
    nested, listed = '"{""a"":[1,2]}"', '"[""a"", null]"'
    for recorded, ours in (("{'a': [1, 2]}", nested), ("['a', None]", listed)):
        text = text.replace(f'"{recorded}"', ours).replace(recorded, ours)
    return Difference(why=_DIGITS, body=text)


def _of_params(index: int) -> dict[str, Any]:
    """Return what a list shows of the query whose defaults were run."""
    return {
        f"results.{index}.latest_query_data_id": 1229,
        f"results.{index}.query_hash": _DEFAULT_HASH,
        f"results.{index}.is_safe": True,
        f"results.{index}.retrieved_at": "2026-11-22T10:36:08.965Z",
        f"results.{index}.runtime": Digits("0.01"),
    }


def _newest_first(body: Any) -> Any:
    return {**body, "results": body["results"][::-1]}


DIFFERENCES: Mapping[int, Difference] = {
    **_for_all(_CONFIG, 3, 29, 30, 388),
    5: Difference(why=_CLIENT, edits={"client_config.allowCustomJSVisualizations": False}),
    6: _message(_NO_PAGES, 404, _NOT_FOUND),
    8: Difference(
        why=_LOGIN,
        headers={
            "Content-Type": None,
            "Cache-Control": "no-store",
            "Location": "/login?next=/queries",
        },
        body="",
    ),
    9: Difference(why=_OPTIONS, headers={"Allow": "GET, HEAD, POST"}),
    10: Difference(why=_OPTIONS, headers={"Allow": "HEAD, GET, DELETE, POST"}),
    **_for_all(_message(_KINDER, 404, _NOT_FOUND), 12, 14, 15, 19, 317, 387),
    17: _message(_KINDER, 400, "The field 'name' is missing."),
    20: _message(_KINDER, 400, "The field 'query' is missing."),
    34: Difference(
        why=_REDIS,
        body={
            "dashboards_count": 0,
            "database_metrics": {"metrics": []},
            "manager": {"queues": {"queries": {"size": 0, "started": 0}}},
            "queries_count": 0,
            "version": "26.8.0",
            "workers": [],
        },
    ),
    36: Difference(
        why=_KINDS,
        body=[
            {
                "name": "DuckDB",
                "type": "duckdb",
                "configuration_schema": {
                    "type": "object",
                    "properties": {
                        "paths": {"type": "array", "title": "Files and folders"},
                        "dbpath": {
                            "type": "string",
                            "title": "Database file",
                            "default": ":memory:",
                        },
                        "sql": {
                            "type": "string",
                            "title": "SQL (duckdb, trino)",
                            "default": "duckdb",
                        },
                    },
                    "required": [],
                    "secret": [],
                    "order": ["paths", "dbpath", "sql"],
                },
            }
        ],
    ),
    42: Difference(why=_SLASH, like=22),
    **_for_all(Difference(why=_FILES, edits={"options.paths": []}), 45, 60),
    48: Difference(why=_DETAIL, edits={"detail": "There is no connector 'nosuch'. Known: duckdb."}),
    50: Difference(why=_DETAIL, edits={"detail": "The field 'options' is missing."}),
    **_for_all(Difference(why=_KINDS, edits={"2": GONE}), 51, 89),
    **_for_all(Difference(why=_SCHEMA, body=_TABLES), 55, 57),
    56: _message(_SCHEMA, 404, _NOT_FOUND),
    121: Difference(why=_SHEETS, body=b"PK\x03\x04"),
    122: Difference(
        why=_FORMATS,
        like=118,
        headers={
            "Content-Type": "application/vnd.apache.parquet",
            "Content-Disposition": "attachment; filename=1_2026_11_22.parquet",
        },
        body=b"PAR1",
    ),
    126: Difference(why=_NO_PAGES, like=123, headers={"Cache-Control": "private,max-age=31557600"}),
    131: _message(
        _KINDER,
        400,
        "The field 'max_age' is 'abc'. It must be a number of seconds:"
        " 0 for a new run, -1 for a result of any age.",
    ),
    **_for_all(Difference(why=_ENGINE, edits={"job.error": _NO_TABLE}), 144, 148),
    151: Difference(
        why=_STATEMENT,
        edits={"job.error": f"A statement of kind CREATE was found. {_ONE_STATEMENT}"},
    ),
    173: Difference(
        why=_STATEMENT,
        edits={
            "job.status": 4,
            "job.error": f"2 statements were found. {_ONE_STATEMENT}",
            "job.result": None,
            "job.query_result_id": None,
        },
    ),
    174: _message(_STATEMENT, 404, _NOT_FOUND),
    179: Difference(
        why=_LEAK_MAIL,
        edits={
            "api_key": "",
            "user.email": "",
            "user.profile_image_url": _PICTURE,
            "last_modified_by.email": "",
            "last_modified_by.profile_image_url": _PICTURE,
        },
    ),
    **_for_all(
        Difference(why=_SAFE, edits={"query_hash": _DEFAULT_HASH, "is_safe": True}), 195, 198
    ),
    201: Difference(why=_DEFAULTS, status=200, body=_new_job("job of line 201")),
    202: Difference(why=_DEFAULTS, status=200, body=_new_job("job of line 202")),
    209: Difference(why=_BOOLS, like=200),
    220: _message(
        _DATES,
        400,
        "The following parameter values are incompatible with their definitions: d",
    ),
    228: Difference(
        why=_DEFAULTS,
        like=200,
        edits={
            "query_result.id": 1201,
            "query_result.query": _DEFAULT_TEXT,
            "query_result.query_hash": _DEFAULT_HASH,
            "query_result.data.rows.0.ds": "2026-01-01 10:00:05",
        },
    ),
    229: Difference(why=_DEFAULTS, status=200, body=_new_job("job of line 229")),
    231: _message(_KINDER, 404, _NO_RESULT),
    239: _message(_SECTIONS, 400, _SECTION_REFUSED),
    244: Difference(
        why=_DIGITS,
        edits={
            "query_result.data.rows.0.num": Digits("12345678901234567890.123456789"),
            "query_result.data.rows.0.num2": Digits("1.10"),
            "query_result.data.rows.0.hugenum": 100000000000000000000000,
        },
    ),
    245: _exact_text(245),
    246: _exact_text(246),
    251: Difference(
        why=_TYPED,
        edits={
            **{f"query_result.data.columns.{i}.type": kind for i, kind in _DUCK_TYPES.items()},
            "query_result.data.rows.0.dc": Digits("1.50"),
        },
    ),
    252: Difference(why=_TYPED, body=_DUCK_CSV),
    272: _message(_KINDER, 400, "The field 'name' is missing."),
    275: Difference(why=_SLUGS, like=274),
    283: _message(_KINDER, 400, "The field 'visualization_id' is missing. null makes a text."),
    285: Difference(why=_NO_PAGES, like=284),
    **_for_all(_message(_LEAK_DRAFT, 404, _NOT_FOUND), 287, 289),
    322: _message(_NO_PAGES, 404, _NOT_FOUND),
    327: Difference(why=_LEAK_KEY, edits={"api_key": ""}),
    346: Difference(why=_EQUALS, reorders=_newest_first),
    349: Difference(why=_DEFAULTS, edits=_of_params(9)),
    390: Difference(why=_PREFIX, like=402, edits=_of_params(9)),
    392: Difference(
        why=_PREFIX,
        edits={**_CONFIG.edits, "client_config.basePath": "http://127.0.0.1:5000/"},
    ),
}
