"""The web room over real services on a SQLite store, called without a socket."""

import re
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from standpipe.app.services import Ports, make_services
from standpipe.config import Settings
from standpipe.core.columns import Column, LogicalType
from standpipe.core.datasources import DataSource
from standpipe.core.errors import FieldInvalid, NotAuthenticated, StandpipeError
from standpipe.core.executions import ExecutionRequest, ExecutionState, Holder, RunLimits, Statement
from standpipe.core.ids import DataSourceId, GroupId, QueryId, new_uid
from standpipe.core.queries import Query
from standpipe.core.results import NewResult
from standpipe.core.workspaces import User
from standpipe.http.credentials import authenticate, check_csrf
from standpipe.http.limits import RateLimiter
from standpipe.http.messages import Inbound, Outbound, Room
from standpipe.http.routing import Mount, RouteTable
from standpipe.readers.duckdb import DuckDBReader
from standpipe.services.accounts import NewAccount
from standpipe.services.directory import Services
from standpipe.stores.artifacts.local import LocalArtifactStore
from standpipe.stores.metadata import open_metadata
from standpipe.stores.secrets import AesVault, Argon2Passwords
from standpipe.stores.signing import SigningKeys
from standpipe.testing import StoppedClock
from standpipe.web.connect.routes import MOUNTED_AT as CONNECT_PATHS
from standpipe.web.connect.routes import make_room as make_connect_room
from standpipe.web.routes import make_room


@cache
def _empty_database() -> bytes:
    """Return a migrated database file; migrating once saves most of the time of these tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.db"
        open_metadata(path, vault=AesVault(bytes(32))).close()
        return path.read_bytes()


@cache
def _signing_file() -> bytes:
    """Return a file of signing keys; making a key takes most of the time of these tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signing.json"
        SigningKeys(path).rotate()
        return path.read_bytes()


def _signing_keys(path: Path) -> SigningKeys:
    path.touch(mode=0o600)
    path.write_bytes(_signing_file())
    return SigningKeys(path)


class NoConnectors:
    """A server that speaks to no data source: pages only read what is stored."""

    def get(self, kind: str) -> Any:
        raise FieldInvalid(f"There is no connector {kind!r}.")

    def kinds(self) -> tuple[Any, ...]:
        return ()


class Site:
    """A home with a store, artifacts and the room of the pages."""

    def __init__(self, folder: Path) -> None:
        self.clock = StoppedClock()
        self.heard: list[Any] = []
        vault = AesVault(bytes(32))
        (folder / "metadata.db").write_bytes(_empty_database())
        self.store = open_metadata(folder / "metadata.db", vault=vault)
        self.artifacts = LocalArtifactStore(folder / "artifacts")
        self.reader = DuckDBReader(folder / "artifacts")
        self.services = services_of(self, vault, _signing_keys(folder / "signing.json"))
        self.rooms = [
            (mount, RouteTable(mount.room.routes))
            for mount in (
                Mount(CONNECT_PATHS, make_connect_room(RateLimiter(60, 60, self.clock))),
                Mount(("",), make_room(RateLimiter(50, 3600, self.clock))),
            )
        ]
        self.room = self.rooms[-1][0].room

    def close(self) -> None:
        self.reader.close()
        self.store.close()

    def set_up(self) -> User:
        account = NewAccount(name="Ada", email="ada@example.org", password="correct horse")
        return self.services.accounts.set_up(account)

    def add_member(self, name: str) -> User:
        accounts = self.services.accounts
        admin = accounts.principal(accounts.find_user("ada@example.org"))
        account = NewAccount(
            name=name, email=f"{name.lower()}@example.org", password="correct horse"
        )
        return accounts.add_user(admin, account, is_admin=False)

    def add_source(self, *, everybody: bool = True) -> DataSource:
        now = self.clock.now()
        workspace = self.services.accounts.workspace()
        groups = self.store.get_groups(workspace.id)
        return self.store.add_data_source(
            DataSource(
                id=DataSourceId(0),
                uid=new_uid(now),
                workspace_id=workspace.id,
                name="main",
                kind="duckdb",
                settings={},
                grants={GroupId(groups[1].id): False} if everybody else {},
                created_at=now,
            )
        )

    def add_query(self, name: str = "Sales", **changes: Any) -> Query:
        now = self.clock.now()
        owner = self.services.accounts.find_user("ada@example.org")
        query = Query(
            id=QueryId(0),
            uid=new_uid(now),
            workspace_id=owner.workspace_id,
            name=name,
            sql="select 1 as a",
            data_source_id=None,
            owner_id=owner.id,
            default_fingerprint=name,
            is_draft=False,
            created_at=now,
            updated_at=now,
        )
        saved = self.store.add_query(replace(query, **changes))
        self.services.keys.issue_for_query(saved)
        return saved

    def finish_run(self, query: Query, table: pa.Table) -> None:
        """Leave a result as a worker does."""
        slot = self.artifacts.slot()
        pq.write_table(table, slot)
        assert query.data_source_id is not None
        request = ExecutionRequest(
            workspace_id=query.workspace_id,
            data_source_id=query.data_source_id,
            query_id=query.id,
            query_revision=query.revision,
            fingerprint=query.default_fingerprint or "",
            statement=Statement(text=query.sql, values={}, display=query.sql),
            limits=RunLimits(),
        )
        self.store.enqueue(request, Holder(user_id=query.owner_id), self.clock.now())
        claim = self.store.claim("w", self.clock.now(), 30.0)
        assert claim is not None
        result = NewResult(
            columns=tuple(
                _column(name, table.schema.field(name).type) for name in table.schema.names
            ),
            row_count=table.num_rows,
            artifact=self.artifacts.seal(slot),
            runtime_seconds=0.25,
        )
        self.store.finish(claim, self.clock.now(), ExecutionState.SUCCEEDED, result=result)

    def answer(self, inbound: Inbound) -> Outbound:
        """Answer as the door does: identify, check the token, call the handler."""
        room, table = next((m.room, table) for m, table in self.rooms if m.owns(inbound.path))
        try:
            route, parts = table.match(inbound.method, inbound.path)
            inbound = self._identified(room, inbound, is_public=route.is_public)
            check_csrf(room, inbound)
            answer = route.handler(self.services, replace(inbound, parts=parts))
        except StandpipeError as error:
            return room.render_error(error, inbound)
        assert isinstance(answer, Outbound)
        return answer

    def _identified(self, room: Room, inbound: Inbound, *, is_public: bool) -> Inbound:
        workspace = self.store.find_workspace(inbound.prefix[1:] or "default")
        inbound = replace(inbound, workspace=workspace)
        credentials = room.read_credentials(inbound)
        try:
            caller, session = authenticate(self.services, credentials, inbound)
        except NotAuthenticated:
            caller, session = None, None
        if caller is None and not is_public:
            raise NotAuthenticated()
        return replace(inbound, caller=caller, session=session)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a browser got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    def cookies(self) -> dict[str, str]:
        """Return the whole Set-Cookie line of each cookie."""
        lines = [value for key, value in self.headers if key == "Set-Cookie"]
        return {line.partition("=")[0]: line for line in lines}

    def fields(self) -> dict[str, str]:
        """Return the values of all named inputs of the page."""
        parser = _Inputs()
        parser.feed(self.text)
        return parser.found

    @property
    def words(self) -> str:
        """Return the text of the page without tags, blanks collapsed."""
        return " ".join(re.sub(r"<[^>]*>", " ", self.text).split()).replace(" ,", ",")


