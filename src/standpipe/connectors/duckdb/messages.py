"""What parent, template and child say to each other.

To the template: a byte and a process id. To a child: length-prefixed MessagePack.
"""

import select
import socket
import struct
import threading
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from standpipe.connectors.duckdb.files import Entry
from standpipe.core.columns import Column
from standpipe.core.datasources import SourceTable

__all__ = [
    "FORK",
    "FORK_ANSWER",
    "FORK_REQUEST",
    "REAP",
    "SLOT_NAMES",
    "SPILL_NAME",
    "Answer",
    "Begun",
    "Box",
    "Boxed",
    "Channel",
    "Done",
    "Execute",
    "Explain",
    "Explained",
    "Failed",
    "Ingest",
    "Ingested",
    "Interrupt",
    "ListTables",
    "Merge",
    "Order",
    "Plan",
    "Request",
    "Table",
    "Tables",
    "Upload",
    "UploadColumn",
    "Value",
    "pack_value",
    "unpack_value",
]

FORK_REQUEST = struct.Struct("<cq")
FORK_ANSWER = struct.Struct("<q")
FORK = b"F"
REAP = b"R"

# Each attempt to write takes the next one, since DuckDB may remove the file of a failed attempt
# only after the next attempt has begun.
SLOT_NAMES = tuple(f"result-{number}.parquet" for number in range(32))
SPILL_NAME = "spill"

_LENGTH = struct.Struct("<I")
_LARGEST_BYTES = 256 * 1024**2


class Table(msgspec.Struct, frozen=True):
    """A view to create; ``schema`` is empty for the main one."""

    schema: str
    name: str
    reader: str
    files: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True):
    """How a source is opened: views, databases to attach as (alias, path), the default one."""

    tables: tuple[Table, ...] = ()
    databases: tuple[tuple[str, str], ...] = ()
    default_database: str | None = None


class Value(msgspec.Struct, frozen=True):
    """A bound value with its kind, since MessagePack knows neither decimals nor dates."""

    kind: str
    text: str


class Upload(msgspec.Struct, frozen=True):
    """An uploaded table to show: ``columns`` are (name, kind), ``files`` its parts."""

    namespace: str
    name: str
    columns: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


class UploadColumn(msgspec.Struct, frozen=True):
    """A column of an uploaded table that is to be filled."""

    name: str
    kind: str
    is_nullable: bool


class Box(msgspec.Struct, frozen=True, tag=True):
    """Become the engine of one source, for ever: open it, then lock everything else.

    ``folder`` is the child's own: the slots and ``spill/`` in it are the only places it may write.
    Without a ``plan`` the child looks into the files and makes one. ``uploads`` are shown beside
    them; ``bodies`` are files that only our own statements name.
    """

    folder: str
    memory_bytes: int
    spill_bytes: int
    threads: int
    entries: tuple[Entry, ...]
    database: str | None
    plan: Plan | None
    uploads: tuple[Upload, ...] = ()
    bodies: tuple[str, ...] = ()


class Execute(msgspec.Struct, frozen=True, tag=True):
    """Run one statement into a slot; no file may grow beyond ``file_bytes``."""

    run_id: int
    text: str
    values: dict[str, Value]
    file_bytes: int | None


class Explain(msgspec.Struct, frozen=True, tag=True):
    """Tell what a statement would give and how, without running it."""

    run_id: int
    text: str
    values: dict[str, Value]


class Ingest(msgspec.Struct, frozen=True, tag=True):
    """Turn a body into the rows of a table; without ``columns`` they are found in its CSV."""

    run_id: int
    path: str
    format: str
    columns: tuple[UploadColumn, ...]
    file_bytes: int | None


class Merge(msgspec.Struct, frozen=True, tag=True):
    """Write the rows of these Parquet files, in their order, into one."""

    run_id: int
    paths: tuple[str, ...]
    file_bytes: int | None


class ListTables(msgspec.Struct, frozen=True, tag=True):
    """Tell what the source offers."""


