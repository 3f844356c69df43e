"""Brings the tables up to date when the store is opened.

Alembic is imported only when something is to be done: it takes longer than opening does.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from standpipe.core.errors import ConfigurationInvalid
from standpipe.stores.metadata import sqlite

if TYPE_CHECKING:
    from alembic.config import Config

# The newest revision in migrations/versions; a test compares.
HEAD = "0016"


def migrate(engine: Engine) -> None:
    """Run the missing revisions in one transaction; two processes at once are fine.

    ConfigurationInvalid when the database was written by a newer version of the program.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
        sqlite.begin_write(connection)
        try:
            _upgrade(connection)
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def alembic_config() -> "Config":
    """Return the settings of Alembic, which live here and not in a file."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def _upgrade(connection: Connection) -> None:
    revision = _revision(connection)
    if revision is not None and revision > HEAD:
        raise ConfigurationInvalid(
            f"The metadata database is at revision {revision}, this program knows up to {HEAD}.",
            hint="Start the version that has last used it, or a newer one.",
        )
    from alembic import command  # noqa: PLC0415 - see above

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
