"""``standpipe endpoint``: names under which the Dune API reads queries."""

from typing import Any

import click

from standpipe.cli.finding import find_query
from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json, print_table

_handle_option = click.option(
    "--handle", metavar="HANDLE", help="Of a user, or the team's.  [default: your own]"
)


@click.group()
def endpoint() -> None:
    """Add, move and list custom endpoints of the Dune API.

    An endpoint is read at /api/v1/endpoints/HANDLE/SLUG/results by everybody who may see its query.
    """


@endpoint.command("add")
@click.argument("slug")
@click.argument("query")
@_handle_option
@desk_options
@json_option
def add_endpoint(slug: str, query: str, handle: str | None, as_json: bool, **flags: Any) -> None:
    """Make the endpoint SLUG of a QUERY (its number or name)."""
    with desk(flags) as at:
        found = find_query(at, query)
        made = at.services.endpoints.create(at.principal, slug, found.id, handle)
    if as_json:
        print_json({"handle": made.handle, "slug": made.slug, "query_id": made.query_id})
    else:
        click.echo(f"/api/v1/endpoints/{made.handle}/{made.slug}/results reads query {found.id}.")


@endpoint.command("set")
@click.argument("slug")
@click.argument("query")
@_handle_option
@desk_options
def set_endpoint(slug: str, query: str, handle: str | None, **flags: Any) -> None:
    """Let the endpoint SLUG stand for another QUERY."""
    with desk(flags) as at:
        handle = handle or at.services.endpoints.own_handle(at.principal)
        found = find_query(at, query)
        at.services.endpoints.point(at.principal, handle, slug, found.id)
    click.echo(f"{handle}/{slug} reads query {found.id}.")


@endpoint.command("list")
@desk_options
@json_option
def list_endpoints(as_json: bool, **flags: Any) -> None:
    """List the endpoints."""
    with desk(flags) as at:
        rows = [
            {"handle": each.handle, "slug": each.slug, "query_id": each.query_id}
            for each in at.services.endpoints.find(at.principal)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(["handle", "slug", "query_id"], [list(row.values()) for row in rows])


@endpoint.command("remove")
@click.argument("slug")
@_handle_option
@desk_options
def remove_endpoint(slug: str, handle: str | None, **flags: Any) -> None:
    """Remove the endpoint SLUG; its query stays."""
    with desk(flags) as at:
        handle = handle or at.services.endpoints.own_handle(at.principal)
        at.services.endpoints.delete(at.principal, handle, slug)
    click.echo(f"{handle}/{slug} is removed.")
