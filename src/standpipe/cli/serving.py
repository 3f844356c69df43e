"""``standpipe serve`` and ``standpipe worker``: the long-running commands."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from standpipe.cli.apart import in_child
from standpipe.cli.files import put_files
from standpipe.cli.homes import opened_house, operator, require_home, settings_of
from standpipe.cli.options import LISTENING, setting_options
from standpipe.config import Settings

MAX_NAMES = 12
NO_DATA = "There is no data yet: name files or folders, as in `standpipe serve data/`."


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
    tables, is_set_up = in_child(lambda: _prepare(settings, paths))

    def tell(url: str) -> None:
        setup = None if is_set_up else f"Make the first account at {url}/setup"
        # In one piece: who reads the address may end the server before a second one.
        lines = (f"Standpipe answers at {url}", tables, setup)
        click.echo("\n".join(line for line in lines if line is not None))

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


def _prepare(settings: Settings, paths: Sequence[Path]) -> tuple[str | None, bool]:
    """Return a line about the data, if one is due, and whether there is an account."""
    with opened_house(settings) as house:
        is_set_up = house.services.accounts.is_set_up()
        if paths:
            return _listed([table.name for table in put_files(house, paths)]), is_set_up
        has_data = bool(house.services.data_sources.visible(operator(house)))
        return None if has_data else NO_DATA, is_set_up


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "Tables: none yet; there is no Parquet, CSV, JSON or DuckDB file."
    shown = ", ".join(names[:MAX_NAMES])
    more = len(names) - MAX_NAMES
    return f"Tables: {shown} and {more} more" if more > 0 else f"Tables: {shown}"
