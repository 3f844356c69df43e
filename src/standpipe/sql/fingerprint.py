"""The identity of a statement: what must be equal for one result to serve both."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from standpipe.core.executions import Statement
from standpipe.core.ids import DataSourceId
from standpipe.core.parameters import Scalar
from standpipe.core.tables import TABLES_MARK, UploadedTable
from standpipe.sql.tokens import tokenize


def fingerprint(
    statement: Statement,
    data_source_id: DataSourceId,
    policy: str = "",
    sql_dialect: str = "duckdb",
) -> str:
    """Return 64 hex digits, equal for statements that are bound to give the same result.

    White space, comments and the ``;`` at the end do not count; letter case and everything inside
    quotes do, and so do the types of the values. ``policy`` names the row filter in force: those
    who see the same rows share results.
    """
    identity = {
        "data_source": data_source_id,
        "policy": policy,
        "text": canonical(statement.text, sql_dialect),
        "values": [[name, *_typed(value)] for name, value in sorted(statement.values.items())],
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def fingerprint_with_tables(fingerprint: str, tables: Sequence[UploadedTable]) -> str:
    """Return the identity of a statement that reads these tables as they are now.

    Whoever may not read one of them asks for something else, and never finds what others read.
    It begins with the identity of the statement, see ``without_tables``.
    """
    if not tables:
        return fingerprint
    read = [
        [str(table.uid), table.version, table.owner_id if table.is_private else None]
        for table in tables
    ]
    digest = hashlib.sha256(json.dumps(sorted(read, key=str)).encode()).hexdigest()
    return f"{fingerprint}{TABLES_MARK}{digest}"


def without_tables(fingerprint: str) -> str:
    """Return the identity of a statement alone, whatever was in the tables that it read."""
    return fingerprint.partition(TABLES_MARK)[0]


def _typed(value: Scalar) -> tuple[str, str]:
    return type(value).__name__, str(value)


@lru_cache(maxsize=256)
def canonical(sql: str, sql_dialect: str) -> str:
    """Return the text with one blank for white space and comments, and none around commas.

    Text whose quotes never end comes back stripped of white space at its ends.
    """
    return sql.strip() if (parts := _parts(sql, sql_dialect)) is None else "".join(parts)


def _parts(sql: str, sql_dialect: str) -> Iterator[str] | None:
    tokens = tokenize(sql, sql_dialect)
    if tokens is None:
        return None
    kept = list(tokens)
    while kept and kept[-1].kind == "SEMICOLON":
        kept.pop()
    raws = [token.raw for token in kept]
    gaps = [sql[one.end : two.start] for one, two in pairwise(kept)]
    return _joined(raws, gaps)


def _joined(raws: list[str], gaps: list[str]) -> Iterator[str]:
    for number, raw in enumerate(raws):
        yield raw
        if number < len(gaps):
            yield _gap(gaps[number], raw, raws[number + 1])


def _gap(gap: str, before: str, after: str) -> str:
    if "/*!" in gap or "/*+" in gap:
        return gap  # some engines read these comments
    if not gap or before in (",", "(") or after in (",", ")"):
        return ""
    # Two literals on two lines are one literal; on one line they are an error.
    return "\n" if "\n" in gap and before[-1:] == after[:1] == "'" else " "


def redash_query_hash(display: str) -> str:
    """Return Redash's hash of a text: MD5 without one-line ``/*...*/`` comments and white space.

    It does not tell ``'a b'`` from ``'ab'``, so it is only ever reported, never a key.
    """
    text = "\n".join(_without_block_comments(line) for line in display.split("\n"))
    squeezed = "".join(text.split())
    return hashlib.md5(squeezed.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _without_block_comments(line: str) -> str:
    parts: list[str] = []
    position = 0
    while (start := line.find("/*", position)) >= 0:
        end = line.find("*/", start + 2)
        if end < 0:
            break
        parts.append(line[position:start])
        position = end + 2
    parts.append(line[position:])
    return "".join(parts)
