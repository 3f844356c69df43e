"""Which id, key or hash of ours stands for a recorded one."""

import re
from typing import Any

ENDPOINTS = {
    "queries": "query",
    "dashboards": "dashboard",
    "visualizations": "visualization",
    "widgets": "widget",
    "data_sources": "source",
    "users": "user",
    "groups": "group",
    "query_results": "result",
    "jobs": "job",
}
_FIELDS = {
    "latest_query_data_id": "result",
    "query_result_id": "result",
    "data_source_id": "source",
    "user_id": "user",
    "last_modified_by_id": "user",
    "dashboard_id": "dashboard",
    "visualization_id": "visualization",
    "query_id": "query",
    "queryId": "query",
    "api_key": "key",
    "apiKey": "key",
}
_PARENTS = {
    "user": "user",
    "last_modified_by": "user",
    "job": "job",
    "query_result": "result",
    "visualizations": "visualization",
    "visualization": "visualization",
    "query": "query",
    "widgets": "widget",
}
_OPAQUE = {"data", "options"}

Path = tuple[str | int, ...]


class Identities:
    """What was learned so far. An id nobody has seen stands for itself."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Any], Any] = {}

    def learn(self, kind: str, recorded: Any, ours: Any) -> None:
        """Remember on first sight."""
        self._known.setdefault((kind, recorded), ours)

    def ours(self, kind: str, recorded: Any) -> Any:
        """Return what stands for a recorded value."""
        return self._known.get((kind, recorded), recorded)

    def knows(self, kind: str, recorded: Any) -> bool:
        """Whether it was seen before."""
        return (kind, recorded) in self._known

    def copy(self) -> "Identities":
        """Return one that may learn on its own."""
        twin = Identities()
        twin._known = dict(self._known)
        return twin

    def in_path(self, path: str) -> str:
        """Return a recorded request path with our ids."""
        segments = path.split("/")
        for index in range(1, len(segments)):
            kind = "result" if segments[index - 1] == "results" else None
            kind = kind or ENDPOINTS.get(segments[index - 1])
            kind = "job" if segments[index - 1] == "jobs" else kind
            kind = "key" if segments[index - 1] == "public" else kind
            if kind:
                segments[index] = self._segment(kind, segments[index])
        return "/".join(segments)

    def in_body(self, body: Any, path: Path = ()) -> Any:
        """Return a recorded request body with our ids."""
        if isinstance(body, dict):
            return {name: self.in_body(item, (*path, name)) for name, item in body.items()}
        if isinstance(body, list):
            return [self.in_body(item, (*path, index)) for index, item in enumerate(body)]
        kind = kind_of(path, None)
        return self.ours(kind, body) if kind else body

    def _segment(self, kind: str, segment: str) -> str:
        match = re.fullmatch(r"(\d+)(\..+)?", segment)
        if match is None:
            return str(self.ours(kind, segment))
        return f"{self.ours(kind, int(match[1]))}{match[2] or ''}"


def kind_of(path: Path, endpoint: str | None) -> str | None:
    """Return what a value at a place of a body identifies; None for plain values."""
    names = [part for part in path if isinstance(part, str)]
    if names[-1:] == ["queryId"]:
        return "query"
    if not names or _OPAQUE & set(names):
        return None
    if names == ["job", "result"]:
        return "result"
    if names[-1] != "id":
        return _FIELDS.get(names[-1])
    if len(names) == 1 or names[-2] == "results":
        return endpoint
    return _PARENTS.get(names[-2])


def endpoint_of(path: str) -> str | None:
    """Return what the ids of a list or object at a request path identify."""
    match = re.search(r"/api/(\w+)", path)
    return ENDPOINTS.get(match[1]) if match else None
