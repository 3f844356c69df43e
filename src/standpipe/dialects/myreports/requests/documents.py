"""JSON bodies in which no key stands twice: of two dates only one would count."""

import json
from typing import Any

from standpipe.core.errors import FieldInvalid, MalformedBody
from standpipe.http.messages import Inbound


def read_document(inbound: Inbound) -> dict[str, Any]:
    """Return the object of a body; MalformedBody, FieldInvalid for a key that stands twice.

    An empty body stands for an empty object.
    """
    if not inbound.body.strip():
        return {}
    inbound.json()  # refuses what Python's own reader lets pass
    try:
        value = json.loads(inbound.body, object_pairs_hook=_once)
    except ValueError as error:
        raise MalformedBody(detail=str(error)) from error
    if not isinstance(value, dict):
        raise FieldInvalid("The body is no object.", detail="It must be a JSON object.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise FieldInvalid(f"The field {name[:100]!r} is given twice.")
        found[name] = value
    return found
