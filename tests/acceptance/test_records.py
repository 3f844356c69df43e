"""What went wrong elsewhere does not go wrong here: one test per published record that applies."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.jobs import finish, rows
from tests.support.rights import Scene, set_scene
from tests.support.wire import Wire

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

ENVIRONMENT = {"STANDPIPE_WORKERS": "2", "STANDPIPE_LOG_LEVEL": "error"}
SECRET = "swordfish"


class Stage:
    """A server over the scene; beside its one file lies one that nobody may read."""

    def __init__(self, server: RunningServer, scene: Scene, wire: Wire, folder: Path) -> None:
        """Take what the fixture made."""
        self.server, self.scene, self.wire, self.folder = server, scene, wire, folder

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Answer:
        """Make a request with somebody's key; the path may name things of the scene."""
        return self.wire.ask(method, path.format(**self.scene.ids), body, key=self.scene.keys[who])

    def try_sql(self, statements: list[str], who: str = "admin") -> list[dict[str, Any]]:
        """Run statements that are not saved, and return their jobs or their refusals."""
        started = [
            self.ask(
                who,
                "POST",
                "/api/query_results",
                {"data_source_id": 1, "query": sql, "max_age": 0, "parameters": {}},
            ).json()
            for sql in statements
        ]
        key = str(self.scene.keys[who])
        return [
            finish(self.server, body["job"]["id"], key)
            if "id" in body.get("job", {})
            else {"status": 4, "error": str(body)}
            for body in started
        ]

    def all_refused(self, statements: list[str]) -> None:
        """Expect every statement to end without rows, in words that hold no secret."""
        for sql, job in zip(statements, self.try_sql(statements), strict=True):
            assert (sql, job["status"], bool(job["error"])) == (sql, 4, True)
            assert SECRET not in job["error"]
            assert "root:" not in job["error"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """People, queries, one file that is a source and one that is none."""
    folder = tmp_path_factory.mktemp("records")
    (folder / "data").mkdir()
    (folder / "data" / "facts.csv").write_text("n\n1\n2\n")
    (folder / "secret.csv").write_text(f"password\n{SECRET}\n")
    scene = set_scene(folder / "home", [folder / "data"])
    with (
        running(["serve"], scene.home, environment=ENVIRONMENT) as server,
        closing(Wire(server)) as wire,
    ):
        yield Stage(server, scene, wire, folder)


def _reads(path: str) -> list[str]:
    return [
        f"select * from '{path}'",
        f"select * from read_csv('{path}')",
        f"select * from read_csv_auto('{path}')",
        f"select * from read_text('{path}')",
        f"select * from read_blob('{path}')",
        f"select * from read_json('{path}')",
        f"select * from read_parquet('{path}')",
        f"select * from query_table('{path}')",
        f"from query('from read_text(''{path}'')')",
        f"with s as (select * from read_text('{path}')) select * from s",
        f"select (select content from read_text('{path}'))",
        f"attach '{path}' as other",
        f"select * from sqlite_scan('{path}', 'users')",
        f"select 1; select * from read_text('{path}')",
    ]


def test_cve_2026_77371_no_file_outside_the_source_is_read(stage: Stage) -> None:
    """Redash: SQL on DuckDB read any file. Here neither neighbours nor the server's own files."""
    home, folder = stage.scene.home, stage.folder
    paths = [str(folder / "secret.csv"), "/etc/passwd", str(folder / "data/../secret.csv")]
    stage.all_refused([sql for path in paths for sql in _reads(path)])
    own = ["standpipe.db", "secrets/vault.key"]
    stage.all_refused([sql for name in own for sql in _reads(str(home / name))[:6]])
    stage.all_refused(
        [
            f"select * from glob('{folder}/*')",
            "select * from glob('/etc/*')",
            f"select * from read_text('{home}/artifacts/**')",
            "select * from read_text('/proc/self/environ')",
            "select * from parquet_metadata('/etc/passwd')",
        ]
    )


def test_cve_2026_77371_nothing_is_written(stage: Stage) -> None:
    """Redash: SQL on DuckDB wrote any file. Here a run only reads."""
    out = stage.folder / "out"
    stage.all_refused(
        [
            f"copy (select 1) to '{out}.csv'",
            f"copy (select 1) to '{out}.parquet' (format parquet)",
            f"export database '{out}'",
            f"attach '{out}.duckdb' as new",
            "create table t as select 1",
            "insert into facts values (3)",
            "update facts set n = 7",
            "delete from facts",
            "drop view facts",
            "create or replace view facts as select 1 as n",
            "create macro f() as 1",
            "create secret s (type s3)",
            "checkpoint",
            "vacuum",
            "call pragma_version()",
        ]
    )
    assert sorted(path.name for path in stage.folder.iterdir()) == ["data", "home", "secret.csv"]


def test_cve_2026_77371_the_network_is_out_of_reach(stage: Stage) -> None:
    """Redash: SQL on DuckDB reached the network. Nothing is fetched, installed or loaded."""
    address = stage.server.url
    stage.all_refused(
        [
            f"select * from read_text('{address}/ping')",
            f"select * from '{address}/x.parquet'",
            "select * from 's3://bucket/x.parquet'",
            "install httpfs",
            "load httpfs",
            "install spatial from community",
            f"attach '{address}/x.duckdb' as remote",
        ]
    )


def test_cve_2026_77371_the_settings_are_locked(stage: Stage) -> None:
    """Redash: one SET opened everything. Here settings neither change nor tell secrets."""
    stage.all_refused(
        [
            "set enable_external_access = true",
            "set lock_configuration = false",
            "reset enable_external_access",
            "set memory_limit = '100GB'",
            "set allowed_directories = ['/']",
            "pragma enable_external_access",
            "pragma memory_limit = '100GB'",
            "select getenv('HOME')",
            "set variable x = 1",
        ]
    )


def test_cve_2024_41672_sniff_csv_reads_no_file(stage: Stage) -> None:
    """DuckDB: sniff_csv read files although external access was off."""
    paths = [stage.folder / "secret.csv", Path("/etc/passwd"), stage.scene.home / "standpipe.db"]
    stage.all_refused([f"select * from sniff_csv('{path}')" for path in paths])


def test_cve_2026_23984_a_crafted_statement_is_still_read_only(stage: Stage) -> None:
    """Superset: the parser's read-only check was talked round. The engine itself only reads."""
    stage.all_refused(
        [
            "select 1; drop view facts",
            "/* select */ delete from facts",
            "with x as (select 1) insert into facts select * from x",
            "explain analyze insert into facts values (3)",
            "prepare p as select 1",
            "execute immediate 'drop view facts'",
            "begin; delete from facts; commit",
            "select 1;;; delete from facts --",
            "from facts; update facts set n = 0",
        ]
    )
    (job,) = stage.try_sql(["select count(*) as c from facts"])
    assert rows(stage.server, job, str(stage.scene.keys["admin"])) == [{"c": 2}]


def test_cve_2023_40610_metadata_is_no_source(stage: Stage) -> None:
    """Superset: the examples' database was the metadata's. Here no source may open the home."""
    home = stage.scene.home
    for options in (
        {"dbpath": str(home / "standpipe.db")},
        {"paths": [str(home)]},
        {"paths": [str(home / "secrets")]},
        {"paths": [str(home / "artifacts")]},
        {"paths": ["/etc"]},
        {"paths": [str(stage.folder / "secret.csv")]},
        {"paths": [f"{home}/data/../secrets"]},
    ):
        body = {"name": "Inside", "type": "duckdb", "options": options}
        answer = stage.ask("admin", "POST", "/api/data_sources", body)
        assert (options, answer.status) == (options, 400)


def test_cve_2023_40610_a_link_does_not_lead_into_the_home(stage: Stage) -> None:
    """A link in the folder for sources that leads outside is outside."""
    link = stage.scene.home / "data" / "link.csv"
    link.symlink_to(stage.folder / "secret.csv")
    try:
        for paths in ([str(link)], [str(link.parent)]):
            body = {"name": "Linked", "type": "duckdb", "options": {"paths": paths}}
            made = stage.ask("admin", "POST", "/api/data_sources", body)
            if made.status == 200:  # the folder itself is allowed; what it leads to is not
                source = made.json()["id"]
                body = {"data_source_id": source, "query": "select * from link", "max_age": 0}
                job = stage.ask("admin", "POST", "/api/query_results", body).json()["job"]
                ended = finish(stage.server, job["id"], str(stage.scene.keys["admin"]))
                assert (paths, ended["status"]) == (paths, 4)
    finally:
        link.unlink()


def test_redash_1979_key_of_one_query_reads_no_other_result(stage: Stage) -> None:
    """The triple of key, query and result is checked, in every format and on every path."""
    for result in ("public", "private", "list", "unrelated"):
        rid = f"{{{result}_result}}"
        for path in (
            f"/api/queries/{{other}}/results/{rid}.json",
            f"/api/queries/{{other}}/results/{rid}.csv",
            f"/api/queries/{{other}}/results/{rid}",
            f"/api/queries/{{{result}}}/results/{rid}.json",
            f"/api/query_results/{rid}",
            f"/api/query_results/{rid}.json",
        ):
            assert (path, stage.ask("otherkey", "GET", path).status) == (path, 404)
    own = "/api/queries/{other}/results/{other_result}.json"
    assert stage.ask("otherkey", "GET", own).status == 200


def test_redash_1979_key_reads_no_result_of_an_older_text(stage: Stage) -> None:
    """When a query says something else, its key no longer reads what it said before."""
    key = str(stage.scene.keys["owner"])
    body = {"name": "Moving", "query": "select 'old' as v", "data_source_id": 1}
    made = stage.ask("owner", "POST", "/api/queries", body).json()
    path = f"/api/queries/{made['id']}"
    job = stage.ask("owner", "POST", f"{path}/results", {"max_age": 0}).json()["job"]["id"]
    old = finish(stage.server, job, key)["query_result_id"]
    assert stage.wire.ask("GET", f"{path}/results/{old}.json", key=made["api_key"]).status == 200
    stage.ask("owner", "POST", path, {"query": "select 'new' as v"})
    assert stage.wire.ask("GET", f"{path}/results/{old}.json", key=made["api_key"]).status == 404
    assert stage.wire.ask("GET", f"{path}/results.json", key=made["api_key"]).status == 404


def test_redash_jobs_of_others_are_neither_seen_nor_cancelled(stage: Stage) -> None:
    """Redash: any user saw and cancelled any job."""
    sql = "select pg_sleep(0.8) is null as slept"
    body = {"data_source_id": 1, "query": sql, "max_age": 0}
    job = stage.ask("owner", "POST", "/api/query_results", body).json()["job"]["id"]
    for who in ("second", "viewer", "stranger", "key", "nobody"):
        assert stage.ask(who, "GET", f"/api/jobs/{job}").status == 404
        assert stage.ask(who, "DELETE", f"/api/jobs/{job}").status == 404
    assert finish(stage.server, job, str(stage.scene.keys["owner"]))["status"] == 3


def test_ghsa_gcw6_a_query_key_reads_no_other_dropdown(stage: Stage) -> None:
    """Redash: query keys read any list. Here those that the query declares, and no others."""
    assert stage.ask("key", "GET", "/api/queries/{public}/dropdowns/{list}").status == 200
    for path in (
        "/api/queries/{public}/dropdowns/{unrelated}",
        "/api/queries/{public}/dropdowns/{other}",
        "/api/queries/{public}/dropdowns/{private}",
        "/api/queries/{list}/dropdown",
        "/api/queries/{unrelated}/dropdown",
        "/api/queries/{private}/dropdowns/{list}",
    ):
        assert (path, stage.ask("key", "GET", path).status) == (path, 404)


def test_ghsa_gcw6_a_list_must_be_one_the_author_may_see(stage: Stage) -> None:
    """Nobody declares somebody else's private query as a list, to read it through his own."""
    for private, status in (("private", 400), ("list", 200)):
        parameter = {"name": "x", "type": "query", "queryId": int(stage.scene.ids[private])}
        body = {
            "name": "Peeping",
            "query": "select {{x}}",
            "data_source_id": 1,
            "options": {"parameters": [parameter]},
        }
        answer = stage.ask("second", "POST", "/api/queries", body)
        assert (private, answer.status) == (private, status)


def test_ghsa_v5m6_an_undeclared_placeholder_is_a_bound_text(stage: Stage) -> None:
    """Redash: view-only users pasted SQL through placeholders that nobody had declared."""
    sql = "select n from facts where n::varchar = {{undeclared}}"
    body = {"name": "Undeclared", "query": sql, "data_source_id": 1}
    made = stage.ask("owner", "POST", "/api/queries", body).json()["id"]
    value = {"undeclared": "' or 1=1 or '' = '"}
    path = f"/api/queries/{made}/results"
    job = stage.ask("viewer", "POST", path, {"max_age": 0, "parameters": value}).json()["job"]
    key = str(stage.scene.keys["viewer"])
    assert rows(stage.server, finish(stage.server, job["id"], key), key) == []


def test_ghsa_v5m6_a_placeholder_for_a_name_is_refused(stage: Stage) -> None:
    """Where no value can be bound, a query is not even saved."""
    for sql in ("select * from {{table}}", "select {{column}}.x from facts"):
        body = {"name": "Pasting", "query": sql, "data_source_id": 1}
        assert (sql, stage.ask("owner", "POST", "/api/queries", body).status) == (sql, 400)


def test_ghsa_v5m6_a_placeholder_alone_is_no_way_to_run_sql(stage: Stage) -> None:
    """A query that is nothing but a placeholder runs no text that somebody sends."""
    body = {"name": "All", "query": "{{everything}}", "data_source_id": 1}
    made = stage.ask("owner", "POST", "/api/queries", body).json()["id"]
    value = {"max_age": 0, "parameters": {"everything": "select 'ran' as v"}}
    job = stage.ask("viewer", "POST", f"/api/queries/{made}/results", value).json()["job"]
    ended = finish(stage.server, job["id"], str(stage.scene.keys["viewer"]))
    assert (ended["status"], "ran" in ended["error"]) == (4, False)


def test_ghsa_v5m6_patterns_match_whole_texts_in_linear_time(stage: Stage) -> None:
    """A pattern that would backtrack for hours answers; half a match is none."""
    for pattern, value, status in (
        ("(a+)+b", "a" * 5000, 400),
        ("[a-z]+", "abc; drop", 400),
        ("a|b", "a\nb", 400),
        ("^a$", "a\n", 400),
        ("[a-z]+", "abc", 200),
    ):
        parameter = {"name": "x", "type": "text-pattern", "regex": pattern}
        body = {
            "name": "Pattern",
            "query": "select {{x}} as x",
            "data_source_id": 1,
            "options": {"parameters": [parameter]},
        }
        path = (
            f"/api/queries/{stage.ask('owner', 'POST', '/api/queries', body).json()['id']}/results"
        )
        answer = stage.ask("viewer", "POST", path, {"max_age": 0, "parameters": {"x": value}})
        assert (pattern, value[:9], answer.status) == (pattern, value[:9], status)


def test_ghsa_vv3x_no_widget_shows_what_its_maker_may_not_see(stage: Stage) -> None:
    """Redash: a copied dashboard skipped the rights of its queries."""
    board = stage.ask("second", "POST", "/api/dashboards", {"name": "Copy"}).json()["id"]
    body = {"dashboard_id": board, "visualization_id": int(stage.scene.ids["private_vis"])}
    assert stage.ask("second", "POST", "/api/widgets", {**body, "width": 1}).status == 404
    body["visualization_id"] = int(stage.scene.ids["public_vis"])
    assert stage.ask("second", "POST", "/api/widgets", {**body, "width": 1}).status == 200


def test_ghsa_vv3x_a_query_is_not_copied_by_those_who_may_not_see_it(stage: Stage) -> None:
    """A copy takes the rights to read the query and to run on its source."""
    for who, status in (("second", 404), ("viewer", 404), ("stranger", 404), ("key", 404)):
        assert stage.ask(who, "POST", "/api/queries/{private}/fork").status == status
    assert stage.ask("viewer", "POST", "/api/queries/{public}/fork").status == 403


def test_ghsa_vv3x_a_copy_takes_the_right_to_its_lists(stage: Stage) -> None:
    """A copy would go on reading a private list after its author closed the original."""
    parameter = {"name": "x", "type": "query", "queryId": int(stage.scene.ids["private"])}
    options = {"parameters": [parameter]}
    body = {"name": "Open", "query": "select {{x}}", "data_source_id": 1, "options": options}
    made = stage.ask("owner", "POST", "/api/queries", body).json()["id"]
    assert stage.ask("owner", "POST", f"/api/queries/{made}/fork").status == 200
    assert stage.ask("second", "POST", f"/api/queries/{made}/fork").status == 400


def test_ghsa_g8xr_secrets_are_made_for_each_home(stage: Stage, tmp_path: Path) -> None:
    """Redash and Superset (CVE-2021-41192, CVE-2023-27524): a default key forged sessions."""
    other = set_scene(tmp_path / "home", [stage.folder / "data"])
    secrets = [home / "secrets" / "vault.key" for home in (stage.scene.home, other.home)]
    assert secrets[0].read_bytes() != secrets[1].read_bytes()
    assert min(len(path.read_bytes()) for path in secrets) >= 32
    for path in (*secrets, stage.scene.home / "standpipe.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for key in other.user_keys.values():
        assert stage.wire.ask("GET", "/api/session", key=key).status == 404
    cookie = {"Cookie": f"session={other.cookie}"}
    assert stage.wire.ask("GET", "/api/session", headers=cookie).status == 404


def test_ghsa_vf3c_no_address_of_a_user_reaches_the_engine(stage: Stage) -> None:
    """Redash: the e-mail of the user stood in a comment of the SQL, and was SQL itself."""
    path = stage.scene.home / "standpipe.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found = connection.execute("select statement_text, statement_display from executions")
        said = [text for row in found for text in row]
    assert "select 'other rows' as v" in said  # to the letter: nothing is added
    assert not [text for text in said if "example.org" in text]


def test_cve_2025_64481_no_redirect_leaves_the_site(stage: Stage) -> None:
    """Datasette: double slashes and backslashes led away. Every Location is a path of ours."""
    paths = ["//evil.example/", "/\\evil.example/", "//evil.example/login", "/%5Cevil.example/x"]
    paths += ["/%2F/evil.example/", "/login?next=//evil.example/", "/login?next=/%5Cevil.example"]
    paths += [
        "//evil.example/api/queries/search?q=x",
        "/status.json",
        "/logout?next=//evil.example",
    ]
    paths += [
        "/login?next=https://evil.example",
        "/login?next=/%09/evil.example",
        "/;@evil.example",
    ]
    cookie = {"Cookie": f"session={stage.scene.cookie}"}
    for path in paths:
        for headers in ({}, cookie, {"Host": "evil.example"}):
            answer = stage.wire.ask("GET", path, headers=headers)
            where = answer.headers.get("location", "/")
            assert (path, where[:1], where[1:2] in ("/", "\\")) == (path, "/", False)


def test_redash_share_leak_no_dashboard_carries_a_key(stage: Stage) -> None:
    """Redash 26.9: the JSON of a shared dashboard held permanent keys of its queries."""
    for who in ("second", "viewer", "stranger"):
        for path in ("/api/dashboards/{board}", "/api/dashboards", "/api/widgets/{public_widget}"):
            body = stage.ask(who, "GET", path).body.decode()
            assert not [key for key in stage.scene.query_keys.values() if key in body]


def test_metabase_45458_a_key_sees_what_its_user_sees(stage: Stage) -> None:
    """Metabase: keys read cards that their group could not. Groups hold for keys, too."""
    assert stage.ask("stranger", "GET", "/api/queries").json()["count"] == 0
    assert stage.ask("stranger", "GET", "/api/data_sources").json() == []
    for path in ("/api/queries/{public}", "/api/query_results/{public_result}"):
        assert stage.ask("stranger", "GET", path).status == 403


def test_n8n_cve_2026_33713_orders_are_words_of_a_list(stage: Stage) -> None:
    """n8n: ``orderBy`` was pasted into SQL. An order that does not exist is no order."""
    plain = stage.ask("owner", "GET", "/api/queries").json()
    for order in ("name;drop table users", "(select 1)", "-name--", "id desc limit 1", "1", "sql"):
        odd = stage.ask("owner", "GET", f"/api/queries?order={order.replace(' ', '%20')}")
        assert (order, odd.status, odd.json()["count"]) == (order, 200, plain["count"])


def test_cve_2026_72899_a_key_supplies_values_only(stage: Stage) -> None:
    """Metabase: a shared card's filter took SQL from strangers."""
    body = {"max_age": 0, "parameters": {"x": "a' union select password from secret --"}}
    assert stage.ask("key", "POST", "/api/queries/{public}/results", body).status == 400
    assert stage.ask("key", "POST", "/api/query_results", {"query": "select 1"}).status == 404
    assert stage.ask("key", "POST", "/api/queries/{public}", {"query": "select 1"}).status == 403
