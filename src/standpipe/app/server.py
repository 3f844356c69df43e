"""The processes of a server and the URL table of its one host."""

import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from standpipe.app.house import (
    House,
    make_compaction,
    make_retention,
    make_worker,
    open_encodings,
    open_house,
    prepare_home,
)
from standpipe.app.services import MIB, worker_count
from standpipe.config import Settings
from standpipe.core.clock import SystemClock
from standpipe.core.errors import ConfigurationInvalid
from standpipe.dialects.dune.routes import MOUNTED_AT as DUNE_PREFIXES
from standpipe.dialects.dune.routes import ROOM as DUNE
from standpipe.dialects.holistics.routes import MOUNTED_AT as HOLISTICS_PREFIXES
from standpipe.dialects.holistics.routes import PATTERNS as HOLISTICS_PATTERNS
from standpipe.dialects.holistics.routes import ROOM as HOLISTICS
from standpipe.dialects.holistics.v2.routes import PREFIX as HOLISTICS_V2_PREFIX
from standpipe.dialects.holistics.v2.routes import ROOM as HOLISTICS_V2
from standpipe.dialects.myreports.routes import MOUNTED_AT as MYREPORTS_PREFIXES
from standpipe.dialects.myreports.routes import ROOM as MYREPORTS
from standpipe.dialects.native.routes import ROOM as NATIVE
from standpipe.dialects.redash.routes import ROOM as REDASH
from standpipe.http.changes import Changes
from standpipe.http.door import Door, DoorOptions
from standpipe.http.messages import Intake
from standpipe.http.routing import Mount
from standpipe.http.send import Sender
from standpipe.http.server import Tls
from standpipe.http.server import serve as serve_http
from standpipe.http.spooling import SpoolOptions
from standpipe.http.tls import self_signed
from standpipe.runtime.compactor import Compactor
from standpipe.runtime.conductor import Conductor
from standpipe.runtime.scheduler import Ages, Scheduler
from standpipe.runtime.supervisor import STOP_SECONDS, Role, Supervisor
from standpipe.services.scheduling import Scheduling
from standpipe.services.view_scheduling import ViewScheduling
from standpipe.sql.template import warm
from standpipe.stores.wakeups import DatagramChanges
from standpipe.web.connect.routes import MOUNTED_AT as CONNECT_PATHS
from standpipe.web.connect.routes import ROOM as CONNECT
from standpipe.web.routes import ROOM as WEB

MOST_FILES = 65_536

# One host, one table: tried from above, whole segments, never falling through.
MOUNTS = (
    Mount(DUNE_PREFIXES, DUNE),
    Mount(MYREPORTS_PREFIXES, MYREPORTS),
    Mount((HOLISTICS_V2_PREFIX,), HOLISTICS_V2),
    Mount(("/v1",), NATIVE),
    Mount(("/api", "/ping", "/status.json"), REDASH),
    Mount(HOLISTICS_PREFIXES, HOLISTICS, HOLISTICS_PATTERNS),
    Mount(CONNECT_PATHS, CONNECT),
    Mount(("",), WEB),
)


def make_door(house: House) -> Door:
    """Build the ASGI application over an opened home."""
    options = DoorOptions(
        body_max_bytes=int(house.settings.body_max_mb * MIB),
        public_url=house.settings.public_url,
        is_access_logged=house.settings.access_log,
        requests_per_minute=house.settings.requests_per_minute,
        spool=spool_options(house.settings),
    )
    changes = Changes(DatagramChanges(house.settings.home / "run"), house.store.find_marks)
    return Door(
        house.services,
        MOUNTS,
        sender=Sender(changes, open_encodings(house.settings)),
        changes=changes,
        observe=house.observe,
        options=options,
    )


def spool_options(settings: Settings) -> SpoolOptions:
    """Return the place of large bodies, on the file system of the artifacts."""
    largest = {
        Intake.ROWS: int(settings.upload_max_mb * MIB),
        Intake.DOCUMENT: int(settings.csv_upload_max_mb * MIB),
    }
    return SpoolOptions(folder=settings.home / "artifacts" / "spool", largest=largest)


def run_worker(settings: Settings, name: str) -> int:
    """Work until SIGTERM or SIGINT; see Worker.run for what is running then."""
    house = open_house(settings, listens=True)
    house.connectors.warm()
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
    views = ViewScheduling(
        house.store, views=house.services.views, clock=house.clock, observe=house.observe
    )
    stop = _stop_event()
    compactor = Compactor(make_compaction(house), clock=house.clock, observe=house.observe)
    threading.Thread(target=compactor.run, args=(stop,), name="compactor", daemon=True).start()
    changes = DatagramChanges(settings.home / "run")
    conductor = Conductor(
        house.services.pipelines, changes, clock=house.clock, observe=house.observe
    )
    conducting = threading.Thread(target=conductor.run, args=(stop,), name="conductor", daemon=True)
    conducting.start()
    Scheduler(
        scheduling=scheduling,
        views=views,
        retention=make_retention(house),
        clock=house.clock,
        ages=Ages(
            queued=timedelta(seconds=settings.queue_max_wait_seconds),
            results=timedelta(days=settings.result_days),
            executions=timedelta(days=settings.execution_days),
        ),
    ).run(stop)
    conducting.join()
    changes.close()
    house.close()
    return 0


def run_web(settings: Settings, listener: socket.socket, started: int) -> int:
    """Serve HTTP until SIGTERM or SIGINT; writes a byte to ``started`` when it does."""
    _allow_connections()
    house = open_house(settings)
    house.reader.load()
    warm()
    door = make_door(house)

    def begin() -> None:
        door.start()
        os.write(started, b".")

    code = serve_http(door, listener, tls=_tls(settings), on_start=begin, on_stop=door.stop)
    door.close()
    house.close()
    return code


def _allow_connections() -> None:
    """Raise the number of files that may be open: 1,024 on many systems, of which some are ours."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


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
        *(_worker_role(settings) for _ in range(worker_count(settings))),
    ]
    return Supervisor(roles, stop_seconds=settings.stop_seconds + STOP_SECONDS).run()


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


def _stop_event(house: House | None = None) -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, and end the sleep of the home's worker.

    A thread hears of them on a pipe that the interpreter writes to at once. The handlers
    themselves do nothing: they would have to wait until the main thread, which waits for the
    event, runs again, and nothing wakes it when the kernel gave the signal to another thread.
    """
    stop = threading.Event()
    told, tell = os.pipe()
    os.set_blocking(tell, False)

    def stopping() -> None:
        os.read(told, 1)
        stop.set()
        if house is not None:
            house.wakeups.stop_waiting()

    threading.Thread(target=stopping, name="stop", daemon=True).start()
    signal.set_wakeup_fd(tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
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
        raise ConfigurationInvalid(
            f"The setting tls is {settings.tls!r}.",
            detail="It can be self-signed.",
            hint="Give files of your own with --tls-cert and --tls-key.",
        )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigurationInvalid("--tls-cert and --tls-key belong together.")
    for path in (settings.tls_cert, settings.tls_key):
        if path and not Path(path).is_file():
            raise ConfigurationInvalid(f"There is no file {path}.")
    return Tls(cert=settings.tls_cert, key=settings.tls_key) if settings.tls_cert else None
