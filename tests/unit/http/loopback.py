"""A real uvicorn around one ASGI application, on a free port of the loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """Serve an application while the block runs; gives the port."""

    async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await app(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(http_only, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def ask(port: int, *headers: str, method: str = "GET") -> socket.socket:
    """Send a request and return the socket on which its answer comes."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall("\r\n".join([f"{method} / HTTP/1.1", "host: x", *headers, "", ""]).encode())
    return client
