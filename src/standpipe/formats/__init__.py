"""The output formats by name. Nothing is imported until a format is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from standpipe.core.errors import FormatUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatEntry:
    """One output format; implements core.ports.Format.

    ``encoding`` is the "module:Class" of its row encoding; None means that the bytes of the
    artifact, or of a rewritten one, are the format.
    """

    name: str
    media_type: str
    extension: str
    encoding: str | None

    def load(self) -> Any:
        """Import and return the class that encodes rows; FormatUnknown for a binary format."""
        if self.encoding is None:
            raise FormatUnknown(f"The format {self.name!r} does not encode row by row.")
        module, _, name = self.encoding.partition(":")
        return getattr(import_module(module), name)


_ENTRIES = (
    FormatEntry(
        name="json",
        media_type="application/json",
        extension="json",
        encoding="standpipe.formats.json:JsonRows",
    ),
    FormatEntry(
        name="csv",
        media_type="text/csv; charset=UTF-8",
        extension="csv",
        encoding="standpipe.formats.csv:CsvRows",
    ),
    FormatEntry(
        name="tsv",
        media_type="text/tab-separated-values; charset=UTF-8",
        extension="tsv",
        encoding="standpipe.formats.csv:CsvRows",
    ),
    FormatEntry(
        name="parquet",
        media_type="application/vnd.apache.parquet",
        extension="parquet",
        encoding=None,
    ),
)
FORMATS: Mapping[str, FormatEntry] = {entry.name: entry for entry in _ENTRIES}


def get_format(name: str) -> FormatEntry:
    """Return a format by name, whatever its case; FormatUnknown names the near miss."""
    entry = FORMATS.get(name.lower())
    if entry is None:
        near = get_close_matches(name.lower(), FORMATS, n=1)
        raise FormatUnknown(
            f"There is no format {name!r}.",
            detail=f"There are: {', '.join(FORMATS)}.",
            hint=f"Did you mean {near[0]!r}?" if near else "",
        )
    return entry