class Interrupt(msgspec.Struct, frozen=True, tag=True):
    """Stop this run; one that is over is not touched."""

    run_id: int


class Boxed(msgspec.Struct, frozen=True, tag=True):
    """The source is open."""

    plan: Plan


class Begun(msgspec.Struct, frozen=True, tag=True):
    """The statement is being run from now on; before this it has surely not been."""


class Percent(msgspec.Struct, frozen=True, tag=True):
    """How far the engine thinks it is, 0 to 100."""

    run_id: int
    percent: float


class Done(msgspec.Struct, frozen=True, tag=True):
    """The statement's rows are in the file of this name in the child's folder."""

    slot: str
    columns: tuple[Column, ...]
    row_count: int
    cpu_seconds: float


class Ingested(msgspec.Struct, frozen=True, tag=True):
    """The rows of a body are in the file of this name in the child's folder."""

    slot: str
    columns: tuple[UploadColumn, ...]
    row_count: int


class Explained(msgspec.Struct, frozen=True, tag=True):
    """The columns of a statement, the engine's plan for people, and the rows it expects."""

    columns: tuple[Column, ...]
    text: str
    estimated_rows: int | None


class Tables(msgspec.Struct, frozen=True, tag=True):
    """What the source offers."""

    tables: tuple[SourceTable, ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It did not work.

    ``reason`` is failed, refused, rejected, memory, size, full or interrupted.
    """

    reason: str
    message: str
    detail: str = ""
    hint: str = ""


Order = Execute | Explain | Ingest | ListTables | Merge
Request = Box | Order | Interrupt
Answer = Boxed | Begun | Percent | Done | Ingested | Explained | Tables | Failed
Incoming = TypeVar("Incoming")


class Channel(Generic[Incoming]):
    """One end of the conversation. Any thread may send; one thread receives."""

    def __init__(self, connection: socket.socket, incoming: Any) -> None:
        """Speak over ``connection``; ``incoming`` is the union of messages that may arrive."""
        self._socket = connection
        self._decoder: msgspec.msgpack.Decoder[Incoming] = msgspec.msgpack.Decoder(incoming)
        self._sending = threading.Lock()
        self._received = bytearray()

    def send(self, message: Request | Answer) -> None:
        """Send one message; OSError if the other end is gone."""
        body = msgspec.msgpack.encode(message)
        with self._sending:
            self._socket.sendall(_LENGTH.pack(len(body)) + body)

    def receive(self, seconds: float | None) -> Incoming | None:
        """Return the next message, or None when the time is over.

        Raises:
            EOFError: the other end is gone.
        """
        while (message := self._take()) is None:
            if not self.is_readable(seconds):
                return None
            self._read()
        return message

    def is_readable(self, seconds: float | None) -> bool:
        """Whether bytes, or the end, arrive within the time."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read(self) -> None:
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        self._received += data

    def _take(self) -> Incoming | None:
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length > _LARGEST_BYTES:
            raise EOFError  # not one of our messages: nothing after it can be trusted
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        body = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError as error:
            raise EOFError from error


def pack_value(value: Any) -> Value:
    """Return a bound value as kind and text; TypeError for kinds that cannot be bound."""
    match value:
        case None:
            return Value("null", "")
        case bool():
            return Value("boolean", "1" if value else "")
        case datetime() | date():
            return Value("datetime" if isinstance(value, datetime) else "date", value.isoformat())
        case str():
            return Value("str", str(value))
        case bytes():
            return Value("bytes", value.hex())
    for kind in (int, float, Decimal):
        if isinstance(value, kind):
            return Value(kind.__name__, str(value))
    raise TypeError(f"A value of type {type(value).__name__} cannot be bound.")


def unpack_value(value: Value) -> Any:
    """Return the Python value that was packed."""
    return _READERS[value.kind](value.text)


_READERS: dict[str, Any] = {
    "null": lambda _: None,
    "boolean": bool,
    "int": int,
    "float": float,
    "Decimal": Decimal,
    "str": str,
    "bytes": bytes.fromhex,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}
