"""A request and an answer as plain data: what rooms work with. No framework here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from standpipe.core.errors import MalformedBody, NotAuthenticated, StandpipeError
from standpipe.core.ids import ExecutionId
from standpipe.core.json_texts import read_json
from standpipe.core.ports import Chunks
from standpipe.core.principals import Principal
from standpipe.core.workspaces import Session, Workspace
from standpipe.http.operations import Operation
from standpipe.services.directory import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A request whose body has been read.

    ``path`` is the path below the workspace prefix; ``prefix`` is "" or "/<slug>"; ``base_url``
    is scheme and host as the caller sees them, without a trailing slash. Header names are lower
    case. ``args`` holds every value of each query argument, in order. ``file`` is a body that was
    spooled, alone in a folder where the handler may write too; it is gone after the answer.
    """

    method: str
    path: str
    prefix: str = ""
    base_url: str = ""
    args: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: Path | None = None
    client: str = ""
    workspace: Workspace | None = None
    caller: Principal | None = None
    session: Session | None = None

    @property
    def principal(self) -> Principal:
        """Who asks; NotAuthenticated for nobody."""
        if self.caller is None:
            raise NotAuthenticated()
        return self.caller

    @property
    def spooled(self) -> Path:
        """The file that holds the body, on a route that spools it."""
        if self.file is None:
            raise TypeError("This route does not spool its body.")
        return self.file

    def arg(self, name: str) -> str | None:
        """Return the first value of a query argument; None if it is absent."""
        values = self.args.get(name)
        return values[0] if values else None

    def json(self) -> Any:
        """Return the decoded JSON body, whatever its content type; MalformedBody."""
        try:
            return read_json(self.body)
        except ValueError as error:
            raise MalformedBody(detail=str(error)) from error


@dataclass(frozen=True, slots=True)
class FileBody:
    """A body that is a file. ``etag`` is the strong tag without quotes.

    ``modified_at`` is when its content came to be, the same for ever; it is told where
    Cache-Control says how long to keep the answer, since caches would else guess that from it.
    """

    path: Path
    etag: str
    modified_at: datetime | None = None


OpenChunks = Callable[[], Chunks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A body with an identity: it is encoded once and then kept.

    ``etag`` is the strong tag without quotes; it names exactly these bytes for ever. Formats that
    are compressed inside are not ``is_compressible``. ``modified_at`` is as for FileBody.
    """

    etag: str
    open: OpenChunks
    is_compressible: bool = True
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """A body that goes on while an execution does: server-sent events.

    ``read`` is called at the start and after every change; it returns what to send (may be empty)
    and whether that was the last of it.
    """

    execution_id: ExecutionId
    read: Callable[[], tuple[bytes, bool]]


Body = bytes | FileBody | OpenChunks | Encoded | EventStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """An answer. A body that is a callable is opened in a thread and streamed.

    Content-Length is added for bytes and files; a HEAD gets the headers alone. ``is_steady`` says
    that the same request gets the same answer until something in the metadata changes: nothing
    in it depends on the time. ``is_result`` says that the body holds rows of results, whose bytes
    count as usage.
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: Body = b""
    is_steady: bool = False
    is_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """An answer that waits for an execution, for at most ``seconds``.

    ``resume`` is called after every move of the execution (not after mere progress), perhaps also
    when there was none, and with True when the time is over, which it also is when the server
    stops; then it must return an answer. It runs where point reads run. What it waits for next,
    this execution or another one, shares the time of the first wait.
    """

    execution_id: ExecutionId
    seconds: float
    resume: Callable[[bool], "Answer"]


class Work(Enum):
    """Where a handler runs."""

    READ = "read"  # inline: point reads of microseconds
    WRITE = "write"  # on the one writer thread
    TEXT = "text"  # on threads of their own: takes SQL apart, which may take seconds
    SLOW = "slow"  # in the pool: talks to a data source or reads artifacts
    UPLOAD = "upload"  # on threads of their own: takes in rows, which may take minutes


class Intake(Enum):
    """Where a body goes while it arrives, and so how large it may be."""

    MEMORY = "memory"
    ROWS = "rows"  # a file: rows of a table
    DOCUMENT = "document"  # a file: JSON that holds rows


@dataclass(frozen=True, slots=True)
class Onward:
    """The rest of a handler's work, to be done where ``work`` says: a hit ends before it."""

    work: Work
    then: Callable[[], "Answer"]


Answer = Outbound | Later | Onward
Handler = Callable[[Services, Inbound], Answer]
Admission = Callable[[Services, Inbound], None]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: a method, a path pattern (``/queries/{id}``), its handler.

    ``{name}`` matches one segment, ``{name:int}`` digits only. Public routes are entered without
    credentials: then ``caller`` may be None. Routes stand in the order in which they are tried.
    ``operation`` describes the endpoint in the room's document; None leaves it out. A body that
    goes to a file is read only when the caller is known and ``admit`` has not refused him. A GET
    that begins something does not answer HEAD.
    """

    method: str
    path: str
    handler: Handler
    work: Work = Work.READ
    is_public: bool = False
    operation: Operation | None = None
    intake: Intake = Intake.MEMORY
    admit: Admission | None = None
    answers_head: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request carries: a key, a link to a file, or a session cookie."""

    key: str | None = None
    link: str | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A dialect as a value: its URL table, where its keys are, how its errors look.

    ``render_error`` gets the request too, since some shapes depend on the path. ``read_csrf``
    finds the token that a write with a session cookie must carry. With ``has_timing`` every answer
    says how long its steps took.
    """

    name: str
    routes: Sequence[Route]
    read_credentials: Callable[[Inbound], Credentials]
    render_error: Callable[[StandpipeError, Inbound], Outbound]
    read_csrf: Callable[[Inbound], str | None] = lambda inbound: inbound.headers.get("x-csrf-token")
    has_timing: bool = False
