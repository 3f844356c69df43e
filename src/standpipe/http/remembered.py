"""Answers that are remembered, ready to be sent, until anything in the metadata changes.

An answer is given again only to exactly the same request, head and all, so that whatever decided
about it the first time (who asks, what is accepted, which tag is known) decides the same again. The
version of the metadata changes with every commit: a key that is revoked, a result that is newer or
a right that is taken away is seen by the very next request. What depends on the time or on anything
else than request and metadata is not steady and is never kept; nor is what a session asked for,
since sessions end by the clock.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from starlette.types import Message, Scope, Send

from standpipe.core.usage import Account

BUDGET_BYTES = 64 * 1024**2
_ENTRY_BYTES = 2048  # what an answer without any bytes holds
_TIMING = (b"server-timing", b"remembered")

Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """One answer as it is sent, what the log says of it, and for whom its bytes are counted."""

    messages: Sequence[Message]
    status: int
    path: str
    size: int
    account: Account | None


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is remembered of a request; without an ``answer``, what it takes to keep one.

    ``key`` is None for requests that do not only read.
    """

    key: Key | None = None
    version: Hashable = None
    answer: Remembered | None = None


class RememberedAnswers:
    """The most recently given steady answers; for one thread, the server's loop.

    ``version`` returns what stays the same only as long as nothing has changed.
    """

    def __init__(
        self, version: Callable[[], Hashable], *, budget_bytes: int = BUDGET_BYTES
    ) -> None:
        """Keep at most so many bytes, 2 KiB for an answer of none."""
        self._read_version = version
        self._budget = budget_bytes
        self._answers: OrderedDict[Key, Remembered] = OrderedDict()
        self._held = 0
        self._version: Hashable = None

    def recall(self, scope: Scope) -> Recollection:
        """Return the answer to exactly this request, if one is remembered that still holds."""
        key = _key(scope)
        if key is None:
            return Recollection()
        version = self._read_version()
        if version != self._version:
            self._answers.clear()
            self._held = 0
            self._version = version
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return Recollection(key, version, answer)

    def keep(
        self,
        recollection: Recollection,
        watched: "Watched",
        path: str,
        *,
        is_timed: bool,
        account: Account | None = None,
    ) -> None:
        """Remember what was sent for a request, if it was an answer of one piece.

        What may have changed since the request came is not kept: it was made from what was true
        then or later. ``is_timed`` says that the room measures its answers, ``account`` for
        whom the bytes of a result are counted.
        """
        key, messages = recollection.key, watched.messages
        if key is None or recollection.version != self._version or not watched.is_one_piece:
            return
        start, body = messages
        if any(name == b"age" for name, _ in start["headers"]):  # another one each second
            return
        if is_timed:
            start = {**start, "headers": [*start["headers"], _TIMING]}
        size = _ENTRY_BYTES + _size_of(key) + len(body["body"])
        if key in self._answers or size > self._budget:
            return
        self._answers[key] = Remembered((start, body), start["status"], path, size, account)
        self._held += size
        while self._held > self._budget:
            _, oldest = self._answers.popitem(last=False)
            self._held -= oldest.size


class Watched:
    """Passes messages on, counts what was sent of the body, and keeps a steady answer."""

    def __init__(self, send: Send, *, is_steady: bool) -> None:
        self._send = send
        self._room = 2 if is_steady else 0
        self.has_begun = False
        self.sent_bytes = 0
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        self.has_begun = True
        if self._room:
            self._room -= 1
            self.messages.append(message)
        await self._send(message)
        self.sent_bytes += len(message.get("body", b""))

    @property
    def is_one_piece(self) -> bool:
        """Whether the whole answer was kept: its start and one body of bytes."""
        return len(self.messages) == 2 and not self.messages[1].get("more_body")


def _key(scope: Scope) -> Key | None:
    """Return everything that makes a request; None if it does not only read."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    headers = scope["headers"]
    for name, _ in headers:
        if name in (b"content-length", b"transfer-encoding"):
            return None
    path, query = scope["raw_path"], scope["query_string"]
    return (scope["method"], scope["scheme"], path, query, *headers)


def _size_of(key: Key) -> int:
    return sum(len(part) if isinstance(part, bytes | str) else _pair_size(part) for part in key)


def _pair_size(pair: Hashable) -> int:
    return sum(map(len, pair)) if isinstance(pair, tuple) else 0
