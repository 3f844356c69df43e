"""Alembic runs this file for every command; the connection is given by ``migrate.py``."""

from alembic import context

from standpipe.stores.metadata.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # Whoever gave the connection began a transaction and will end it.
    transactional_ddl=False,
)
context.run_migrations()
