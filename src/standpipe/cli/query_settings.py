"""``standpipe query set``: how old the answers of a saved query may be."""

from typing import Any

import click

from standpipe.cli.finding import find_query
from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json


@click.command("set")
@click.argument("name_or_id")
@click.option(
    "--cache-seconds",
    type=click.IntRange(0, 2**31 - 1),
    help="Results younger than this are served again.",
)
@click.option("--no-cache-seconds", is_flag=True, help="Say nothing of their age any more.")
@desk_options
@json_option
def set_query(
    name_or_id: str,
    cache_seconds: int | None,
    no_cache_seconds: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Change how long results of a query are served again; a running server follows at once."""
    if no_cache_seconds == (cache_seconds is not None):
        raise click.UsageError("Say one of --cache-seconds and --no-cache-seconds.")
    with desk(flags) as at:
        found = find_query(at, name_or_id)
        changes = {"cache_seconds": cache_seconds}
        changed = at.services.queries.edit(at.principal, found.id, changes)
    if as_json:
        print_json({"id": changed.id, "cache_seconds": changed.cache_seconds})
    else:
        click.echo(f"Query {changed.id} is {changed.name!r}; it is changed.")
