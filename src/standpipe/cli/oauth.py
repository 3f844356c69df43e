"""``standpipe oauth-client`` and ``oauth-key``: programs that act for people, and what signs."""

from typing import Any

import click

from standpipe.cli.homes import Desk, desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json, print_table
from standpipe.core.ids import UserId
from standpipe.core.oauth import DEFAULT_REDIRECT_URI, GrantType, OAuthClient


@click.group("oauth-client")
def oauth_client() -> None:
    """Register programs that act for people by OAuth 2.

    The server tells them where everything is: /.well-known/openid-configuration.
    """


@oauth_client.command("add")
@click.argument("name")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help=f"Where codes are sent to; may be repeated.  [default: {DEFAULT_REDIRECT_URI}]",
)
@click.option(
    "--grant",
    "grants",
    multiple=True,
    type=click.Choice([str(each) for each in GrantType]),
    help="How it may get tokens; may be repeated.  [default: all that fit]",
)
@click.option(
    "--public", "is_public", is_flag=True, help="It can keep no secret: runs on people's machines."
)
@click.option("--owner", metavar="EMAIL", help="For whom it acts by itself.  [default: you]")
@desk_options
@json_option
def add_client(name: str, owner: str | None, as_json: bool, **options: Any) -> None:
    """Register the program NAME and print its id and its secret, which is shown only now."""
    from standpipe.services.oauth_clients import NewClient

    chosen = {each: options.pop(each) for each in ("redirect_uris", "grants", "is_public")}
    with desk(options) as at:
        new = NewClient(
            name=name,
            owner_id=_owner(at, owner),
            is_public=chosen["is_public"],
            redirect_uris=chosen["redirect_uris"],
            grant_types=tuple(map(GrantType, chosen["grants"])),
        )
        client, secret = at.services.oauth_clients.add(at.principal, new)
    if as_json:
        print_json({**_row(client), "client_secret": secret})
        return
    click.echo(f"client_id      {client.client_id}")
    if secret is not None:
        click.echo(f"client_secret  {secret}")


@oauth_client.command("list")
@desk_options
@json_option
def list_clients(as_json: bool, **flags: Any) -> None:
    """List the registered programs."""
    with desk(flags) as at:
        rows = [_row(each) for each in at.services.oauth_clients.list(at.principal)]
    if as_json:
        print_json(rows)
    else:
        names = ["client_id", "name", "kind", "redirect_uris"]
        print_table(names, [[_shown(row[name]) for name in names] for row in rows])


@oauth_client.command("rotate")
@click.argument("client_id")
@desk_options
def rotate_client(client_id: str, **flags: Any) -> None:
    """Give a program a new secret and print it; the old one is refused from now on."""
    with desk(flags) as at:
        click.echo(at.services.oauth_clients.rotate_secret(at.principal, client_id))


@oauth_client.command("remove")
@click.argument("client_id")
@desk_options
def remove_client(client_id: str, **flags: Any) -> None:
    """Remove a program; its tokens are refused from now on."""
    with desk(flags) as at:
        removed = at.services.oauth_clients.remove(at.principal, client_id)
    click.echo(f"{removed.name!r} is removed.")


@click.group("oauth-key")
def oauth_key() -> None:
    """Rotate the key that signs access tokens."""


@oauth_key.command("rotate")
@desk_options
def rotate_key(**flags: Any) -> None:
    """Sign with a new key from now on and print its id.

    Tokens that were issued stay good, and the two keys before can still be checked.
    """
    with desk(flags) as at:
        click.echo(at.services.oauth_issuer.rotate_key(at.principal))


def _owner(at: Desk, email: str | None) -> UserId:
    if email is not None:
        return at.services.accounts.find_user(email).id
    return at.services.accounts.user_of(at.principal).id


def _row(client: OAuthClient) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "kind": "public" if client.is_public else "confidential",
        "redirect_uris": list(client.redirect_uris),
        "grant_types": [str(each) for each in client.grant_types],
    }


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
