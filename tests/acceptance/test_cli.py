"""The terminal as a user meets it: real processes, a real home, real files."""

import csv
import ctypes
import json
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest
from tests.support.seeded import seed

import standpipe
from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.services.uploads import TableAsk
from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

DATA = Path(standpipe.__file__).parent / "demo" / "data"
QUERIES = DATA.parent / "queries"
FLIGHTS = 336_776


def standpipe(*words: str, home: Path, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "standpipe", *words, "--home", str(home)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an administrator, the demo tables and the demo queries; no server, no worker."""
    home = tmp_path_factory.mktemp("cli") / "home"
    made = standpipe(
        "init", "--email", "a@example.org", "--password-stdin", home=home, stdin="secret-word\n"
    )
    assert made.returncode == 0, made.stderr
    paths = [f"paths={path}" for path in sorted(DATA.glob("*.parquet"))]
    settings = [word for path in paths for word in ("-s", path)]
    assert standpipe("source", "add", "Files", "duckdb", *settings, home=home).returncode == 0
    assert standpipe("query", "import", str(QUERIES), home=home).returncode == 0
    assert standpipe("query", "run", "2", home=home).returncode == 0  # the choices of query 4
    return home


def test_query_run_prints_a_table_without_any_worker(home: Path) -> None:
    """The terminal runs the query itself if nobody else does; numbers are aligned."""
    done = standpipe("query", "run", "Airlines", home=home)
    assert done.stdout.splitlines()[:3] == [
        "name                         value",
        "---------------------------  -----",
        "AirTran Airways Corporation  FL",
    ]
    assert done.stderr.startswith("(16 rows, ")


def test_a_query_runs_in_a_home_of_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the usual home, which is a folder of the one where the command was given."""
    monkeypatch.chdir(tmp_path)
    home = Path("standpipe-home")
    added = "source", "add", "Files", "duckdb", "-s", f"paths={DATA / 'airlines.parquet'}"
    for words in (
        ("init", "--email", "a@example.org", "--generate-password"),
        added,
        ("query", "add", "--name", "Count", "--sql", "SELECT count(*) AS n FROM airlines"),
        ("query", "run", "Count"),
    ):
        done = standpipe(*words, home=home)
        assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["n", "--", "16"]


def test_query_run_writes_every_format(home: Path, tmp_path: Path) -> None:
    """The same rows, as Parquet, CSV and JSON; the table stops at 50."""
    for name in ("calls.parquet", "calls.csv", "calls.json"):
        done = standpipe(
            "query", "run", "6", "-o", str(tmp_path / name), "--max-age", "-1", home=home
        )
        assert done.returncode == 0, done.stderr
    assert pyarrow.parquet.read_metadata(tmp_path / "calls.parquet").num_rows == 922
    with (tmp_path / "calls.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 922
    assert len(json.loads((tmp_path / "calls.json").read_text())) == 922
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "calls.csv",
        "calls.json",
        "calls.parquet",
    ]


def test_query_run_binds_hostile_text(home: Path) -> None:
    """A value with quotes and SQL in it is text, and finds nothing."""
    hostile = "destination='); DROP TABLE flights; --"
    done = standpipe("query", "run", "4", "-p", "airline=UA", "-p", hostile, "--json", home=home)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_wrong_parameter_value_names_what_is_allowed(home: Path) -> None:
    """Exit code 2, one line, the value and the choices."""
    done = standpipe("query", "run", "3", "-p", "origin=XYZ", home=home)
    assert done.returncode == 2
    assert "XYZ" in done.stderr
    assert "EWR" in done.stderr
    assert done.stderr.count("\n") == 1


def test_failing_sql_is_an_error_of_the_source_and_no_wrong_input(home: Path) -> None:
    """The engine's own words reach the terminal; exit code 1."""
    standpipe("query", "add", "--id", "900", "--name", "Bad", "--sql", "SELECT nope", home=home)
    done = standpipe("query", "run", "900", home=home)
    assert done.returncode == 1
    assert "nope" in done.stderr
    assert "Traceback" not in done.stderr


def test_misspelt_query_is_answered_with_the_near_name(home: Path) -> None:
    """A typing error costs one look, not a search."""
    done = standpipe("query", "run", "Airlnes", home=home)
    assert (done.returncode, done.stderr) == (
        2,
        "standpipe: There is no query 'Airlnes'. Did you mean 'Airlines'?\n",
    )


def test_ctrl_c_cancels_a_run_and_shows_progress_on_a_terminal(home: Path) -> None:
    """The progress line is drawn, Ctrl-C ends the run at once with code 130."""
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b"
    standpipe("query", "add", "--id", "901", "--name", "Endless", "--sql", endless, home=home)
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "standpipe", "query", "run", "901", "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    deadline = time.monotonic() + 30
    while b"running" not in said and time.monotonic() < deadline:
        said += os.read(ours, 4096)
    run.send_signal(signal.SIGINT)
    code = run.wait(timeout=30)
    os.close(ours)
    assert (code, b"0 rows" in said) == (130, True)


def test_export_and_import_keep_everything(home: Path, tmp_path: Path) -> None:
    """A folder imported into a new home is exported again byte for byte, keys included."""
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    assert standpipe("query", "export", str(first), "--with-keys", home=home).returncode == 0
    standpipe(
        "init", "--email", "a@example.org", "--password-stdin", home=other, stdin="secret-word\n"
    )
    settings = ["-s", f"paths={DATA / 'flights.parquet'}"]
    standpipe("source", "add", "Files", "duckdb", *settings, home=other)
    done = standpipe("query", "import", str(first), "--json", home=other)
    assert {item["outcome"] for item in json.loads(done.stdout)} == {"added"}
    assert standpipe("query", "export", str(second), "--with-keys", home=other).returncode == 0
    assert contents(second) == contents(first)
    again = standpipe("query", "import", str(second), "--json", home=other)
    assert [item for item in json.loads(again.stdout) if item["outcome"] != "unchanged"] == []
    assert {path.stat().st_mode & 0o777 for path in second.iterdir()} == {0o600}


def test_import_again_changes_no_query_whose_default_run_moves(home: Path, tmp_path: Path) -> None:
    """A list of another query or a dynamic date, once run, is no change of the query."""
    assert standpipe("query", "run", "4", home=home).returncode == 0
    assert standpipe("query", "export", str(tmp_path), home=home).returncode == 0
    again = standpipe("query", "import", str(tmp_path), "--json", home=home)
    assert [item for item in json.loads(again.stdout) if item["outcome"] != "unchanged"] == []


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_import_is_all_or_nothing(home: Path, tmp_path: Path) -> None:
    """One wrong file keeps all others out, and is named."""
    (tmp_path / "950-good.sql").write_text(
        '-- ---\n-- name: "Good"\n-- id: 950\n-- ---\nSELECT 1\n'
    )
    (tmp_path / "951-bad.sql").write_text(
        '-- ---\n-- name: "Bad"\n-- id: 951\n-- source: "Nowhere"\n-- ---\nSELECT 1\n'
    )
    done = standpipe("query", "import", str(tmp_path), home=home)
    assert done.returncode == 2
    assert "There is no data source 'Nowhere'. There are: Files." in done.stderr
    assert standpipe("query", "show", "950", home=home).returncode == 2


def test_import_does_not_overwrite_another_query(home: Path, tmp_path: Path) -> None:
    """A number that is another query here is an error with both names."""
    path = tmp_path / "x.sql"
    path.write_text('-- ---\n-- name: "Something else"\n-- id: 1\n-- ---\nSELECT 1\n')
    done = standpipe("query", "import", str(path), home=home)
    assert done.returncode == 2
    assert "Query 1 is 'Busiest routes' here and 'Something else' in the file." in done.stderr


def test_renamed_query_leaves_no_old_file(home: Path, tmp_path: Path) -> None:
    """An export into the same folder follows a new name."""
    standpipe("query", "add", "--id", "960", "--name", "Old", "--sql", "SELECT 1", home=home)
    standpipe("query", "export", str(tmp_path), home=home)
    text = (tmp_path / "960-old.sql").read_text()
    (tmp_path / "960-old.sql").write_text(text.replace('"Old"', '"New"'))
    assert standpipe("query", "import", str(tmp_path / "960-old.sql"), home=home).returncode == 0
    standpipe("query", "export", str(tmp_path), home=home)
    assert [path.name for path in tmp_path.glob("960-*")] == ["960-new.sql"]


def test_replaced_key_is_another_one(home: Path) -> None:
    """The old text is never shown again."""
    before = standpipe("key", "show", "2", home=home).stdout
    after = standpipe("key", "replace", "2", home=home).stdout
    assert (len(before.strip()), before != after) == (40, True)
    assert standpipe("key", "show", "2", home=home).stdout == after


def test_users_can_be_added_listed_and_locked_out(home: Path) -> None:
    """What is done at the terminal is in the listing."""
    added = standpipe("user", "add", "ann@example.org", "--generate-password", home=home)
    assert added.returncode == 0, added.stderr
    assert standpipe("user", "disable", "ann@example.org", home=home).returncode == 0
    listed = json.loads(standpipe("user", "list", "--json", home=home).stdout)
    assert [(user["email"], user["is_admin"], user["is_disabled"]) for user in listed] == [
        ("a@example.org", True, False),
        ("ann@example.org", False, True),
    ]


def test_password_is_never_asked_where_nobody_is(tmp_path: Path) -> None:
    """A script gets the name of the option instead of hanging."""
    done = standpipe("init", "--email", "a@example.org", home=tmp_path / "home")
    assert (done.returncode, "--password-stdin" in done.stderr) == (2, True)


def test_check_finds_a_missing_result_file(tmp_path: Path) -> None:
    """All is well, until a result's file is gone: then it is named, with exit code 1."""
    home = tmp_path / "home"
    words = ("init", "--email", "a@example.org", "--password-stdin")
    standpipe(*words, home=home, stdin="secret-word\n")
    source = ("-s", f"paths={DATA / 'airlines.parquet'}")
    standpipe("source", "add", "Files", "duckdb", *source, home=home)
    standpipe("query", "import", str(QUERIES / "2-airlines.sql"), home=home)
    standpipe("query", "run", "2", home=home)
    assert standpipe("check", "--digests", home=home).returncode == 0
    for path in (home / "artifacts").rglob("*.parquet"):
        path.unlink()
    done = standpipe("check", "--json", home=home)
    wrong = [item["subject"] for item in json.loads(done.stdout) if not item["is_good"]]
    assert (done.returncode, wrong) == (1, ["result 1"])


def test_check_finds_what_is_wrong_with_uploaded_tables(tmp_path: Path) -> None:
    """A part that is gone, and with digests one that was changed; the table is named."""
    made = seed(tmp_path / "home", queries={})
    with opened(Settings(home=made.home, log_level="error")) as house:
        admin = house.services.keys.authenticate(made.admin_key)
        body = tmp_path / "body"
        body.write_bytes(b"id,name\n1,x\n")
        for name in ("changed", "missing"):
            house.services.uploads.upload_csv(admin, TableAsk(name=name), body)
        changed, missing = (
            house.artifacts.local_path(held.part.artifact.key)
            for held in house.store.find_held_parts()
        )
    assert standpipe("check", "--digests", home=made.home).returncode == 0
    missing.unlink()
    changed.chmod(0o600)
    changed.write_bytes(bytes(changed.stat().st_size))
    for words, names in (((), ["missing"]), (("--digests",), ["changed", "missing"])):
        done = standpipe("check", "--json", *words, home=made.home)
        wrong = [item["subject"] for item in json.loads(done.stdout) if not item["is_good"]]
        assert (done.returncode, wrong) == (1, [f"table dune.admin.{name}" for name in names])


def test_two_files_that_want_one_name_are_an_error_at_start(tmp_path: Path) -> None:
    """The server does not start, and both files are named."""
    twin = tmp_path / "flights.csv"
    twin.write_text("a\n1\n")
    done = standpipe("serve", str(DATA / "flights.parquet"), str(twin), home=tmp_path / "home")
    assert done.returncode == 2
    assert str(twin) in done.stderr
    assert "'flights'" in done.stderr


def test_file_that_cannot_be_read_is_an_error_at_start(tmp_path: Path) -> None:
    """A broken file is not found out by the first user."""
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"no parquet")
    done = standpipe("serve", str(broken), home=tmp_path / "home")
    assert (done.returncode, str(broken) in done.stderr) == (2, True)


