"""From a path to a route: which room owns it, and which of its endpoints it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from standpipe.core.errors import MethodNotAllowed, NotFound, StandpipeError
from standpipe.http.messages import Intake, Room, Route

_PART = re.compile(r"\{(\w+)(:int)?\}")
_INTEGER = r"[0-9]{1,18}"


@dataclass(frozen=True, slots=True)
class Mount:
    """A room and the path prefixes it owns, whole segments; "" owns everything that is left."""

    prefixes: Sequence[str]
    room: Room

    def owns(self, path: str) -> bool:
        """Whether a path belongs to this room."""
        return any(
            not prefix or path == prefix or path.startswith(f"{prefix}/")
            for prefix in self.prefixes
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    routes: Mapping[str, Route]


class RouteTable:
    """The endpoints of one room: exact paths by lookup, patterns in the order of the table."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Group the routes by path, keeping the order in which paths first appear."""
        by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            by_path.setdefault(route.path, {})[route.method] = route
        self._spooling = {route.method for route in routes if route.intake is not Intake.MEMORY}
        self._exact = {path: found for path, found in by_path.items() if "{" not in path}
        self._patterns: dict[int, list[_Entry]] = {}
        for path, found in by_path.items():
            if "{" in path:
                entry = _Entry(_compile(path), found)
                self._patterns.setdefault(path.count("/"), []).append(entry)

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route and its path parts; NotFound, or MethodNotAllowed naming the methods."""
        exact = self._exact.get(path)
        if exact is not None:
            return _pick(exact, method), {}
        for entry in self._patterns.get(path.count("/"), ()):
            found = entry.pattern.fullmatch(path)
            if found:
                return _pick(entry.routes, method), found.groupdict()
        raise NotFound(f"There is nothing at {path}.")

    def intake(self, method: str, path: str) -> Intake:
        """Return where a body goes; what there is no endpoint for is read as most bodies are."""
        if method not in self._spooling:
            return Intake.MEMORY
        try:
            return self.match(method, path)[0].intake
        except StandpipeError:
            return Intake.MEMORY


def _pick(routes: Mapping[str, Route], method: str) -> Route:
    route = routes.get(method) or (routes.get("GET") if method == "HEAD" else None)
    if route is None:
        raise MethodNotAllowed([*routes, *(["HEAD"] if "GET" in routes else [])])
    return route


def _compile(path: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for part in _PART.finditer(path):
        inner = _INTEGER if part[2] else "[^/]+?"
        pattern += re.escape(path[end : part.start()]) + f"(?P<{part[1]}>{inner})"
        end = part.end()
    return re.compile(pattern + re.escape(path[end:]))
