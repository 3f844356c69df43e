"""What arrives: the head of an ASGI request as plain data, then its body."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from standpipe.core.errors import BodyTooLarge, MalformedBody
from standpipe.http.messages import Inbound

LET_GO_BY = 16  # times the largest body is read and dropped before the connection is cut


def read_head(scope: Scope, public_url: str = "") -> Inbound:
    """Return a request without its body; ``public_url`` is the server's address if it is told."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    return Inbound(
        method=scope["method"],
        path=_tidy(scope["path"]),
        base_url=public_url.rstrip("/") or _base_url(scope, headers),
        args=_args(scope.get("query_string", b"")),
        headers=headers,
        cookies=_cookies(headers.get("cookie", "")),
        client=client[0] if client else "",
    )


async def read_body(inbound: Inbound, receive: Receive, *, limit: int) -> bytes:
    """Return the body; BodyTooLarge after letting go by what a client is still sending.

    A client that is cut off while it sends sees a broken connection, not the answer.
    """
    declared = inbound.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit * LET_GO_BY:
        raise _too_large(limit)
    body = bytearray()
    received = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":  # half a body must not pass for a whole one
            raise MalformedBody(detail="The connection ended before the request did.")
        piece = message.get("body", b"")
        received += len(piece)
        if received <= limit:
            body += piece
        if received > limit * LET_GO_BY:
            raise _too_large(limit)
        if not message.get("more_body"):
            if received > limit:
                raise _too_large(limit)
            return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(detail=f"At most {limit} bytes are read.")


def _tidy(path: str) -> str:
    """Collapse leading slashes and drop a trailing one: clients join base URLs carelessly."""
    return "/" + path.strip("/") if path.strip("/") else "/"


def _base_url(scope: Scope, headers: Mapping[str, str]) -> str:
    return f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"


def _args(query_string: bytes) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _cookies(header: str) -> dict[str, str]:
    if not header:
        return {}
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
