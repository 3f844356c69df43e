"""Which part of a result, in which format and form."""

from dataclasses import dataclass

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import WindowAsk
from standpipe.formats import FormatEntry, get_format
from standpipe.http.messages import Inbound

ISO = "iso"
_MAX_ROWS = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a caller wants to see a result. ``has_iso_dates`` overrules the workspace's formats."""

    format: FormatEntry
    window: WindowAsk
    has_iso_dates: bool = False


def parse_view(inbound: Inbound) -> View:
    """Return the format of the path (JSON without one) and the window of the arguments.

    FormatUnknown, FieldInvalid. ``columns`` are separated by commas, or the argument is repeated.
    """
    return View(
        format=get_format(inbound.parts.get("extension", "json")),
        window=parse_window(inbound),
        has_iso_dates=_has_iso_dates(inbound.arg("date_format")),
    )


def parse_window(inbound: Inbound) -> WindowAsk:
    """Return the rows and columns asked for; FieldInvalid names the argument."""
    columns = [name for text in inbound.args.get("columns", ()) for name in text.split(",")]
    return WindowAsk(
        columns=tuple(name for name in columns if name) or None,
        offset=_count(inbound, "offset") or 0,
        limit=_count(inbound, "limit"),
    )


def _count(inbound: Inbound, name: str) -> int | None:
    text = inbound.arg(name)
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > _MAX_ROWS:
        raise FieldInvalid(
            f"The argument {name!r} is {text[:50]!r}.", detail="It must be a number of rows."
        )
    return int(text)


def _has_iso_dates(text: str | None) -> bool:
    if text not in (None, "", ISO):
        raise FieldInvalid(
            f"The argument 'date_format' is {text[:50]!r}.",
            detail=f"It takes {ISO!r}; without it dates are written as the workspace is set.",
        )
    return text == ISO
