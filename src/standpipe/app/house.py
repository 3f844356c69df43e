"""One opened home: its stores and the services over them. Loads no engine and no web server."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standpipe.app.services import MIB, Ports, make_services, run_limits
from standpipe.config import Settings
from standpipe.connectors import CONNECTORS, load_connector
from standpipe.connectors.duckdb.connector import DuckDBConnector
from standpipe.core.clock import SystemClock
from standpipe.core.columns import Column
from standpipe.core.datasources import ConnectorKind
from standpipe.core.errors import ConfigurationInvalid, FieldInvalid
from standpipe.core.executions import RunLimits
from standpipe.core.ids import ExecutionId
from standpipe.core.ports import (
    Chunks,
    Connector,
    Encoding,
    Observer,
    ReaderSource,
    ResultReader,
)
from standpipe.core.tables import BodyFormat, Ingested, TableColumn
from standpipe.core.windows import Difference, DifferenceCounts, Facet, Window
from standpipe.observe.log import make_log
from standpipe.runtime.worker import Worker
from standpipe.services.compaction import Compaction
from standpipe.services.directory import Services
from standpipe.services.retention import Retention
from standpipe.services.run import Runner
from standpipe.stores.artifacts.local import LocalArtifactStore
from standpipe.stores.encodings import LocalEncodingStore
from standpipe.stores.metadata import MetadataStore, open_metadata
from standpipe.stores.secrets import AesVault, Argon2Passwords, load_or_create_key
from standpipe.stores.signing import SigningKeys
from standpipe.stores.wakeups import DatagramWakeups

EMBEDDED = "duckdb"
PRIVATE = ("secrets", "run", "tls", "artifacts", "standpipe.db", "standpipe.toml")
MAX_ATTEMPTS = 2  # one retry after a lost worker


class LazyConnectors:
    """Makes a connector when it is first asked for."""

    def __init__(self, home: Path, allowed_roots: tuple[Path, ...] | None) -> None:
        """Children write beside the artifacts, and never read the home."""
        self._hidden = tuple(home / name for name in PRIVATE)
        self._scratch = home / "artifacts" / "scratch"
        self._allowed_roots = allowed_roots
        self._made: dict[str, Connector] = {}
        self._lock = threading.Lock()

    def get(self, kind: str) -> Connector:
        """Return the connector of a kind; FieldInvalid names the kinds that exist."""
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._make(kind)
            return self._made[kind]

    def kinds(self) -> tuple[ConnectorKind, ...]:
        """Return what can be configured, by name."""
        return tuple(self.get(kind).kind for kind in sorted(CONNECTORS))

    def warm(self) -> None:
        """Prepare the embedded engine, which a first run should not wait for."""
        self.get(EMBEDDED).warm()

    def ingest(
        self,
        body: Path,
        format: BodyFormat,
        columns: Sequence[TableColumn] | None,
        into: Path,
        limits: RunLimits,
    ) -> Ingested:
        """See Ingestion: done by the embedded engine, whose files the parts of tables are."""
        return self._engine().ingest(body, format, columns, into, limits)

    def merge(self, parts: Sequence[Path], into: Path, limits: RunLimits) -> int:
        """See Merging."""
        return self._engine().merge(parts, into, limits)

    def close(self) -> None:
        """End every connection and child process."""
        for connector in self._made.values():
            connector.close()

    def _engine(self) -> DuckDBConnector:
        engine = self.get(EMBEDDED)
        assert isinstance(engine, DuckDBConnector)  # noqa: S101 # that is what it is called
        return engine

    def _make(self, kind: str) -> Connector:
        try:
            connector = load_connector(kind)
        except ConfigurationInvalid as error:
            raise FieldInvalid(error.message, detail=error.detail, hint=error.hint) from error
        return connector(self._scratch, allowed_roots=self._allowed_roots, hidden=self._hidden)


class LazyReader:
    """Loads the engine that reads artifacts when the first one is read."""

    def __init__(self, root: Path) -> None:
        """``root`` holds the artifacts."""
        self._root = root
        self._made: ResultReader | None = None
        self._lock = threading.Lock()

    def encode(self, source: ReaderSource, window: Window, encoding: Encoding) -> Chunks:
        """See ResultReader."""
        return self.load().encode(source, window, encoding)

    def count(self, source: ReaderSource, window: Window) -> int:
        """See ResultReader."""
        return self.load().count(source, window)

    def count_difference(self, difference: Difference) -> DifferenceCounts:
        """See ResultReader."""
        return self.load().count_difference(difference)

    def facets(
        self, source: ReaderSource, window: Window, columns: Sequence[Column], limit: int
    ) -> tuple[Facet, ...]:
        """See ResultReader."""
        return self.load().facets(source, window, columns, limit)

    def distinct_values(
        self, artifact: Path, columns: Sequence[Column], limit: int
    ) -> tuple[tuple[Any, ...], ...]:
        """See ResultReader."""
        return self.load().distinct_values(artifact, columns, limit)

    def close(self) -> None:
        """Close the engine, if it was ever needed."""
        if self._made is not None:
            self._made.close()

    def load(self) -> ResultReader:
        """Return the reader, made now if need be: a server does not wait for its first caller."""
        from standpipe.readers.duckdb import DuckDBReader

        with self._lock:
            if self._made is None:
                self._made = DuckDBReader(self._root)
            return self._made


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One opened home: its stores and the services over them."""

    settings: Settings
    store: MetadataStore
    artifacts: LocalArtifactStore
    connectors: LazyConnectors
    wakeups: DatagramWakeups
    reader: LazyReader
    services: Services
    observe: Observer
    clock: SystemClock

    def close(self) -> None:
        """Close everything that was opened."""
        self.connectors.close()
        self.reader.close()
        self.store.close()
        self.wakeups.close()


