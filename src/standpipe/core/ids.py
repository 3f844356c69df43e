"""Typed ids: a 128-bit time-ordered uid per entity, and the small integers that dialects print."""

import secrets
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

Uid = NewType("Uid", UUID)

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH: Final = 26

WorkspaceId = NewType("WorkspaceId", int)
UserId = NewType("UserId", int)
GroupId = NewType("GroupId", int)
KeyId = NewType("KeyId", int)
DataSourceId = NewType("DataSourceId", int)
QueryId = NewType("QueryId", int)
VisualizationId = NewType("VisualizationId", int)
DashboardId = NewType("DashboardId", int)
WidgetId = NewType("WidgetId", int)
ExecutionId = NewType("ExecutionId", int)
SubmissionId = NewType("SubmissionId", int)
ResultId = NewType("ResultId", int)
TableId = NewType("TableId", int)
EndpointId = NewType("EndpointId", int)
PipelineId = NewType("PipelineId", int)
BatchId = NewType("BatchId", int)
ReportRequestId = NewType("ReportRequestId", int)
DataSetId = NewType("DataSetId", int)
OAuthClientId = NewType("OAuthClientId", int)
OAuthGrantId = NewType("OAuthGrantId", int)
OAuthTokenId = NewType("OAuthTokenId", int)


def new_uid(at: datetime) -> Uid:
    """Make a UUIDv7 (RFC 9562, 5.7): ``at`` in milliseconds, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random_bits = secrets.randbits(74)
    high = milliseconds << 16 | 0x7000 | random_bits >> 62
    low = 0b10 << 62 | random_bits & (1 << 62) - 1
    return Uid(UUID(int=high << 64 | low))


def to_ulid(uid: Uid) -> str:
    """Return the 128 bits in Crockford's base 32: 26 characters that sort as the uids do."""
    number = uid.int
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def parse_ulid(text: str) -> Uid | None:
    """Read a printed ULID, in capitals or small letters; None when the text is not one."""
    letters = text.upper()
    if len(letters) != _ULID_LENGTH or any(letter not in _CROCKFORD for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _CROCKFORD.index(letter)
    return Uid(UUID(int=number)) if number < 1 << 128 else None


def parse_uid(text: str) -> Uid | None:
    """Read a printed uid; None when the text is not one."""
    try:
        return Uid(UUID(text))
    except ValueError:
        return None
