"""Lines whose recorded answer has to wait, by reason.

A line of ``UNBUILT`` is sent all the same and must get the 404 (or 405) that stands for "not
here", so that the entry goes when the endpoint comes. A line of ``SILENT`` is not sent: its place
in the story is played otherwise (``stage.py``).
"""

from collections.abc import Mapping

_SQLITE = "needs the SQLite connector; a DuckDB source over the same content stands in"
_POSTGRES = "needs the Postgres connector; a DuckDB source over the same content stands in"
_RESULTS = "needs the connector over other queries' results"
_PEOPLE = "needs the administration of users"
_GROUPS = "needs the administration of groups"
_SETTINGS = "needs the settings of a workspace"
_EVENTS = "needs the list of events"
_ADMIN = "needs the pages for operators"
_SHARING = "needs shared dashboards and their tokens"
_ACL = "needs rights given to single users"
_ALERTS = "needs alerts"
_DESTINATIONS = "needs destinations of alerts"
_SNIPPETS = "needs query snippets"
_FORMATTER = "needs the SQL formatter"
_CORS = "needs the setting that allows other origins"
_HMAC = "needs signed requests (the mode REDASH_AUTH_TYPE=hmac)"


def _lines(reason: str, *lines: int | range) -> dict[int, str]:
    numbers = (number for item in lines for number in ((item,) if isinstance(item, int) else item))
    return dict.fromkeys(numbers, reason)


SILENT: Mapping[int, str] = {
    **_lines(_SQLITE, 43, 47, 49, 64),
    **_lines(_POSTGRES, 44, 52),
    **_lines(_RESULTS, 46, 58, 59, 254, 255, 256),
    **_lines(_PEOPLE, 66, 74, 82, 84),
    **_lines(_SHARING, 300, range(305, 313)),
    **_lines(_SETTINGS, 382),
    **_lines(_CORS, 395, 396, 397),
    **_lines(_HMAC, range(399, 403)),
}
UNBUILT: Mapping[int, str] = {
    **_lines(_DESTINATIONS, 37, range(365, 368), 372),
    **_lines(_SETTINGS, 38, 381, 383, 384),
    **_lines(_ADMIN, 39, 40),
    **_lines(_EVENTS, 41, 380, 385),
    **_lines(_PEOPLE, 67, 68, 69, 75, 76, 77, range(85, 89), 403),
    **_lines(_GROUPS, range(94, 109)),
    **_lines(_SHARING, 299, range(301, 305), 313, 314, 315),
    **_lines(_ACL, range(328, 336)),
    **_lines(_FORMATTER, 356),
    **_lines(_ALERTS, range(357, 365), range(368, 372), 373, 374),
    **_lines(_SNIPPETS, range(375, 380)),
    **_lines(_CORS, 268),
}
WAITING: Mapping[int, str] = {**SILENT, **UNBUILT}