def prepare_home(settings: Settings) -> Path:
    """Make the home's folders and secrets, and bring its metadata to the newest schema."""
    home = settings.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("secrets", "run", "data"):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    vault = AesVault(load_or_create_key(home / "secrets" / "vault.key"))
    open_metadata(home / "standpipe.db", vault=vault, wakeups=None).close()
    return home


def open_house(settings: Settings, *, listens: bool = False, is_operator: bool = False) -> House:
    """Open a prepared home in this process; never before a fork.

    ``listens`` for workers, which want to be woken. ``is_operator`` lets data sources name any
    file: the terminal's user reaches them anyway.
    """
    home = settings.home
    clock = SystemClock()
    observe = make_log(settings.log_format, settings.log_level)
    vault = AesVault(load_or_create_key(home / "secrets" / "vault.key"))
    wakeups = DatagramWakeups(home / "run", listens=listens)
    store = open_metadata(home / "standpipe.db", vault=vault, wakeups=wakeups)
    artifacts = LocalArtifactStore(home / "artifacts")
    reader = LazyReader(home / "artifacts")
    connectors = LazyConnectors(home, None if is_operator else _source_roots(settings))
    ports = Ports(
        store=store,
        artifacts=artifacts,
        reader=reader,
        connectors=connectors,
        vault=vault,
        passwords=Argon2Passwords(),
        signer=SigningKeys(home / "secrets" / "signing.json"),
        clock=clock,
        observe=observe,
    )
    return House(
        settings=settings,
        store=store,
        artifacts=artifacts,
        connectors=connectors,
        wakeups=wakeups,
        reader=reader,
        services=make_services(settings, ports),
        observe=observe,
        clock=clock,
    )


@contextmanager
def opened(settings: Settings, *, is_operator: bool = False) -> Iterator[House]:
    """Prepare and open a home for one command."""
    prepare_home(settings)
    house = open_house(settings, is_operator=is_operator)
    try:
        yield house
    finally:
        house.close()


def make_worker(house: House, name: str) -> Worker:
    """Build a worker over an opened home."""
    lease_seconds = house.settings.lease_seconds
    runner = Runner(
        house.store,
        connectors=house.connectors,
        artifacts=house.artifacts,
        clock=house.clock,
        observe=house.observe,
        lease_seconds=lease_seconds,
    )
    return Worker(
        name,
        store=house.store,
        runner=runner,
        wakeups=house.wakeups,
        clock=house.clock,
        observe=house.observe,
        slots=house.settings.slots,
        lease_seconds=lease_seconds,
        stop_seconds=house.settings.stop_seconds,
    )


def open_encodings(settings: Settings) -> LocalEncodingStore:
    """Open the store of encodings, which becomes as small as the settings want it."""
    folder = settings.home / "artifacts" / "encodings"
    return LocalEncodingStore(folder, settings.encodings_max_mb * MIB)


def make_retention(house: House) -> Retention:
    """Build the service that recovers and cleans."""
    return Retention(
        house.store,
        artifacts=house.artifacts,
        encodings=open_encodings(house.settings),
        clock=house.clock,
        observe=house.observe,
        max_attempts=MAX_ATTEMPTS,
    )


def make_compaction(house: House) -> Compaction:
    """Build the service that merges the parts of uploaded tables."""
    return Compaction(
        house.store,
        artifacts=house.artifacts,
        merging=house.connectors,
        limits=run_limits(house.settings),
        clock=house.clock,
    )


def run_one(house: House, execution_id: ExecutionId) -> bool:
    """Run exactly this execution in this process; False if another worker has it."""
    return make_worker(house, f"terminal-{os.getpid()}").run_one(execution_id)


def _source_roots(settings: Settings) -> tuple[Path, ...]:
    named = [Path(item) for item in settings.source_roots.split(os.pathsep) if item]
    return (settings.home / "data", *named)
