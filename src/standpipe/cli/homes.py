"""Opening a home for one command, and for whom the command acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standpipe.config import Settings, load_settings
from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.principals import Permission, Principal

if TYPE_CHECKING:
    from standpipe.app.house import House
    from standpipe.services.directory import Services
    from standpipe.services.transfer import QueryExport, QueryImport

DATABASE = "standpipe.db"


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened home, and who is working at it."""

    house: House
    principal: Principal

    @property
    def services(self) -> Services:
        """The services of the home."""
        return self.house.services

    def exporter(self) -> QueryExport:
        """Return what gives queries out as files."""
        from standpipe.services.transfer import QueryExport

        return QueryExport(self.house.store, keys=self.services.keys)

    def importer(self) -> QueryImport:
        """Return what takes query files in."""
        from standpipe.services.transfer import QueryImport

        return QueryImport(
            self.house.store,
            queries=self.services.queries,
            keys=self.services.keys,
            clock=self.services.clock,
        )


def settings_of(flags: Mapping[str, Any]) -> Settings:
    """Return the settings of a command; ``config_file`` among the flags names the file."""
    given = dict(flags)
    file: Path | None = given.pop("config_file", None)
    return load_settings(given, file=file)


@contextmanager
def opened_house(settings: Settings) -> Iterator[House]:
    """Open a home that may be new; the log tells only errors, since the terminal prints itself."""
    from standpipe.app.house import opened

    with opened(replace(settings, log_level="error"), is_operator=True) as house:
        yield house


@contextmanager
def desk(flags: Mapping[str, Any]) -> Iterator[Desk]:
    """Open an existing home; ``acting`` among the flags is the e-mail of who works.

    ConfigurationInvalid if there is no home, or nobody in it yet.
    """
    given = dict(flags)
    acting: str | None = given.pop("acting", None)
    settings = settings_of(given)
    require_home(settings)
    with opened_house(settings) as house:
        yield Desk(house, _principal(house, acting))


def require_home(settings: Settings) -> None:
    """Raise ConfigurationInvalid unless the home exists."""
    if not (settings.home / DATABASE).exists():
        raise ConfigurationInvalid(
            f"There is no Standpipe home in {str(settings.home)!r}.",
            hint="Name it with --home, or make one with: standpipe init",
        )


def operator(house: House) -> Principal:
    """Return whoever can read the home's files, as an administrator without an account."""
    workspace = house.services.accounts.prepare()
    return Principal(
        workspace_id=workspace.id, permissions=frozenset({Permission.ADMIN}), name="operator"
    )


def _principal(house: House, email: str | None) -> Principal:
    accounts = house.services.accounts
    if email is not None:
        return accounts.principal(accounts.find_user(email))
    enabled = [user for user in accounts.users(operator(house)) if not user.is_disabled]
    for principal in map(accounts.principal, enabled):
        if principal.is_admin:
            return principal
    raise ConfigurationInvalid(
        "Nobody administrates this home yet.",
        hint="Add the first user with `standpipe init`, or on the page /setup of the server.",
    )
