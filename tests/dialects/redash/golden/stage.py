"""What the recordings took for granted: their tables as DuckDB files, their people, their keys.

The recorded SQLite and Postgres sources are DuckDB sources over the same content here. Lines that
make them, and lines that change people, are played by other means (``STAND_INS``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from standpipe.app.house import opened, prepare_home
from standpipe.config import Settings
from standpipe.services.accounts import NewAccount

ADMIN = NewAccount(name="Admin", email="admin@example.com", password="correct horse battery")
BOB = NewAccount(name="Bob", email="bob@example.org", password=None)

SLOW = "select sum(a.range * b.range) as pg_sleep from range(1000000) a, range(1000000) b"
_POSTGRES_TYPES = (
    "select 1::int2 i2, 2147483648::int8 i8, 9007199254740993::int8 big, 1.5::float4 f4,"
    " 0.1::float8 f8, 'NaN'::float8 fnan, 'Infinity'::float8 finf,"
    " 12345678901234567890.123456789::numeric num, 1.10::numeric(10,2) num2,"
    " 100000000000000000000000::numeric hugenum, true b, 'txt'::text t, 'v'::varchar v,"
    " 'c'::char(3) c, 'é\"quote, comma\nnewline' special, date '2026-01-02' d,"
    " time '10:11:12.123456' tm, timestamp '2026-01-02 03:04:05' ts,"
    " timestamp '2026-01-02 03:04:05.123456' tsus,"
    " timestamptz '2026-01-02 03:04:05.123456+02' tstz, interval '1 day 02:03:04' iv,"
    " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid u, '\\xdeadbeef'::bytea by,"
    " '{\"a\":[1,2]}'::json j, '{\"a\":[1,2]}'::jsonb jb, array[1,2,3] arr,"
    " array['a',null]::text[] tarr, int4range(1,5) rng, null nul, null::int nulint,"
    " 1::money::text mon, '192.168.0.1'::inet ip, point(1,2)::text pt, 1 as dup, 2 as dup,"
    " 3 as dup, '=1+1' formula, 'http://x.y/z' url, 5 as \"Weird Name!\", 6 as \"x::filter\""
)
_DUCKDB_TYPES = (
    _POSTGRES_TYPES.replace("::numeric num,", "::decimal(38,9) num,")
    .replace("::numeric hugenum", "::decimal(38,0) hugenum")
    .replace("'c'::char(3)", "'c  '::char(3)")
    .replace("'\\xdeadbeef'::bytea", "'\\xde\\xad\\xbe\\xef'::blob as")
    .replace("::jsonb jb", "::json jb")
    .replace("int4range(1,5) rng", "'[1, 5)' rng")
    .replace("1::money::text mon", "'$1.00' mon")
    .replace("::inet ip", " ip")
    .replace("point(1,2)::text pt", "'(1,2)' pt")
)
_SECTION = "select {{a}} as a, {{#sec}}1{{/sec}}"
_NO_SECTION = "select {{a}} as a, {{sec}} as sec"

# Statements that only ran on the recorded engine, with what returns the same here.
STATEMENTS: Mapping[str, str] = {
    "select pg_sleep(30)": SLOW,
    _POSTGRES_TYPES: _DUCKDB_TYPES,
}
# What answers show instead of recorded texts.
TEXTS: Mapping[str, str] = {
    **STATEMENTS,
    _SECTION: _NO_SECTION,
}

# Redash's own hashes of those texts.
FREE_HASHES = frozenset(
    {
        "2be6891d2abdeafcf8a6d2144aaf7c51",
        "314cc5b93b57a94e141dcb30e851b54e",
        "6880e6303bca278a1ae5f4f168590eb9",
    }
)

ENVIRONMENT = {
    "STANDPIPE_WORKERS": "1",
    "STANDPIPE_SLOTS": "1",
    "STANDPIPE_RUN_SECONDS": "6",
}

# A worker has one place: while it runs something slow, what is asked for stays queued.
HELD = ((137, 138), (139, 141))


def make_home(home: Path) -> str:
    """Make a home with the recorded tables and the administrator; return his key."""
    settings = Settings(home=home)
    prepare_home(settings)
    _make_orders(home / "data" / "sample.duckdb")
    with opened(settings) as house:
        user = house.services.accounts.set_up(ADMIN)
        return house.services.keys.user_key(house.services.accounts.principal(user), user)


def database_of(home: Path) -> str:
    """Return the path of the file with the recorded tables."""
    return str(home / "data" / "sample.duckdb")


def _make_orders(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table orders as select range::integer as id,"
            " strftime(date '2026-01-01' + (range % 28)::integer, '%Y-%m-%d') as day,"
            " range * 1.5::double as amount, 'cust' || range % 5 as customer from range(1, 51)"
        )


def add_bob(home: Path) -> str:
    """Add the second user, who has not chosen a password yet; return his key."""
    with opened(Settings(home=home)) as house:
        accounts = house.services.accounts
        principal = accounts.principal(accounts.find_user(ADMIN.email))
        bob = accounts.add_user(principal, BOB, is_admin=False)
        return house.services.keys.user_key(principal, bob)


def rename_bob(home: Path) -> None:
    """Do what the second user did himself."""
    with opened(Settings(home=home)) as house:
        bob = house.services.accounts.find_user(BOB.email)
        house.store.update_user(replace(bob, name="Bobby"))


def set_bob_disabled(home: Path, *, is_disabled: bool) -> None:
    """Lock the second user out, or let him in again."""
    with opened(Settings(home=home)) as house:
        bob = house.services.accounts.find_user(BOB.email)
        house.services.accounts.set_disabled(bob, is_disabled=is_disabled)


@dataclass(frozen=True, slots=True)
class Step:
    """A request of our own after a line, so that the story goes on. ``learns`` names its id."""

    method: str
    path: str
    body: Any = None
    learns: tuple[str, int] | None = None


# What stands in for lines that we refuse, answer more kindly, or cannot answer yet.
STEPS: Mapping[int, tuple[Step, ...]] = {
    239: (
        Step(
            "POST",
            "/api/queries",
            {"name": "nodecl", "query": _NO_SECTION, "data_source_id": 1},
            learns=("query", 9),
        ),
    ),
    313: (
        Step(
            "POST",
            "/api/dashboards",
            {"name": "Copy of (#1) Sales Board"},
            learns=("dashboard", 2),
        ),
        Step("POST", "/api/dashboards/2", {"tags": ["a", "b"]}),
        Step(
            "POST",
            "/api/widgets",
            {"dashboard_id": 2, "visualization_id": None, "text": "# hello", "width": 1},
            learns=("widget", 4),
        ),
    ),
}
