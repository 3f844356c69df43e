"""Ranges of dates, which Dune does not have: they are two parameters here, their start and end.

The statement names them so, too: ``{{ days.start }}`` and ``{{ days.end }}``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.core.parameters import RANGE_ENDS, Parameter


def join_ranges(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with both ends of each range in one; an absent end is that of the default."""
    joined = dict(values)
    for parameter in parameters:
        if not parameter.kind.is_range:
            continue
        given = {end: joined.pop(f"{parameter.name}.{end}", None) for end in RANGE_ENDS}
        ends = {end: value for end, value in given.items() if value is not None}
        if ends:
            default = parameter.default
            joined[parameter.name] = {**(default if isinstance(default, dict) else {}), **ends}
    return joined
