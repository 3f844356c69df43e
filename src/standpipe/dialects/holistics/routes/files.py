"""Results as files."""

import hashlib
from typing import Any, Final

from standpipe.core.errors import StandpipeError
from standpipe.core.results import Result
from standpipe.core.windows import WindowAsk
from standpipe.dialects.holistics.responses.bodies import CHANGING, KEYED, STATUS
from standpipe.dialects.holistics.responses.files import (
    content_type,
    file_encoding,
    file_name,
    format_of,
)
from standpipe.http.messages import Encoded, Inbound, Outbound
from standpipe.services.directory import Services

_SAFE: Final = ("X-Content-Type-Options", "nosniff")


def show_file(services: Services, inbound: Inbound, result: Result, extension: str) -> Outbound:
    """Return all rows of a result as a file: made once, then sent whole or in parts."""
    name = file_name(result.query_id or result.id, _title(services, inbound, result), extension)
    headers = (
        ("Content-Type", content_type(extension)),
        ("Content-Disposition", f'attachment; filename="{name}"'),
        *(CHANGING, KEYED, STATUS, _SAFE),
    )
    return Outbound(headers=headers, body=_body(services, result, extension), is_result=True)


def _body(services: Services, result: Result, extension: str) -> Encoded:
    window = services.read.window(result, WindowAsk())
    encoding = file_encoding(extension, window.columns)
    return Encoded(
        etag=tag_of(result, extension),
        open=services.read.encode(result, window, encoding),
        is_compressible=format_of(extension).is_compressible,
    )


def tag_of(*identity: Any) -> str:
    """Return the strong tag of exactly these bytes, without quotes."""
    parts = [each.uid if isinstance(each, Result) else each for each in identity]
    return hashlib.sha256(repr(("holistics", *parts)).encode()).hexdigest()[:32]


def _title(services: Services, inbound: Inbound, result: Result) -> str:
    """Return the name of a result's query, if the caller may know it."""
    if result.query_id is None:
        return ""
    try:
        return services.queries.get(inbound.principal, result.query_id).name
    except StandpipeError:
        return ""
