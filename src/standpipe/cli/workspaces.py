"""``standpipe workspace``: the habits of a workspace."""

from typing import Any

import click

from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.sources import find_source
from standpipe.cli.tables import print_json, print_table
from standpipe.core.workspaces import DUNE_SOURCE, Variant, Workspace


@click.group()
def workspace() -> None:
    """Show a workspace, and choose whose habits it follows."""


@workspace.command("show")
@desk_options
@json_option
def show_workspace(as_json: bool, **flags: Any) -> None:
    """Print the slug, the name and the variant."""
    with desk(flags) as at:
        found = at.services.accounts.workspace_of(at.principal)
    _print(found, as_json=as_json)


@workspace.command("set")
@click.option(
    "--variant",
    type=click.Choice([item.value for item in Variant]),
    help="redash: times as text, floats as numbers; logiq: epoch milliseconds, floats as text.",
)
@click.option(
    "--dune-source",
    metavar="NAME",
    help="Data source of queries made by the Dune API.  [default: the oldest]",
)
@desk_options
@json_option
def set_workspace(
    variant: str | None, dune_source: str | None, as_json: bool, **flags: Any
) -> None:
    """Change what is named; a running server follows at once."""
    if variant is None and dune_source is None:
        raise click.UsageError("Say what to change: --variant or --dune-source.")
    with desk(flags) as at:
        settings = {}
        if dune_source is not None:
            settings[DUNE_SOURCE] = find_source(at, dune_source).id
        chosen = None if variant is None else Variant(variant)
        changed = at.services.workspaces.change(at.principal, variant=chosen, settings=settings)
    _print(changed, as_json=as_json)


def _print(found: Workspace, *, as_json: bool) -> None:
    facts = {"slug": found.slug, "name": found.name, "variant": found.variant.value}
    if DUNE_SOURCE in found.settings:
        facts["dune source"] = str(found.settings[DUNE_SOURCE])
    if as_json:
        print_json(facts)
    else:
        print_table(["workspace", ""], list(facts.items()))
