"""``standpipe key``: show and replace the API keys of users and queries."""

from typing import Any

import click

from standpipe.cli.homes import Desk, desk
from standpipe.cli.options import desk_options
from standpipe.core.ids import QueryId


@click.group()
def key() -> None:
    """Show and replace API keys.

    OWNER is the e-mail of a user or the number of a query.
    """


@key.command("show")
@click.argument("owner")
@desk_options
def show_key(owner: str, **flags: Any) -> None:
    """Print the key of a user or query."""
    with desk(flags) as at:
        click.echo(key_of(at, owner))


@key.command("replace")
@click.argument("owner")
@desk_options
def replace_key(owner: str, **flags: Any) -> None:
    """Make a new key and print it; the old one is refused from now on."""
    with desk(flags) as at:
        keys = at.services.keys
        if owner.isdecimal():
            query = at.services.queries.get(at.principal, QueryId(int(owner)))
            click.echo(keys.replace_query_key(at.principal, query))
        else:
            found = at.services.accounts.find_user(owner)
            click.echo(keys.replace_user_key(at.principal, found))


def key_of(at: Desk, owner: str) -> str:
    """Return the key of a user (by e-mail) or of a query (by number)."""
    keys = at.services.keys
    if not owner.isdecimal():
        return keys.user_key(at.principal, at.services.accounts.find_user(owner))
    query = at.services.queries.get(at.principal, QueryId(int(owner)))
    found = keys.query_keys(at.principal, [query]).get(query.id)
    return found or keys.issue_for_query(query)
