"""From a path to a route: which room owns it, and which of its endpoints it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from standpipe.core.errors import MethodNotAllowed, NotFound, StandpipeError
from standpipe.core.workspaces import Workspace
from standpipe.http.messages import Inbound, Intake, Room, Route

_PART = re.compile(r"\{(\w+)(:int)?\}")
_INTEGER = r"[0-9]{1,18}"


@dataclass(frozen=True, slots=True)
class Mount:
    """A room and the path prefixes it owns, whole segments; "" owns everything that is left.

    It also owns what any of the ``patterns`` matches as a whole.
    """

    prefixes: Sequence[str]
    room: Room
    patterns: Sequence[re.Pattern[str]] = ()

    def owns(self, path: str) -> bool:
        """Whether a path belongs to this room."""
        return any(each.fullmatch(path) for each in self.patterns) or any(
            not prefix or path == prefix or path.startswith(f"{prefix}/")
            for prefix in self.prefixes
        )

    def inner(self, path: str) -> str:
        """Return a path without empty segments behind a prefix: its address ended in a slash."""
        for prefix in self.prefixes if "//" in path else ():
            if prefix and path.startswith(f"{prefix}//"):
                return f"{prefix}/{path.removeprefix(prefix).lstrip('/')}"
        return path


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


class Rooms:
    """Which room owns a path: every mount is tried in order."""

    def __init__(self, mounts: Sequence[Mount], find: Callable[[str], Workspace]) -> None:
        """The last mount should own everything that is left; ``find`` knows a slug, or NotFound."""
        self._mounts = [(mount, RouteTable(mount.room.routes)) for mount in mounts]
        self._find = find

    def enter(self, inbound: Inbound) -> tuple[Room, RouteTable, Inbound]:
        """Find the room; a path no room but the last owns may start with a workspace."""
        path, room, table, is_last = self._owner(inbound.path)
        if not is_last:
            return room, table, inbound if path == inbound.path else replace(inbound, path=path)
        slug, _, rest = inbound.path[1:].partition("/")
        rest = rest.lstrip("/")  # an address that ends in a slash
        workspace = self.workspace(slug)
        path, inner, inner_table, is_last = self._owner(f"/{rest}")
        if workspace is None and is_last:
            return room, table, inbound
        inside = replace(inbound, path=path, prefix=f"/{slug}", workspace=workspace)
        return inner, inner_table, inside

    def workspace(self, slug: str) -> Workspace | None:
        """Return the workspace of a slug, if there is one."""
        try:
            return self._find(slug) if slug else None
        except NotFound:
            return None

    def _owner(self, path: str) -> tuple[str, Room, RouteTable, bool]:
        last = len(self._mounts) - 1
        for index, (mount, table) in enumerate(self._mounts):
            if mount.owns(path):
                return mount.inner(path), mount.room, table, index == last
        raise LookupError(path)


def _pick(routes: Mapping[str, Route], method: str) -> Route:
    shown = routes.get("GET")
    heads = shown if shown is not None and shown.answers_head else None
    route = routes.get(method) or (heads if method == "HEAD" else None)
    if route is None:
        allowed = [*routes, *(["HEAD"] if heads else [])]
        is_public = all(route.is_public for route in routes.values())
        raise MethodNotAllowed(allowed, is_public=is_public)
    return route


def _compile(path: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for part in _PART.finditer(path):
        inner = _INTEGER if part[2] else "[^/]+?"
        pattern += re.escape(path[end : part.start()]) + f"(?P<{part[1]}>{inner})"
        end = part.end()
    return re.compile(pattern + re.escape(path[end:]))
