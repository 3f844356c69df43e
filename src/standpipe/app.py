"""The composition root: the only place that names concrete stores, connectors and rooms."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from standpipe.config import Settings
from standpipe.connectors import CONNECTORS, load_connector
from standpipe.core.clock import SystemClock
from standpipe.core.datasources import ConnectorKind
from standpipe.core.errors import ConfigurationInvalid, FieldInvalid
from standpipe.core.executions import RunLimits
from standpipe.core.ids import ExecutionId
from standpipe.core.ports import Connector, Observer
from standpipe.dialects.redash.routes import ROOM as REDASH
from standpipe.http.door import Door, DoorOptions
from standpipe.http.routing import Mount
from standpipe.http.send import Sender
from standpipe.http.server import Tls
from standpipe.http.server import serve as serve_http
from standpipe.http.tls import self_signed
from standpipe.observe.log import make_log
from standpipe.readers.duckdb import DuckDBReader
from standpipe.runtime.scheduler import Scheduler
from standpipe.runtime.supervisor import Role, Supervisor
from standpipe.runtime.worker import Worker
from standpipe.services.accounts import Accounts
from standpipe.services.dashboards import Dashboards
from standpipe.services.datasources import DataSources
from standpipe.services.directory import Services
from standpipe.services.dropdowns import Dropdowns
from standpipe.services.keys import Keys
from standpipe.services.queries import Queries
from standpipe.services.read import Read
from standpipe.services.retention import Retention
from standpipe.services.run import Runner
from standpipe.services.scheduling import Scheduling
from standpipe.services.submissions import Submissions
from standpipe.services.submit import Submit
from standpipe.stores.artifacts.local import LocalArtifactStore
from standpipe.stores.metadata import MetadataStore, open_metadata
from standpipe.stores.secrets import AesVault, Argon2Passwords, load_or_create_key
from standpipe.stores.wakeups import DatagramWakeups
from standpipe.web.routes import ROOM as WEB

MIB = 1024**2
PRIVATE = ("secrets", "run", "tls", "artifacts", "standpipe.db", "standpipe.toml")
MAX_ATTEMPTS = 2  # one retry after a lost worker

# One host, one table: tried from above, whole segments, never falling through.
MOUNTS = (
    Mount(("/api", "/ping", "/status.json"), REDASH),
    Mount(("",), WEB),
)


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

    def close(self) -> None:
        """End every connection and child process."""
        for connector in self._made.values():
            connector.close()

    def _make(self, kind: str) -> Connector:
        try:
            connector = load_connector(kind)
        except ConfigurationInvalid as error:
            raise FieldInvalid(error.message, detail=error.detail, hint=error.hint) from error
        return connector(self._scratch, allowed_roots=self._allowed_roots, hidden=self._hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One opened home: its stores and the services over them."""

    settings: Settings
    store: MetadataStore
    artifacts: LocalArtifactStore
    connectors: LazyConnectors
    wakeups: DatagramWakeups
    reader: DuckDBReader
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
    reader = DuckDBReader(home / "artifacts")
    connectors = LazyConnectors(home, None if is_operator else _source_roots(settings))
    keys = Keys(store, vault=vault, clock=clock, observe=observe)
    queries = Queries(store, connectors=connectors, keys=keys, clock=clock)
    dropdowns = Dropdowns(store, artifacts=artifacts, reader=reader)
    services = Services(
        accounts=Accounts(
            store, keys=keys, passwords=Argon2Passwords(), clock=clock, observe=observe
        ),
        keys=keys,
        data_sources=DataSources(store, connectors=connectors, clock=clock),
        queries=queries,
        dashboards=Dashboards(store, queries=queries, clock=clock),
        dropdowns=dropdowns,
        submit=Submit(
            store,
            connectors=connectors,
            dropdowns=dropdowns,
            limits=run_limits(settings),
            clock=clock,
            observe=observe,
        ),
        submissions=Submissions(store, clock=clock),
        read=Read(store, artifacts=artifacts, reader=reader),
        clock=clock,
    )
    return House(
        settings=settings,
        store=store,
        artifacts=artifacts,
        connectors=connectors,
        wakeups=wakeups,
        reader=reader,
        services=services,
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


def make_door(house: House) -> Door:
    """Build the ASGI application over an opened home."""
    options = DoorOptions(
        body_max_bytes=int(house.settings.body_max_mb * MIB),
        public_url=house.settings.public_url,
        is_access_logged=house.settings.access_log,
    )
    return Door(house.services, MOUNTS, sender=Sender(), observe=house.observe, options=options)


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
    )


def make_retention(house: House) -> Retention:
    """Build the service that recovers and cleans."""
    return Retention(
        house.store,
        artifacts=house.artifacts,
        clock=house.clock,
        observe=house.observe,
        max_attempts=MAX_ATTEMPTS,
    )


def run_one(house: House, execution_id: ExecutionId) -> bool:
    """Run exactly this execution in this process; False if another worker has it."""
    return make_worker(house, f"terminal-{os.getpid()}").run_one(execution_id)


