"""Which format an Accept header asks for (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from standpipe.core.errors import NotAcceptable
from standpipe.formats import FORMATS, FormatEntry
from standpipe.formats.values import Compression

_QUALITY = re.compile(r"(?:0?\.[0-9]+|0|1(?:\.0*)?|0\.)")

_ANYTHING = (None, "", "*/*")  # what nearly every client sends
_CODECS: Mapping[str, Compression] = {"zstd": "zstd", "lz4": "lz4"}


@dataclass(frozen=True, slots=True)
class _Range:
    """One part of the header: a media type or a pattern of some, and how much it is wanted."""

    media_type: str
    quality: float
    codecs: tuple[str, ...]

    def precision(self, entry: FormatEntry) -> int:
        """Return how exactly a format is meant: 3 = named, 1 = as any other, 0 = not at all."""
        names = _media_types(entry)
        if self.media_type in names:
            return 3
        kind, _, rest = self.media_type.partition("/")
        if rest != "*":
            return 0
        return 2 if names[0].startswith(f"{kind}/") else int(kind == "*")


def choose(accept: str | None, default: FormatEntry) -> FormatEntry:
    """Return the format that a header wants most; the default without one, or if it is as good.

    NotAcceptable if every format is excluded. Among equals those that are named come first, in
    the order of the header.
    """
    ranges = [] if accept in _ANYTHING else _parse(accept or "")
    if not ranges:
        return default
    best, most = default, (0.0, 0, 0)
    for entry in (default, *FORMATS.values()):
        wish = _wish(entry, ranges)
        if wish > most:
            best, most = entry, wish
    if not most[0]:
        raise NotAcceptable(
            "None of the accepted formats can be given.",
            detail=f"There are: {', '.join(_media_types(item)[0] for item in FORMATS.values())}.",
        )
    return best


def body_compression(accept: str | None, entry: FormatEntry) -> Compression | None:
    """Return the first codec we know that a header allows inside a format; None for none.

    Arrow alone has such codecs: ``application/vnd.apache.arrow.stream; codecs="zstd, lz4"``.
    """
    if "compression" not in entry.takes:
        return None
    for item in _parse(accept or ""):
        if item.media_type in _media_types(entry):
            return next((_CODECS[name] for name in item.codecs if name in _CODECS), None)
    return None


def _wish(entry: FormatEntry, ranges: list[_Range]) -> tuple[float, int, int]:
    """Return quality, precision and place of the most precise range that means a format."""
    places = [(item.precision(entry), -n, item.quality) for n, item in enumerate(ranges)]
    precision, place, quality = max(places)
    return (quality, precision, place) if precision and quality else (0.0, 0, 0)


def _media_types(entry: FormatEntry) -> list[str]:
    named = (entry.media_type, *entry.other_media_types)
    return [media_type.partition(";")[0].strip() for media_type in named]


def _parse(accept: str) -> list[_Range]:
    """Read a header; parts that are no media type are left out."""
    parts = (_pieces(part, ";") for part in _pieces(accept, ","))
    return [_range(part[0].lower(), part[1:]) for part in parts if part and "/" in part[0]]


def _pieces(text: str, mark: str) -> list[str]:
    """Split at a mark that is not in quotes."""
    found = re.findall(rf'(?:[^{mark}"]|"(?:[^"\\]|\\.)*"?)+', text)
    return [piece.strip() for piece in found]


def _range(media_type: str, parameters: Sequence[str]) -> _Range:
    pairs = (parameter.partition("=") for parameter in parameters)
    values = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    quality = values.get("q", "")
    codecs = tuple(name.strip().lower() for name in values.get("codecs", "").split(","))
    return _Range(media_type, float(quality) if _QUALITY.fullmatch(quality) else 1.0, codecs)
