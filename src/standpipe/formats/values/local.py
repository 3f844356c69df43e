"""Moments as the clocks on a wall show them: the text of a zone's local time, without an offset."""

from typing import Final

from standpipe.core.columns import LogicalType
from standpipe.formats.values.expressions import quote_text
from standpipe.formats.values.styles import NATIVE, Form, Rendering, ValueStyle

_UTC: Final = "UTC"


def local_style(zone: str, *, naive_zone: str = _UTC) -> ValueStyle:
    """Return the native style with moments as local times of a zone and durations as seconds.

    The zones are names of IANA. Moments are written as ``yyyy-MM-ddTHH:mm:ss``, and behind it a
    fraction where there is one. Timestamps without a zone are times of ``naive_zone``. In the hour
    that comes twice in autumn two moments look the same.
    """
    moved = f"timezone({quote_text(zone)}, {{c}})"
    return NATIVE.having(
        {
            LogicalType.TIMESTAMP: _moment(
                "{c}" if naive_zone == zone else _moved(naive_zone, zone)
            ),
            LogicalType.TIMESTAMPTZ: _moment(moved),
            LogicalType.INTERVAL: _SECONDS,
        }
    )


def _moved(naive_zone: str, zone: str) -> str:
    there = f"timezone({quote_text(naive_zone)}, CAST({{c}} AS TIMESTAMP))"
    return f"timezone({quote_text(zone)}, {there})"


def _moment(local: str) -> Rendering:
    text = f"replace(CAST({local} AS VARCHAR), ' ', 'T')"
    eras = f"replace({text}, 'T(BC)', ' (BC)')"
    finite = f"CASE WHEN isfinite({{c}}) THEN {eras} ELSE CAST({{c}} AS VARCHAR) END"
    return Rendering(finite, Form.QUOTED)


# What is stored as text since it is larger than any interval stays text.
_SECONDS: Final = Rendering(
    "coalesce(CAST(epoch(TRY_CAST({c} AS INTERVAL)) AS VARCHAR),"
    " '\"' || CAST({c} AS VARCHAR) || '\"')",
    Form.BARE,
)
