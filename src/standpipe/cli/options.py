"""Options that several commands share; those of settings are made from the table in config.py."""

from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from standpipe.config import Settings

F = TypeVar("F", bound=Callable[..., Any])

LISTENING = ("host", "port", "tls", "tls_cert", "tls_key", "public_url")


def setting_options(*, leave_out: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Add one option for every setting, and --config; values arrive by the setting's name."""
    wanted = [item for item in fields(Settings) if item.name not in leave_out]
    return _all(*(_option(item) for item in wanted), _config_option())


def home_options(function: F) -> F:
    """Add --home and --config for a command that only opens a home."""
    return _all(_option(fields(Settings)[0]), _config_option())(function)


def desk_options(function: F) -> F:
    """Add --home, --config and --as for a command that acts for somebody."""
    acting = click.option(
        "--as",
        "acting",
        metavar="EMAIL",
        help="Act as this user.  [default: the first administrator]",
    )
    return home_options(acting(function))


def json_option(function: F) -> F:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def _option(item: Field[Any]) -> Callable[[F], F]:
    flag = item.name.replace("_", "-")
    text = item.metadata["help"]
    if isinstance(item.default, bool):
        return click.option(f"--{flag}/--no-{flag}", item.name, default=None, help=text)
    shown = f"  [default: {item.default}]" if item.default != "" else ""
    return click.option(
        f"--{flag}", item.name, type=_type(item.default), metavar=_metavar(item), help=text + shown
    )


def _type(default: Any) -> Any:
    return click.Path(path_type=Path) if isinstance(default, Path) else type(default)


def _metavar(item: Field[Any]) -> str:
    if isinstance(item.default, Path):
        return "FOLDER"
    if isinstance(item.default, int | float):
        return "N"
    return "FILE" if item.name in {"tls_cert", "tls_key"} else "TEXT"


def _config_option() -> Callable[[F], F]:
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Settings file.  [default: standpipe.toml in the home]",
    )
