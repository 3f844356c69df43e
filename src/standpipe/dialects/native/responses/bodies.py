"""JSON bodies, their validators, and the addresses that stand in them."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from standpipe.core.ids import QueryId, Uid
from standpipe.http.messages import Inbound, Outbound

JSON_TYPE: Final = ("Content-Type", "application/json")
CHANGING: Final = ("Cache-Control", "private, no-cache")
UNKEPT: Final = ("Cache-Control", "no-store")
# What is kept by a browser is not for whoever signs in there next.
KEYED: Final = ("Vary", "Authorization, X-API-Key, Cookie")

Headers = tuple[tuple[str, str], ...]


def render_json(
    value: Any, *, status: int = 200, headers: Headers = (CHANGING,), is_steady: bool = False
) -> Outbound:
    """Return an answer with a JSON body."""
    body = msgspec.json.encode(value)
    return Outbound(status=status, headers=(JSON_TYPE, *headers), body=body, is_steady=is_steady)


def render_tagged(
    value: Any, *, tag: str = "", headers: Headers = (CHANGING,), is_steady: bool = True
) -> Outbound:
    """Return an answer with a strong ETag: ``tag``, and a digest of the body."""
    body = msgspec.json.encode(value)
    digest = hashlib.sha256(body).hexdigest()[:16]
    etag = ("ETag", f'"{tag}-{digest}"' if tag else f'"{digest}"')
    return Outbound(headers=(JSON_TYPE, etag, *headers), body=body, is_steady=is_steady)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses of this API, as the caller reaches it; ``root`` ends in ``/v1``."""

    root: str

    def to(self, *parts: object, **args: object) -> str:
        """Return the address of a path below the root.

        Arguments that are None are left out, those that are sequences are repeated.
        """
        given = {name: value for name, value in args.items() if value is not None}
        path = "/".join(str(part) for part in (self.root, *parts))
        return f"{path}?{urlencode(given, doseq=True)}" if given else path

    def query(self, query_id: QueryId) -> str:
        """Return the address of a query."""
        return self.to("queries", query_id)

    def execution(self, uid: Uid) -> str:
        """Return the address of an execution."""
        return self.to("executions", uid)

    def result(self, uid: Uid) -> str:
        """Return the address of a result."""
        return self.to("results", uid)


def addresses_of(inbound: Inbound) -> Addresses:
    """Return the addresses as this caller reaches them."""
    return Addresses(f"{inbound.base_url}{inbound.prefix}/v1")
