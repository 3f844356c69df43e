"""Session, settings of the client, and facts about the server."""

from collections.abc import Mapping
from typing import Any

from standpipe.core.executions import ExecutionState
from standpipe.core.principals import Permission, Principal
from standpipe.core.workspaces import User, Workspace
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.dialects.redash.responses.people import picture_url
from standpipe.http.messages import Outbound

# What clients compare with: the newest Redash that we were measured against.
VERSION = "26.8.0"

_DAY = 86_400
_REFRESH = [60, 300, 600, 900, 1800, *range(3600, 43_200 + 1, 3600), _DAY, 7 * _DAY, 14 * _DAY]
_REFRESH.append(30 * _DAY)
_FORMATS = {
    "date_format": "DD/MM/YY",
    "time_format": "HH:mm",
    "integer_format": "0,0",
    "float_format": "0,0.00",
    "thousands_separator": ",",
    "decimal_separator": ".",
    "null_value": "null",
}


def render_session(
    user: User, principal: Principal, workspace: Workspace, *, base_path: str
) -> Outbound:
    """Return who is asking, what he may do, and how the client should show things."""
    return render_json(
        {
            "user": {
                "profile_image_url": picture_url(user),
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "groups": list(user.group_ids),
                "permissions": [str(item) for item in Permission if item in principal.permissions],
            },
            "messages": [],
            "org_slug": workspace.slug,
            "client_config": _client_config(workspace, base_path, is_known=True),
        }
    )


def render_config(workspace: Workspace, *, base_path: str, is_known: bool) -> Outbound:
    """Return how the client should show things; the version only to those who are known."""
    config = _client_config(workspace, base_path, is_known=is_known)
    return render_json({"org_slug": workspace.slug, "client_config": config})


def render_counters(counters: Mapping[str, int]) -> Outbound:
    """Return how many things of each noun there are."""
    nouns = ("users", "alerts", "data_sources", "queries", "dashboards")
    return render_json({"object_counters": {noun: counters.get(noun, 0) for noun in nouns}})


def render_status(counters: Mapping[str, int], queue: Mapping[ExecutionState, int]) -> Outbound:
    """Return facts for operators, by name; what only a Redis could say is left out."""
    sizes = {
        "size": queue.get(ExecutionState.QUEUED, 0),
        "started": queue.get(ExecutionState.RUNNING, 0),
    }
    return render_json(
        {
            "dashboards_count": counters.get("dashboards", 0),
            "database_metrics": {"metrics": []},
            "manager": {"queues": {"queries": sizes}},
            "queries_count": counters.get("queries", 0),
            "version": VERSION,
            "workers": [],
        }
    )


def render_index() -> Outbound:
    """Return what answers at the root of this API."""
    return render_json({"name": "Standpipe", "version": VERSION})


def render_pong() -> Outbound:
    """Return the sign of life."""
    return Outbound(headers=(("Content-Type", "text/html; charset=utf-8"),), body=b"PONG.")


def _client_config(workspace: Workspace, base_path: str, *, is_known: bool) -> dict[str, Any]:
    shown = {name: workspace.settings.get(name, usual) for name, usual in _FORMATS.items()}
    known = {"newVersionAvailable": False, "version": VERSION, "showBeaconConsentMessage": False}
    return {
        **(known if is_known else {}),
        "allowScriptsInUserInput": False,
        "showPermissionsControl": False,
        "hidePlotlyModeBar": False,
        "disablePublicUrls": False,
        "multiByteSearchEnabled": False,
        "allowCustomJSVisualizations": False,
        "autoPublishNamedQueries": True,
        "extendedAlertOptions": False,
        "mailSettingsMissing": True,
        "dashboardRefreshIntervals": [60, 300, 600, 1800, 3600, 43_200, _DAY],
        "queryRefreshIntervals": _REFRESH,
        "googleLoginEnabled": False,
        "ldapLoginEnabled": False,
        "pageSize": 20,
        "pageSizeOptions": [5, 10, 20, 50, 100],
        "tableCellMaxJSONSize": 50_000,
        "basePath": base_path,
        "dateFormat": shown["date_format"],
        "dateFormatList": ["DD/MM/YY", "YYYY-MM-DD", "MM/DD/YY"],
        "timeFormatList": ["HH:mm:ss", "HH:mm:ss.SSS", "HH:mm"],
        "dateTimeFormat": f"{shown['date_format']} {shown['time_format']}",
        "integerFormat": shown["integer_format"],
        "floatFormat": shown["float_format"],
        "thousandsSeparator": shown["thousands_separator"],
        "decimalSeparator": shown["decimal_separator"],
        "nullValue": shown["null_value"],
    }
