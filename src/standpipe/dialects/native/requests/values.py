"""Values of a query's parameters in the arguments of a URL: ``p_<name>``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from standpipe.core.json_texts import read_json
from standpipe.core.parameters import Parameter
from standpipe.http.operations import VALUE_PREFIX

RANGE_SEPARATOR: Final = "--"
_END: Final = re.compile(r"(.+)\.(start|end)", re.DOTALL)


def parse_values(
    args: Mapping[str, Sequence[str]], parameters: Sequence[Parameter]
) -> dict[str, Any]:
    """Return the values in wire form.

    Ranges are written ``p_x=start--end``, or as ``p_x.start`` and ``p_x.end``; lists by repeating
    the argument, or as JSON.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for argument, given in args.items():
        name = argument.removeprefix(VALUE_PREFIX)
        if name in ("", argument):
            continue
        end = _END.fullmatch(name)
        if end and name not in declared:
            known = values.get(end[1])
            values[end[1]] = {**(known if isinstance(known, dict) else {}), end[2]: given[0]}
        else:
            values[name] = _value(given, declared.get(name))
    return values


def _value(given: Sequence[str], parameter: Parameter | None) -> Any:
    first = given[0]
    if parameter is not None and parameter.kind.is_range and RANGE_SEPARATOR in first:
        start, _, end = first.partition(RANGE_SEPARATOR)
        return {"start": start, "end": end}
    if len(given) > 1:
        return list(given)
    if parameter is None or parameter.multiple is None:
        return first
    return _listed(first)


def _listed(text: str) -> Any:
    try:
        decoded = read_json(text)
    except ValueError:
        return text
    return decoded if isinstance(decoded, list) else text
