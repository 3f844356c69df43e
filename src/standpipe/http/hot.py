"""Small encoded bodies kept in memory by their strong ETag, which names exactly those bytes."""

from collections import OrderedDict

BUDGET_BYTES = 64 * 1024**2


class HotBodies:
    """The most recently sent small bodies; for one thread, the server's loop."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        """Keep bodies of at most that many bytes in all."""
        self._budget = budget_bytes
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    def find(self, etag: str) -> bytes | None:
        """Return the body of a tag, if it is still there."""
        body = self._bodies.get(etag)
        if body is not None:
            self._bodies.move_to_end(etag)
        return body

    def keep(self, etag: str, body: bytes) -> None:
        """Remember a body; the least recently sent ones go."""
        if etag in self._bodies or len(body) > self._budget:
            return
        self._bodies[etag] = body
        self._held += len(body)
        while self._held > self._budget:
            _, oldest = self._bodies.popitem(last=False)
            self._held -= len(oldest)
