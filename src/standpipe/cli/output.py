"""A result on the terminal or in a file."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from standpipe.cli.homes import Desk
from standpipe.cli.tables import render_table
from standpipe.core.errors import FormatUnknown
from standpipe.core.results import Result
from standpipe.core.windows import WindowAsk

if TYPE_CHECKING:
    from standpipe.core.ports import Encoding

SHOWN_ROWS = 50
SUFFIXES = (".parquet", ".csv", ".tsv", ".json")


def print_first(at: Desk, result: Result) -> None:
    """Print the first rows as a table, and on stderr how many there are."""
    from standpipe.formats.json import JsonRows

    text = b"".join(_chunks(at, result, WindowAsk(limit=SHOWN_ROWS), JsonRows(shape="arrays")))
    rows = json.loads(text, parse_float=Decimal)
    for line in render_table([column.name for column in result.columns], rows):
        click.echo(line)
    shown = f"first {SHOWN_ROWS} of " if result.row_count > SHOWN_ROWS else ""
    click.echo(f"({shown}{result.row_count:,} rows, {result.runtime_seconds:.2f} s)", err=True)


def print_all(at: Desk, result: Result) -> None:
    """Print all rows as one JSON array."""
    from standpipe.formats.json import JsonRows

    out = sys.stdout.buffer
    for chunk in _chunks(at, result, WindowAsk(), JsonRows()):
        out.write(chunk)
    out.write(b"\n")
    out.flush()


def write_file(at: Desk, result: Result, output: Path) -> None:
    """Write all rows to a file that is either complete or not there."""
    check_suffix(output)
    encoding = _encodings(result)[output.suffix.lower()]()
    partial = output.with_name(f".{output.name}.partial")
    try:
        if encoding is None:
            shutil.copyfile(at.services.read.path(result), partial)
        else:
            with partial.open("wb") as file:
                file.writelines(_chunks(at, result, WindowAsk(), encoding))
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def check_suffix(output: Path) -> None:
    """Raise FormatUnknown unless the name of a file says its format."""
    if output.suffix.lower() not in SUFFIXES:
        raise FormatUnknown(
            f"{str(output)!r} names no format.", detail=f"It ends in {', '.join(SUFFIXES)}."
        )


def _encodings(result: Result) -> Mapping[str, Callable[[], Encoding | None]]:
    """Return how to make each row encoding; None for Parquet, which is stored as it is."""
    from standpipe.formats.csv import CsvOptions, CsvRows
    from standpipe.formats.json import JsonRows

    names = [column.name for column in result.columns]
    return {
        ".parquet": lambda: None,
        ".json": JsonRows,
        ".csv": lambda: CsvRows(names),
        ".tsv": lambda: CsvRows(names, options=CsvOptions(delimiter="\t")),
    }


def _chunks(
    at: Desk, result: Result, ask: WindowAsk, encoding: Encoding
) -> Iterator[bytes | memoryview]:
    window = at.services.read.window(result, ask)
    chunks = at.services.read.encode(result, window, encoding)()
    try:
        yield from chunks
    finally:
        chunks.close()
