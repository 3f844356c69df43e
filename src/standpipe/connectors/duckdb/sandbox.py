"""Shuts a child in: process limits first, then DuckDB's settings in the only order that works."""

import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path

import duckdb

from standpipe.connectors.duckdb.catalog import make_plan, open_plan, paths_of
from standpipe.connectors.duckdb.messages import SLOT_NAMES, SPILL_NAME, Box, Plan
from standpipe.connectors.duckdb.names import escape_glob, quote_name, quote_text
from standpipe.connectors.duckdb.uploads import open_uploads, upload_paths

__all__ = [
    "leave_the_family",
    "limit_files",
    "lock",
    "open_engine",
    "open_next",
]

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
# The engine counts its buffers alone, and fills what it is given before it writes rows out: a
# copy of 10M rows in order takes 12 s within 512 MB and 6 s within 256 MB. A sort that spills
# needs some 45 MB whatever the limit is. What a copy takes beside its buffers is some 70 MB.
_ENGINE_SHARE = 0.55
_ENGINE_BYTES = 16 * 1024**2
_ADDRESS_SPACE_BYTES = 1536 * 1024**2  # what an idle child and an ordinary COPY take of it
_STANDARD_ERROR = 2

_EARLY_SETTINGS = (
    "SET GLOBAL timezone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET allow_persistent_secrets = false",
    "SET python_enable_replacements = false",
    "SET preserve_insertion_order = true",
    # What a cursor of a locked engine may still set: nothing that opens anything.
    "SET allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print', 'search_path']",
)


_LEFT_BEHIND = "left_behind"
_PREPARE_LEFT_BEHIND = (
    f"PREPARE {_LEFT_BEHIND} AS SELECT 1 FROM duckdb_external_resources()"
    " UNION ALL SELECT 1 FROM duckdb_external_resource_types()"
)


def leave_the_family(keep: int) -> None:
    """Keep one descriptor and standard error of all that was inherited, and die with the parent."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)  # so that no data file gets the number of standard input or output
    os.dup2(nothing, 1)
    os.closerange(_STANDARD_ERROR + 1, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()  # noqa: TID251 # emptied, not read
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(
        OSError, AttributeError
    ):  # Linux; elsewhere the reader thread sees EOF
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def open_engine() -> duckdb.DuckDBPyConnection:
    """Return an instance that needs only a source; this is the slow part, done in advance."""
    connection = duckdb.connect(":memory:")
    for statement in (*_EARLY_SETTINGS, _PREPARE_LEFT_BEHIND):
        connection.execute(statement)
    return connection


def lock(connection: duckdb.DuckDBPyConnection, box: Box) -> Plan:
    """Open the source of ``box`` and lock everything else away, for ever.

    Only the source's own files and those of what is shown beside it may be read afterwards; only
    the slots and the spill may be written.

    Raises:
        ConfigurationInvalid: a file cannot be read, or two claim one name.
        SourceFailed: an uploaded table cannot be read.
    """
    _limit(resource.RLIMIT_AS, _ADDRESS_SPACE_BYTES + 2 * box.memory_bytes)
    folder = Path(box.folder)
    for statement in (
        f"SET memory_limit = '{int(box.memory_bytes * _ENGINE_SHARE) + _ENGINE_BYTES}B'",
        f"SET threads = {box.threads}",
        f"SET temp_directory = {quote_text(str(folder / SPILL_NAME))}",
        f"SET max_temp_directory_size = '{box.spill_bytes}B'",
    ):
        connection.execute(statement)
    plan = box.plan or make_plan(connection, box.entries, database=box.database)
    open_plan(connection, plan)
    open_uploads(connection, box.uploads)
    slots = [str(folder / name) for name in SLOT_NAMES]
    allowed = ", ".join(quote_text(path) for path in [*_readable(plan, box), *slots])
    for statement in (
        f"SET allowed_paths = [{allowed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return plan


def _readable(plan: Plan, box: Box) -> list[str]:
    bodies = [path for body in box.bodies for path in (body, escape_glob(body))]
    return [*paths_of(plan), *upload_paths(box.uploads), *bodies]


def _open_cursor(connection: duckdb.DuckDBPyConnection, plan: Plan) -> duckdb.DuckDBPyConnection:
    """Return a fresh cursor for one statement, with progress and the default database set."""
    cursor = connection.cursor()
    cursor.execute("SET enable_progress_bar = true")
    cursor.execute("SET enable_progress_bar_print = false")
    if plan.default_database is not None:
        path = f"{quote_name(plan.default_database)}.main,memory.main"
        cursor.execute(f"SET search_path = {quote_text(path)}")
    return cursor


def open_next(
    connection: duckdb.DuckDBPyConnection, plan: Plan
) -> duckdb.DuckDBPyConnection | None:
    """Return the cursor of the next statement; None if there must be none on this engine.

    So it is when a statement left something behind that the next one could see: the engine's
    registry of external resources is all that a SELECT can write to. An engine that cannot even
    answer this is of no use to the next one either.
    """
    try:
        left = connection.execute(f"EXECUTE {_LEFT_BEHIND}").fetchone()
        return _open_cursor(connection, plan) if left is None else None
    except duckdb.Error:
        return None


def limit_files(largest_bytes: int | None) -> None:
    """Let no file grow beyond this; writing more is an I/O error."""
    _limit(resource.RLIMIT_FSIZE, largest_bytes)


def _limit(kind: int, most: int | None) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (resource.RLIM_INFINITY if most is None else most, hard))