def run_worker(settings: Settings, name: str) -> int:
    """Work until SIGTERM or SIGINT; running executions are finished first."""
    house = open_house(settings, listens=True)
    make_worker(house, name).run(_stop_event(house))
    house.close()
    return 0


def recover_worker(settings: Settings, name: str) -> int:
    """Give the runs of a dead worker back to the queue at once, before their leases end."""
    house = open_house(settings)
    make_retention(house).recover(name)
    house.close()
    return 0


def run_scheduler(settings: Settings) -> int:
    """Schedule, recover and clean until SIGTERM or SIGINT."""
    house = open_house(settings)
    scheduling = Scheduling(
        house.store,
        submit=house.services.submit,
        keys=house.services.keys,
        clock=house.clock,
        observe=house.observe,
    )
    Scheduler(
        scheduling=scheduling,
        retention=make_retention(house),
        clock=house.clock,
        queue_max_wait=timedelta(seconds=settings.queue_max_wait_seconds),
        result_age=timedelta(days=settings.result_days),
    ).run(_stop_event())
    house.close()
    return 0


def run_web(settings: Settings, listener: socket.socket, started: int) -> int:
    """Serve HTTP until SIGTERM or SIGINT; writes a byte to ``started`` when it does."""
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it once more when it is done
    house = open_house(settings)
    door = make_door(house)
    code = serve_http(
        door,
        listener,
        tls=_tls(settings),
        on_start=lambda: os.write(started, b"."),
        on_stop=door.stop,
    )
    door.close()
    house.close()
    return code


def serve(settings: Settings, on_ready: Callable[[str], None]) -> int:
    """Run the whole server until SIGTERM or SIGINT; ``on_ready`` gets the URL, in a child process.

    ConfigurationInvalid for an address that is taken, or TLS files that are missing.
    """
    prepare_home(settings)
    listener = _listen(settings)
    url = _url(settings, listener)
    ready, started = os.pipe()
    roles = [
        Role(name="web", main=lambda: run_web(settings, listener, started)),
        Role(name="scheduler", main=lambda: run_scheduler(settings)),
        Role(name="ready", main=lambda: _announce(ready, url, on_ready), once=True),
        *(_worker_role(settings) for _ in range(_worker_count(settings))),
    ]
    return Supervisor(roles).run()


def run_limits(settings: Settings) -> RunLimits:
    """Return what one run may use."""
    return RunLimits(
        seconds=settings.run_seconds or None,
        memory_bytes=settings.run_memory_mb * MIB,
        artifact_bytes=settings.result_max_mb * MIB or None,
    )


def _worker_role(settings: Settings) -> Role:
    prefix = f"{socket.gethostname()}-{token_hex(4)}"

    def give_back(pid: int) -> Role:
        main = lambda: recover_worker(settings, f"{prefix}-{pid}")  # noqa: E731
        return Role(name="recovery", main=main, once=True)

    return Role(
        name="worker",
        main=lambda: run_worker(settings, f"{prefix}-{os.getpid()}"),
        after_death=give_back,
    )


def _worker_count(settings: Settings) -> int:
    return (os.cpu_count() or 1) if settings.workers < 0 else settings.workers


def _stop_event(house: House | None = None) -> threading.Event:
    stop = threading.Event()

    def stopping(*_: object) -> None:
        stop.set()
        if house is not None:
            house.wakeups.close()

    signal.signal(signal.SIGTERM, stopping)
    signal.signal(signal.SIGINT, stopping)
    return stop


def _announce(ready: int, url: str, on_ready: Callable[[str], None]) -> int:
    """Wait until the web process says that it serves, then tell."""
    os.read(ready, 1)
    on_ready(url)
    return 0


def _listen(settings: Settings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationInvalid(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.",
            hint="Choose another --port.",
        ) from error


def _url(settings: Settings, listener: socket.socket) -> str:
    scheme = "https" if _tls(settings) else "http"
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - only to print
    return f"{scheme}://{shown}:{port}"


def _tls(settings: Settings) -> Tls | None:
    if settings.tls == "self-signed":
        now = SystemClock().now()
        cert, key = self_signed(settings.home / "tls", settings.host, now)
        return Tls(cert=str(cert), key=str(key))
    if settings.tls:
        raise ConfigurationInvalid(f"The setting tls is {settings.tls!r}.", detail="self-signed")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigurationInvalid("--tls-cert and --tls-key belong together.")
    for path in (settings.tls_cert, settings.tls_key):
        if path and not Path(path).is_file():
            raise ConfigurationInvalid(f"There is no file {path}.")
    return Tls(cert=settings.tls_cert, key=settings.tls_key) if settings.tls_cert else None


def _source_roots(settings: Settings) -> tuple[Path, ...]:
    named = [Path(item) for item in settings.source_roots.split(os.pathsep) if item]
    return (settings.home / "data", *named)
