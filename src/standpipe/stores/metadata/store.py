"""The metadata store: one class for all metadata ports, and how it is opened."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.ports import Vault, Wakeups
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.batches import Batches
from standpipe.stores.metadata.cleaning import Cleaning
from standpipe.stores.metadata.custom_endpoints import CustomEndpoints
from standpipe.stores.metadata.dashboards import Dashboards
from standpipe.stores.metadata.datasources import DataSources
from standpipe.stores.metadata.favorites import Favorites
from standpipe.stores.metadata.idempotency import IdempotencyKeys
from standpipe.stores.metadata.jobs import Jobs
from standpipe.stores.metadata.keys import Keys
from standpipe.stores.metadata.migrate import migrate
from standpipe.stores.metadata.oauth import OAuthClients, OAuthGrants, OAuthTokens
from standpipe.stores.metadata.people import People
from standpipe.stores.metadata.pipelines import Pipelines
from standpipe.stores.metadata.queries import Queries
from standpipe.stores.metadata.query_lists import QueryLists
from standpipe.stores.metadata.report_requests import ReportRequests
from standpipe.stores.metadata.schedules import Schedules
from standpipe.stores.metadata.sessions import Sessions
from standpipe.stores.metadata.uploads import Uploads
from standpipe.stores.metadata.widgets import Widgets
from standpipe.stores.metadata.workspaces import Workspaces

_PREFIX = "sqlite:///"


class MetadataStore(
    Workspaces,
    People,
    Keys,
    Sessions,
    DataSources,
    Queries,
    QueryLists,
    Favorites,
    Dashboards,
    Widgets,
    Jobs,
    Pipelines,
    Batches,
    ReportRequests,
    Cleaning,
    IdempotencyKeys,
    Schedules,
    Uploads,
    CustomEndpoints,
    OAuthClients,
    OAuthGrants,
    OAuthTokens,
):
    """Implements every metadata port of ``core/ports.py``.

    May be used by any thread. Open it after a fork: a child must not use its parent's.
    """


def open_metadata(
    location: str | Path, *, vault: Vault, wakeups: Wakeups | None = None
) -> MetadataStore:
    """Open a database, a path or ``sqlite:///path``, made and migrated as needed.

    ``wakeups`` is poked when something was queued. ConfigurationInvalid for another kind of
    database or one that a newer version has written, Unavailable if the file cannot be opened.
    """
    path = _read_location(location)
    # One process at a time: switching to WAL and migrating do not wait for each other.
    with _locked(path.parent):
        engine = sqlite.open_engine(path)
        migrate(engine)
    return MetadataStore(engine, vault=vault, wakeups=wakeups)


def _read_location(location: str | Path) -> Path:
    text = str(location)
    if "://" in text and not text.startswith(_PREFIX):
        raise ConfigurationInvalid(
            f"There is no metadata store for {text.partition(':')[0]!r}.",
            hint=f"Give the path of a file, or {_PREFIX}path.",
        )
    return Path(text.removeprefix(_PREFIX))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
