"""A small HTTP/1.1 load: some keep-alive connections, as fast as they are answered."""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass
class Connection:
    """One connection with the answer it is waiting for."""

    socket: socket.socket
    missing: int = 0
    is_in_head: bool = True
    buffer: bytes = b""


def requests_per_second(
    port: int, request: bytes, *, connections: int = 8, seconds: float = 1.5
) -> float:
    """Send the same request over and over and return the rate of whole answers."""
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        wire = socket.create_connection(("127.0.0.1", port))
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(wire, selectors.EVENT_READ, Connection(wire))
        wire.sendall(request)
    started = time.perf_counter()
    answered = 0
    while time.perf_counter() - started < seconds:
        for key, _ in selector.select(1.0):
            if _received(key.data):
                answered += 1
                key.data.socket.sendall(request)
    elapsed = time.perf_counter() - started
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return answered / elapsed


def _received(connection: Connection) -> bool:
    """Read what is there; whether an answer is complete."""
    piece = connection.socket.recv(1 << 20)
    if not piece:
        raise ConnectionError("the server closed a connection")
    if not connection.is_in_head:
        connection.missing -= len(piece)
    else:
        connection.buffer += piece
        head, end, rest = connection.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        connection.missing = _length(head) - len(rest)
        connection.is_in_head = False
    if connection.missing > 0:
        return False
    connection.is_in_head, connection.buffer = True, b""
    return True


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
