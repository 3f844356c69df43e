"""Which format an answer has: by the suffix of the path, the argument ``format``, or ``Accept``."""

from standpipe.core.errors import FormatUnknown, NotFound
from standpipe.formats import FormatEntry, get_format
from standpipe.http.messages import Inbound


def parse_format(inbound: Inbound, named: str | None) -> FormatEntry:
    """Return the format asked for; NotFound for an unknown suffix, FormatUnknown, NotAcceptable."""
    suffix = inbound.parts.get("extension")
    if suffix is None:
        return get_format(named or "json")
    try:
        return get_format(suffix)
    except FormatUnknown as error:
        raise NotFound(error.message, detail=error.detail, hint=error.hint) from error
