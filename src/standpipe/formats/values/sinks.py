"""A file that is only written, for libraries that write files where we pass bytes on."""


class Sink:
    """Keeps what is written until it is taken; what was taken is forgotten."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        """Whether it can be written: always."""
        return True

    def write(self, data: bytes) -> int:
        """Keep a copy of the bytes and return how many they are."""
        self._pieces.append(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written so far."""
        return self._size

    def flush(self) -> None:
        """Do nothing: whoever takes decides when."""

    def close(self) -> None:
        """Do nothing: there is no more to it than its bytes."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
