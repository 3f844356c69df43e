"""The tables, and the migrations that make them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from tests.contracts.house import VAULT, House, at

from standpipe.core.errors import ConfigurationInvalid
from standpipe.stores.metadata import migrate, open_metadata, sqlite
from standpipe.stores.metadata.tables import metadata

# A table that a migration has copied is written with other quotes.
_WORDS = re.compile(r"[^\s,\"]+")


def schema(engine: Engine) -> dict[str, str]:
    """Return the SQL of all tables and indexes by name, but for that of Alembic."""
    statement = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' AND sql > ''"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(statement).all()
        return {row.name: " ".join(sorted(_WORDS.findall(row.sql))) for row in rows}


def test_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    """A new file that was migrated is the same as one made from tables.py."""
    migrated = sqlite.open_engine(tmp_path / "migrated.db")
    migrate.migrate(migrated)
    made = sqlite.open_engine(tmp_path / "made.db")
    with made.connect() as connection:
        metadata.create_all(connection)
        connection.commit()
    assert schema(migrated) == schema(made)


def test_alembic_sees_no_difference(tmp_path: Path) -> None:
    """Its own comparison of the migrated file with the code finds nothing to do."""
    engine = sqlite.open_engine(tmp_path / "metadata.db")
    migrate.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    """So that a start without missing revisions does not even look for them."""
    assert ScriptDirectory.from_config(migrate.alembic_config()).get_heads() == [migrate.HEAD]


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """With the revision and what to do, and without touching it."""
    path = tmp_path / "metadata.db"
    open_metadata(path, vault=VAULT).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationInvalid, match="9999"):
        open_metadata(path, vault=VAULT)


def test_a_file_of_an_older_version_keeps_its_history(tmp_path: Path) -> None:
    """What a query's default run had given by then is known after the migration."""
    house = House(tmp_path)
    query = house.add_query(default_fingerprint="f")
    results = [house.add_result("f", seconds=seconds) for seconds in (1, 2)]
    house.add_result("g", seconds=3)
    house.close()
    engine = sqlite.open_engine(house.path)
    with engine.connect() as connection:
        for statement in _BACK_TO_0002.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = open_metadata(house.path, vault=VAULT)
    assert store.get_query(query.id).stale_if_error_seconds is None
    found = [store.find_default_result(query.id, at(seconds)) for seconds in (0, 1, 9)]
    assert found == [None, *results]
    (due,) = store.claim_due(at(0), 9)
    assert (due.query_id, due.consecutive_failures, due.running_id) == (query.id, 2, None)
    store.close()


_BACK_TO_0002 = """
DROP TABLE report_requests;
ALTER TABLE results DROP COLUMN cpu_seconds;
DROP TABLE batches;
ALTER TABLE data_sources DROP COLUMN fresh_since;
    DROP TABLE oauth_tokens;
    DROP TABLE oauth_grants;
    DROP TABLE oauth_clients;
DROP TABLE pipeline_nodes;
DROP TABLE pipelines;
    DROP INDEX ix_executions_query_id_id;
    DROP INDEX ix_submissions_query_id;
    DROP INDEX ix_submissions_workspace_id_holder_user_id_id;
    DROP INDEX ix_submissions_of_views;
    ALTER TABLE submissions DROP COLUMN view_id;
    ALTER TABLE submissions DROP COLUMN format;
    ALTER TABLE submissions DROP COLUMN data_set_query;
    DROP TABLE usage_days;
    DROP TABLE custom_endpoints;
    DROP TABLE materialized_views;
    DROP TABLE uploaded_parts;
    DROP TABLE uploaded_tables;
    ALTER TABLE executions DROP COLUMN tables;
    ALTER TABLE results DROP COLUMN private_to;
    DROP TABLE lasting_changes;
    DROP INDEX ix_schedules_execution_id;
    DROP TABLE schedules;
    CREATE TABLE schedules (
        query_id INTEGER NOT NULL, next_run_at BIGINT, claimed_until BIGINT,
        consecutive_failures BIGINT NOT NULL,
        CONSTRAINT pk_schedules PRIMARY KEY (query_id),
        CONSTRAINT fk_schedules_query_id FOREIGN KEY(query_id) REFERENCES queries (id)
    );
    CREATE INDEX ix_schedules_next_run_at ON schedules (next_run_at);
    INSERT INTO schedules VALUES (1, 5, NULL, 2);
    DROP TABLE default_results;
    DROP TABLE idempotency_keys;
    DROP INDEX ix_results_query_id_id;
    DROP INDEX ix_executions_over;
    ALTER TABLE queries DROP COLUMN stale_while_revalidate_seconds;
    ALTER TABLE queries DROP COLUMN stale_if_error_seconds;
    UPDATE alembic_version SET version_num = '0002'
"""


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made in one transaction; the next start tries again."""
    path = tmp_path / "metadata.db"
    upgrade = command.upgrade

    def fail_late(*arguments: object) -> None:
        upgrade(*arguments)  # type: ignore[arg-type]
        raise OSError("no space left")

    monkeypatch.setattr(command, "upgrade", fail_late)
    with pytest.raises(OSError, match="no space"):
        open_metadata(path, vault=VAULT)
    assert schema(sqlite.open_engine(path)) == {}
    monkeypatch.undo()
    open_metadata(path, vault=VAULT).close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Rather than overwritten."""
    path = tmp_path / "metadata.db"
    path.write_text("some notes, not a database at all, and long enough to be read as a header")
    with pytest.raises(ConfigurationInvalid, match=r"metadata\.db"):
        open_metadata(path, vault=VAULT)
    assert path.read_text().startswith("some notes")