def test_address_in_use_is_an_error_at_start(tmp_path: Path) -> None:
    """The error names the address and what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = standpipe("serve", "--port", str(port), home=tmp_path / "home")
    assert (done.returncode, f"127.0.0.1:{port}" in done.stderr) == (2, True)
    assert "--port" in done.stderr


def test_serve_says_tables_and_where_to_set_up(tmp_path: Path) -> None:
    """A fresh home tells what is served and where the first account is made; it stops quietly."""
    paths = [str(DATA / name) for name in ("airlines.parquet", "calls.parquet")]
    with running(["serve", *paths, "--workers", "1"], tmp_path / "home") as server:
        assert server.call("GET", "/ping").body == b"PONG."
        assert server.stop() == 0
    assert server.lines == [
        f"Standpipe answers at {server.url}\n",
        "Tables: airlines, calls\n",
        f"Make the first account at {server.url}/setup\n",
    ]


def test_serve_without_data_says_how_to_give_some(tmp_path: Path) -> None:
    """A fresh home without files, and a folder without any, start and say so."""
    empty = tmp_path / "empty"
    empty.mkdir()
    said = []
    for paths in ([], [str(empty)]):
        with running(["serve", *paths, "--workers", "1"], tmp_path / f"home{len(paths)}") as server:
            assert server.stop() == 0
        said.append(server.lines[1])
    assert said == [
        "There is no data yet: name files or folders, as in `standpipe serve data/`.\n",
        "Tables: none yet; there is no Parquet, CSV, JSON or DuckDB file.\n",
    ]


def test_a_server_that_has_hardly_begun_hears_that_it_is_to_stop(tmp_path: Path) -> None:
    """Its web process does not sit out the time that runs have to end."""
    seed(tmp_path / "home")
    arguments = [sys.executable, "-m", "standpipe", "serve", "--home", str(tmp_path / "home")]
    server = RunningServer(
        url="",
        home=tmp_path / "home",
        process=subprocess.Popen(
            [*arguments, "--port", "0"],
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "STANDPIPE_STOP_SECONDS": "600"},
        ),
    )
    try:
        while not server.pids("web"):
            time.sleep(0.001)
        assert server.stop() == 0
    finally:
        server.process.kill()
        server.process.wait()


def test_demo_says_what_to_type(tmp_path: Path) -> None:
    """Every address and command that it prints is complete: keys, number, home."""
    home = tmp_path / "my home"
    with running(["demo", "--workers", "1"], home) as server:
        while "Ctrl-C" not in (said := "".join(server.lines)):
            time.sleep(0.05)
        answers = [
            printed(server, line) for line in said.splitlines() if line.startswith("  curl ")
        ]
        assert server.stop() == 0
    assert re.findall(r"^  export STANDPIPE_HOME=(.*)$", said, re.MULTILINE) == [f"'{home}'"]
    assert [answer.status for answer in answers] == [200] * 7
    assert sum(b"Los Angeles Intl" in answer.body for answer in answers) == 5
    assert b"Call list" in answers[-1].body


def printed(server: RunningServer, line: str) -> Answer:
    """Make the request of a printed command."""
    curl, flag, header, url = shlex.split(line)
    assert (curl, flag, url.startswith(f"{server.url}/")) == ("curl", "-H", True)
    name, _, value = header.partition(": ")
    return server.send("GET", url.removeprefix(server.url), None, {name: value})


def test_demo_prints_one_json_line_and_finds_everything_again(tmp_path: Path) -> None:
    """Address, sign-in, keys and queries with results; a second start prints the same."""
    home = tmp_path / "home"
    with running(["demo", "--json", "--workers", "1"], home) as server:
        first = json.loads(server.lines[0])
        answer = server.call("GET", "/api/queries/1/results.json", key=first["user_key"])
        assert len(answer.json()["query_result"]["data"]["rows"]) == 224
    with running(["demo", "--json", "--workers", "1"], home) as server:
        second = json.loads(server.lines[0])
        assert len(server.lines) == 1
    assert {**second, "url": ""} == {**first, "url": ""}
    assert set(first) == {"url", "email", "password", "user_key", "queries"}
    assert [set(query) for query in first["queries"]] == [{"id", "uuid", "name", "query_key"}] * 6
    assert (home / "secrets" / "demo-password").stat().st_mode & 0o777 == 0o600


def test_worker_runs_what_the_terminal_asks_for(home: Path) -> None:
    """With a worker on the same home the terminal only waits."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "standpipe", "worker", "--home", str(home)],
        stdout=subprocess.DEVNULL,
    )
    try:
        done = standpipe("query", "run", "1", "--json", home=home)
        assert len(json.loads(done.stdout)) == 224
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0


def test_a_worker_stops_whichever_of_its_threads_gets_the_signal(home: Path) -> None:
    """The kernel may give it to any; the main thread, which waits, is not woken by that."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "standpipe", "worker", "--home", str(home)],
        stdout=subprocess.DEVNULL,
    )
    try:
        standpipe("query", "run", "1", "--json", home=home)
        threads = sorted(int(thread.name) for thread in Path(f"/proc/{worker.pid}/task").iterdir())
        assert threads[0] == worker.pid < threads[-1]
        assert ctypes.CDLL(None).tgkill(worker.pid, threads[-1], signal.SIGTERM) == 0
        assert worker.wait(timeout=30) == 0
    finally:
        worker.kill()
        worker.wait()
