"""``standpipe workspace``: the habits of a workspace."""

from typing import Any

import click

from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json, print_table
from standpipe.core.workspaces import Variant, Workspace


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
    required=True,
    help="redash: times as text, floats as numbers; logiq: epoch milliseconds, floats as text.",
)
@desk_options
@json_option
def set_workspace(variant: str, as_json: bool, **flags: Any) -> None:
    """Choose the variant; a running server follows at once."""
    with desk(flags) as at:
        changed = at.services.accounts.set_variant(at.principal, Variant(variant))
    _print(changed, as_json=as_json)


def _print(found: Workspace, *, as_json: bool) -> None:
    facts = {"slug": found.slug, "name": found.name, "variant": found.variant.value}
    if as_json:
        print_json(facts)
    else:
        print_table(["workspace", ""], list(facts.items()))
