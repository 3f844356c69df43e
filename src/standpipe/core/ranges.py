"""Ranges of dates where a caller knows none: they are two values there, their start and end."""

from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.core.parameters import RANGE_ENDS, Parameter


def join_ranges(
    parameters: Sequence[Parameter], values: Mapping[str, Any], separator: str = "."
) -> dict[str, Any]:
    """Return values with both ends of each range in one; an absent end is that of the default.

    The ends of ``days`` are called ``days.start`` and ``days.end``, with the separator between,
    unless a parameter of its own is called so.
    """
    joined = dict(values)
    names = {parameter.name for parameter in parameters}
    for parameter in parameters:
        if not parameter.kind.is_range:
            continue
        spelled = {end: f"{parameter.name}{separator}{end}" for end in RANGE_ENDS}
        given = {end: joined.pop(name, None) for end, name in spelled.items() if name not in names}
        ends = {end: value for end, value in given.items() if value is not None}
        if ends:
            default = parameter.default
            joined[parameter.name] = {**(default if isinstance(default, dict) else {}), **ends}
    return joined
