"""A result on the terminal or in a file."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from standpipe.cli.homes import Desk
from standpipe.cli.tables import render_table
from standpipe.core.results import Result
from standpipe.core.windows import WindowAsk, whole

if TYPE_CHECKING:
    from standpipe.core.ports import Encoding
    from standpipe.formats import FormatEntry

SHOWN_ROWS = 50


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
    """Write all rows to a file that is either complete or not there.

    FormatUnknown if its name says no format, TooManyRows if the format does not hold them.
    """
    entry = check_suffix(output)
    entry.check_rows(result.row_count)
    partial = output.with_name(f".{output.name}.partial")
    try:
        if entry.is_artifact(whole(result.columns), result.columns):
            shutil.copyfile(at.services.read.path(result), partial)
        else:
            with partial.open("wb") as file:
                file.writelines(_chunks(at, result, WindowAsk(), entry.make(result.columns)))
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def check_suffix(output: Path) -> FormatEntry:
    """Return the format that the name of a file says; FormatUnknown."""
    from standpipe.formats import get_format_of_file

    return get_format_of_file(str(output))


def _chunks(
    at: Desk, result: Result, ask: WindowAsk, encoding: Encoding
) -> Iterator[bytes | memoryview]:
    window = at.services.read.window(result, ask)
    chunks = at.services.read.encode(result, window, encoding)()
    try:
        yield from chunks
    finally:
        chunks.close()
