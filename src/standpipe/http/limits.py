"""How often a client may do something: counted in memory, forgotten when the server stops."""

import ipaddress
import math
import threading
from collections import OrderedDict, deque

from standpipe.core.clock import Clock
from standpipe.core.errors import RateLimited
from standpipe.core.principals import Principal
from standpipe.core.usage import account_of

MAX_CLIENTS = 10_000

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class RateLimiter:
    """Allows each client ``limit`` calls within any ``per_seconds``; safe from any thread.

    Exact, since it keeps the times of the last calls. Remembers the ``max_clients`` that came
    last, so memory stays bounded whoever calls.
    """

    def __init__(
        self, limit: int, per_seconds: int, clock: Clock, *, max_clients: int = MAX_CLIENTS
    ) -> None:
        """Start with no calls counted."""
        self._limit = limit
        self._per_seconds = per_seconds
        self._clock = clock
        self._max_clients = max_clients
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()
        self.rule = f"{limit} per {_words(per_seconds)}"

    def check(self, client: str) -> None:
        """Count a call of a client, or raise RateLimited; refused calls are not counted."""
        with self._lock:
            now = self._clock.monotonic()
            calls = self._calls_of(_network(client))
            while calls and calls[0] <= now - self._per_seconds:
                calls.popleft()
            if len(calls) >= self._limit:
                wait = calls[0] + self._per_seconds - now
                raise RateLimited(self.rule, max(1, math.ceil(wait)))
            calls.append(now)

    def require_room(self, client: str) -> None:
        """Raise RateLimited if the next call of a client would be refused; counts nothing."""
        with self._lock:
            calls = self._calls.get(_network(client))
            if not calls or len(calls) < self._limit:
                return
            wait = calls[0] + self._per_seconds - self._clock.monotonic()
        if wait > 0:
            raise RateLimited(self.rule, max(1, math.ceil(wait)))

    def _calls_of(self, client: str) -> deque[float]:
        calls = self._calls.setdefault(client, deque(maxlen=self._limit))
        self._calls.move_to_end(client)
        while len(self._calls) > self._max_clients:
            self._calls.popitem(last=False)
        return calls


class CallerLimit:
    """How many requests a user or a query key may make within a minute; 0 = any number."""

    def __init__(self, most: int, clock: Clock) -> None:
        """Start with no requests counted."""
        self.is_set = most > 0
        self._limiter = RateLimiter(max(1, most), 60, clock)

    def count(self, caller: Principal | None) -> None:
        """Count a request, or raise RateLimited; those of strangers are not counted."""
        if self.is_set and caller is not None:
            account = account_of(caller)
            self._limiter.check(f"{account.workspace_id} {account.user_id} {account.query_id}")


def _network(client: str) -> str:
    """Return whom a limit is for: an IPv4 address, or the /64 that one IPv6 subscriber owns."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client[:100]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _words(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