class Browser:
    """Keeps cookies and sends forms."""

    def __init__(self, site: Site, *, base_url: str = "http://pipe.test", prefix: str = "") -> None:
        self.site = site
        self.base_url = base_url
        self.prefix = prefix
        self.cookies: dict[str, str] = {}
        self.client = "192.0.2.1"

    def get(self, address: str, **headers: str) -> Seen:
        return self._send("GET", address, b"", headers)

    def post(self, address: str, form: dict[str, str] | bytes = b"", **headers: str) -> Seen:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return self._send("POST", address, body, headers)

    def submit(self, address: str, **values: str) -> Seen:
        """Open the form of a page, fill it in and send it there."""
        return self.post(address, {**self.get(address).fields(), **values})

    def sign_in(self, email: str, password: str) -> Seen:
        return self.submit("/login", email=email, password=password)

    def _send(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Seen:
        parts = urlsplit(address)
        args = parse_qs(parts.query, keep_blank_values=True)
        outbound = self.site.answer(
            Inbound(
                method=method,
                path=parts.path,
                prefix=self.prefix,
                base_url=self.base_url,
                args={name: tuple(values) for name, values in args.items()},
                headers={name.replace("_", "-"): value for name, value in headers.items()},
                cookies=dict(self.cookies),
                body=body,
                client=self.client,
            )
        )
        assert isinstance(outbound.body, bytes)
        seen = Seen(outbound.status, list(outbound.headers), outbound.body)
        for line in seen.cookies().values():
            self._keep(line)
        return seen

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("name")
        if tag != "input" or not name:
            return
        if values.get("type") == "checkbox" and "checked" not in values:
            return
        self.found[name] = values.get("value") or ""


def services_of(site: "Site", vault: AesVault, signer: SigningKeys) -> Services:
    """Return all services; passwords are hashed cheaply, since many tests sign in."""
    ports = Ports(
        store=site.store,
        artifacts=site.artifacts,
        reader=site.reader,
        connectors=NoConnectors(),
        vault=vault,
        signer=signer,
        passwords=Argon2Passwords(memory_kib=64, iterations=1, lanes=1),
        clock=site.clock,
        observe=site.heard.append,
    )
    return make_services(Settings(), ports)


def _column(name: str, type_: pa.DataType) -> Column:
    is_number = pa.types.is_integer(type_) or pa.types.is_floating(type_)
    return Column(
        name=name,
        stored_name=name,
        logical_type=LogicalType.INTEGER if is_number else LogicalType.TEXT,
        stored_type="BIGINT" if is_number else "VARCHAR",
        source_type="BIGINT" if is_number else "VARCHAR",
    )
