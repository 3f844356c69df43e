"""``standpipe serve`` and ``standpipe worker``: the long-running commands."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from standpipe.cli.apart import in_child
from standpipe.cli.files import put_files
from standpipe.cli.homes import opened_house, require_home, settings_of
from standpipe.cli.options import LISTENING, setting_options
from standpipe.config import Settings

MAX_NAMES = 12


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@setting_options()
def serve(paths: tuple[Path, ...], **flags: Any) -> int:
    """Serve reports over PATHS, or over what the home already knows.

    Parquet, CSV, JSON and DuckDB files and folders become one read-only data source called
    "Files": a file is a table of its name, a folder of parts one table, a DuckDB file a schema.
    """
    from standpipe.app import server

    settings = settings_of(flags)
    table_names, is_set_up = in_child(lambda: _prepare(settings, paths))

    def tell(url: str) -> None:
        click.echo(f"Standpipe answers at {url}")
        if paths:
            click.echo(f"Tables: {_listed(table_names)}")
        if not is_set_up:
            click.echo(f"Make the first account at {url}/setup")

    return server.serve(settings, tell)


@click.command()
@click.option("--name", help="Name of this worker in the queue.  [default: host and process]")
@setting_options(leave_out=("workers", *LISTENING))
def worker(name: str | None, **flags: Any) -> int:
    """Run queued executions of a home; any number of workers may share one."""
    from standpipe.app import server

    settings = settings_of(flags)
    require_home(settings)
    return server.run_worker(settings, name or f"{socket.gethostname()}-{os.getpid()}")


def _prepare(settings: Settings, paths: Sequence[Path]) -> tuple[list[str], bool]:
    with opened_house(settings) as house:
        tables = put_files(house, paths) if paths else ()
        return [table.name for table in tables], house.services.accounts.is_set_up()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
