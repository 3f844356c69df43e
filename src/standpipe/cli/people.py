"""``standpipe init`` and ``standpipe user``: the first administrator, and everybody after."""

import secrets
import sys
from typing import Any

import click

from standpipe.cli.homes import desk, opened_house, settings_of
from standpipe.cli.options import desk_options, home_options, json_option
from standpipe.cli.tables import print_json, print_table
from standpipe.core.errors import FieldMissing

_stdin_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)
_generate_option = click.option(
    "--generate-password", is_flag=True, help="Make a password and print it."
)


@click.command()
@click.option("--email", help="E-mail of the first administrator.")
@click.option("--name", default="Administrator", show_default=True, help="Name to show.")
@_stdin_option
@_generate_option
@home_options
@json_option
def init(
    email: str | None,
    name: str,
    password_stdin: bool,
    generate_password: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Make a home and its first administrator.

    Asks for what is not given, if there is somebody to ask.
    """
    from standpipe.services.accounts import NewAccount

    settings = settings_of(flags)
    email = email or _ask("E-mail of the first administrator", "--email")
    password = _password(from_stdin=password_stdin, generate=generate_password)
    with opened_house(settings) as house:
        accounts = house.services.accounts
        user = accounts.set_up(NewAccount(name=name, email=email, password=password))
        key = house.services.keys.user_key(accounts.principal(user), user)
    facts = {"home": str(settings.home.resolve()), "email": user.email, "user_key": key}
    if generate_password:
        facts["password"] = password
    if as_json:
        print_json(facts)
    else:
        print_table(["made", ""], list(facts.items()))


@click.group()
def user() -> None:
    """Add, list and lock out users."""


@user.command("add")
@click.argument("email")
@click.option("--name", help="Name to show.  [default: the part before the @]")
@click.option("--admin", "is_admin", is_flag=True, help="Make the user an administrator.")
@_stdin_option
@_generate_option
@desk_options
@json_option
def add_user(
    email: str,
    name: str | None,
    is_admin: bool,
    password_stdin: bool,
    generate_password: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Add a user and print the API key."""
    from standpipe.services.accounts import NewAccount

    with desk(flags) as at:
        password = _password(from_stdin=password_stdin, generate=generate_password)
        account = NewAccount(name=name or email.partition("@")[0], email=email, password=password)
        added = at.services.accounts.add_user(at.principal, account, is_admin=is_admin)
        facts = {
            "id": added.id,
            "email": added.email,
            "user_key": at.services.keys.user_key(at.principal, added),
        }
    if generate_password:
        facts["password"] = password
    if as_json:
        print_json(facts)
    else:
        print_table(["added", ""], list(facts.items()))


@user.command("list")
@desk_options
@json_option
def list_users(as_json: bool, **flags: Any) -> None:
    """List the users."""
    with desk(flags) as at:
        accounts = at.services.accounts
        rows = [
            {
                "id": found.id,
                "email": found.email,
                "name": found.name,
                "is_admin": not found.is_disabled and accounts.principal(found).is_admin,
                "is_disabled": found.is_disabled,
            }
            for found in accounts.users(at.principal)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(list(rows[0]) if rows else ["id"], [list(row.values()) for row in rows])


@user.command("password")
@click.argument("email")
@_stdin_option
@_generate_option
@desk_options
def set_password(
    email: str,
    password_stdin: bool,
    generate_password: bool,
    **flags: Any,
) -> None:
    """Set a user's password and end all sessions."""
    with desk(flags) as at:
        found = at.services.accounts.find_user(email)
        password = _password(from_stdin=password_stdin, generate=generate_password)
        at.services.accounts.set_password(found, password)
    click.echo(password if generate_password else f"The password of {found.email} is changed.")


@user.command("disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the user in again.")
@desk_options
def disable_user(email: str, undo: bool, **flags: Any) -> None:
    """Lock a user out: sessions end, keys are refused."""
    with desk(flags) as at:
        found = at.services.accounts.find_user(email)
        at.services.accounts.set_disabled(found, is_disabled=not undo)
    click.echo(f"{found.email} is {'let in again' if undo else 'locked out'}.")


def _password(*, from_stdin: bool, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return _ask("Password", "--password-stdin or --generate-password", is_secret=True)


def _ask(question: str, option: str, *, is_secret: bool = False) -> str:
    """Ask whoever sits at the terminal; FieldMissing names the option where nobody does."""
    if not sys.stdin.isatty():
        raise FieldMissing(f"{question}: nobody is there to ask.", hint=f"Use {option}.")
    answer: str = click.prompt(question, hide_input=is_secret, confirmation_prompt=is_secret)
    return answer
