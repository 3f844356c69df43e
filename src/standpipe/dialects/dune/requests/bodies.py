"""JSON bodies as Dune's clients send them: compat/dune.md 1.3."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from standpipe.core.errors import MalformedBody
from standpipe.http.asked import read_object
from standpipe.http.messages import Inbound

S = TypeVar("S", bound=msgspec.Struct)


def read_struct(inbound: Inbound, kind: type[S]) -> S:
    """Return the fields of the body that a struct knows; MalformedBody, FieldInvalid, FieldMissing.

    Other fields are passed over.
    """
    return read_object(kind, read_body(inbound))


def read_body(inbound: Inbound) -> Mapping[str, Any]:
    """Return the fields of the body, whatever its type is said to be; MalformedBody.

    An empty body, null and an empty list are an empty object.
    """
    if not inbound.body.strip():
        return {}
    body = inbound.json()
    if body is None or body == []:
        return {}
    if not isinstance(body, dict):
        raise MalformedBody()
    return body
