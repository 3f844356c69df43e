"""Ids in paths and bodies: GUIDs in any case, with or without braces and hyphens."""

import re
from typing import Final
from uuid import UUID

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import Uid
from standpipe.http.messages import Inbound

_HYPHENED: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GUID: Final = re.compile(
    rf"{_HYPHENED}|[0-9a-f]{{32}}|\{{{_HYPHENED}\}}|\({_HYPHENED}\)", re.IGNORECASE | re.ASCII
)
_LONGEST_SHOWN: Final = 100


def workspace_uid(inbound: Inbound) -> Uid:
    """Return the workspace of the path; FieldInvalid."""
    return parse_guid(inbound.parts["workspace_id"])


def report_uid(inbound: Inbound) -> Uid:
    """Return the report of the path; FieldInvalid."""
    return parse_guid(inbound.parts["report_id"])


def request_uid(inbound: Inbound) -> Uid:
    """Return the request of the path; FieldInvalid."""
    return parse_guid(inbound.parts["request_id"])


def parse_guid(text: str) -> Uid:
    """Return a GUID; FieldInvalid says what MyReports says of any other text."""
    text = text.strip()
    if not _GUID.fullmatch(text):
        raise FieldInvalid(
            f"The value '{text[:_LONGEST_SHOWN]}' is not valid.", detail="It must be a GUID."
        )
    return Uid(UUID(text.strip("{}()")))
