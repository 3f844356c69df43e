"""The output formats by name. Nothing is imported until a format is used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import PurePath

from standpipe.core.columns import Column
from standpipe.core.errors import FormatUnknown
from standpipe.core.ports import Encoding
from standpipe.core.windows import Window
from standpipe.formats.values import (
    TABLE_ROWS,
    FormatOptions,
    distinct_names,
    too_many_rows,
)

__all__ = [
    "FORMATS",
    "FormatEntry",
    "FormatOptions",
    "distinct_names",
    "get_format",
    "get_format_of_file",
]

Maker = Callable[[Sequence[Column], FormatOptions], Encoding]

_AS_USUAL = FormatOptions()
_LINES = frozenset({"null_text", "date_format", "datetime_format", "header", "guard"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatEntry:
    """One output format; implements core.ports.Format.

    ``maker`` is the "module:function" that makes its encoding, ``takes`` are the options that it
    knows. ``media_type`` is what it is sent as, ``other_media_types`` are accepted for it too.
    What is compressed inside is not ``is_compressible``.
    """

    name: str
    media_type: str
    extension: str
    maker: str
    takes: frozenset[str] = frozenset()
    is_compressible: bool = True
    max_rows: int | None = None
    aliases: tuple[str, ...] = ()
    other_media_types: tuple[str, ...] = ()

    def make(self, columns: Sequence[Column], options: FormatOptions = _AS_USUAL) -> Encoding:
        """Return how rows of these columns are written.

        FieldInvalid for an option that the format does not take, LimitExceeded for more columns
        than it holds.
        """
        options.check_taken(self.name, self.takes)
        module, _, name = self.maker.partition(":")
        maker: Maker = getattr(import_module(module), name)
        return maker(columns, options)

    def check_rows(self, total: int) -> None:
        """Raise TooManyRows if the format does not hold so many."""
        if self.max_rows is not None and total > self.max_rows:
            raise too_many_rows(self.name, self.max_rows, total)

    def compresses(self, options: FormatOptions) -> bool:
        """Whether bodies in this form gain nothing from being compressed on their way."""
        return not self.is_compressible or options.compression in {"lz4", "zstd"}

    def content_type(self, options: FormatOptions = _AS_USUAL) -> str:
        """Return the media type of bodies in this form."""
        codec = options.compression
        return f"{self.media_type}; codecs={codec}" if codec in {"lz4", "zstd"} else self.media_type

    def is_artifact(self, window: Window, columns: Sequence[Column]) -> bool:
        """Whether the stored file of a result with these columns is the window in this format.

        It is if the window is the whole result and its columns are stored under their own names.
        """
        if self.name != "parquet" or not window.is_all_rows:
            return False
        return tuple(window.columns) == tuple(columns) and all(map(_is_stored_as_named, columns))


_ENTRIES = (
    FormatEntry(
        name="json",
        media_type="application/json",
        extension="json",
        maker="standpipe.formats.json:make_json",
        takes=frozenset({"shape", "numbers"}),
        other_media_types=("text/json",),
    ),
    FormatEntry(
        name="ndjson",
        media_type="application/x-ndjson",
        extension="ndjson",
        maker="standpipe.formats.json:make_ndjson",
        takes=frozenset({"shape", "numbers"}),
        aliases=("jsonl", "jsonlines"),
        other_media_types=("application/ndjson", "application/jsonl", "application/x-jsonlines"),
    ),
    FormatEntry(
        name="csv",
        media_type="text/csv; charset=UTF-8",
        extension="csv",
        maker="standpipe.formats.csv:make_csv",
        takes=_LINES | {"delimiter"},
        other_media_types=("application/csv",),
    ),
    FormatEntry(
        name="tsv",
        media_type="text/tab-separated-values; charset=UTF-8",
        extension="tsv",
        maker="standpipe.formats.csv:make_tsv",
        takes=_LINES,
        aliases=("tab",),
    ),
    FormatEntry(
        name="xlsx",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        extension="xlsx",
        maker="standpipe.formats.xlsx.book:make_xlsx",
        takes=frozenset({"header"}),
        is_compressible=False,
        aliases=("excel",),
    ),
    FormatEntry(
        name="parquet",
        media_type="application/vnd.apache.parquet",
        extension="parquet",
        maker="standpipe.formats.parquet:make_parquet",
        is_compressible=False,
        other_media_types=("application/parquet", "application/x-parquet"),
    ),
    FormatEntry(
        name="arrows",
        media_type="application/vnd.apache.arrow.stream",
        extension="arrows",
        maker="standpipe.formats.arrow:make_arrow_stream",
        takes=frozenset({"compression"}),
        aliases=("arrow-stream",),
    ),
    FormatEntry(
        name="arrow",
        media_type="application/vnd.apache.arrow.file",
        extension="arrow",
        maker="standpipe.formats.arrow:make_arrow_file",
        takes=frozenset({"compression"}),
        aliases=("arrow-file", "feather"),
    ),
    FormatEntry(
        name="markdown",
        media_type="text/markdown; charset=UTF-8",
        extension="md",
        maker="standpipe.formats.markdown:make_markdown",
        max_rows=TABLE_ROWS,
    ),
    FormatEntry(
        name="html",
        media_type="text/html; charset=UTF-8",
        extension="html",
        maker="standpipe.formats.html:make_html",
        max_rows=TABLE_ROWS,
        aliases=("htm",),
        other_media_types=("application/xhtml+xml",),
    ),
)
FORMATS: Mapping[str, FormatEntry] = {entry.name: entry for entry in _ENTRIES}
_BY_ANY_NAME: Mapping[str, FormatEntry] = {
    name: entry for entry in _ENTRIES for name in (entry.name, entry.extension, *entry.aliases)
}


def get_format(name: str) -> FormatEntry:
    """Return a format by name, alias or suffix, whatever the case.

    FormatUnknown names the near miss.
    """
    entry = _BY_ANY_NAME.get(name.lower())
    if entry is None:
        near = get_close_matches(name.lower(), _BY_ANY_NAME, n=1)
        raise FormatUnknown(
            f"There is no format {name!r}.",
            detail=f"There are: {', '.join(FORMATS)}.",
            hint=f"Did you mean {near[0]!r}?" if near else "",
        )
    return entry


def get_format_of_file(name: str) -> FormatEntry:
    """Return the format that the suffix of a file name says; FormatUnknown."""
    suffix = PurePath(name).suffix.removeprefix(".").lower()
    if suffix not in _BY_ANY_NAME:
        near = get_close_matches(suffix, _BY_ANY_NAME, n=1)
        raise FormatUnknown(
            f"{name!r} names no format.",
            detail=f"It ends in {', '.join(f'.{entry.extension}' for entry in _ENTRIES)}.",
            hint=f"Did you mean '.{near[0]}'?" if near else "",
        )
    return _BY_ANY_NAME[suffix]


def _is_stored_as_named(column: Column) -> bool:
    return column.name == column.stored_name
