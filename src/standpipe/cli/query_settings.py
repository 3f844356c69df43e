"""``standpipe query set``: how old answers of a saved query may be, and how it is shown."""

from typing import Any, TextIO

import click

from standpipe.cli.finding import find_query
from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json
from standpipe.core.json_texts import read_json


@click.command("set")
@click.argument("name_or_id")
@click.option(
    "--cache-seconds",
    type=click.IntRange(0, 2**31 - 1),
    help="Results younger than this are served again.",
)
@click.option("--no-cache-seconds", is_flag=True, help="Say nothing of their age any more.")
@click.option(
    "--report",
    type=click.File("r"),
    metavar="FILE",
    help="A JSON object: how it is shown as a report; - reads it from standard input.",
)
@desk_options
@json_option
def set_query(
    name_or_id: str,
    cache_seconds: int | None,
    no_cache_seconds: bool,
    report: TextIO | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Change how long results of a query are served again, and how it is shown as a report.

    A running server follows at once.
    """
    changes: dict[str, Any] = {}
    if cache_seconds is not None or no_cache_seconds:
        if no_cache_seconds and cache_seconds is not None:
            raise click.UsageError("Say one of --cache-seconds and --no-cache-seconds.")
        changes["cache_seconds"] = cache_seconds
    if report is not None:
        changes["report"] = _read_object(report)
    if not changes:
        raise click.UsageError("Say --cache-seconds, --no-cache-seconds or --report.")
    with desk(flags) as at:
        found = find_query(at, name_or_id)
        changed = at.services.queries.edit(at.principal, found.id, changes)
    if as_json:
        shown = {"id": changed.id, "cache_seconds": changed.cache_seconds}
        print_json({**shown, "report": dict(changed.report)})
    else:
        click.echo(f"Query {changed.id} is {changed.name!r}; it is changed.")


def _read_object(file: TextIO) -> dict[str, Any]:
    try:
        found = read_json(file.read())
    except ValueError as error:
        raise click.UsageError(f"--report: this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.UsageError("--report: expected a JSON object.")
    return found
