"""``standpipe demo``: a server with real data, saved queries and results, ready to be asked."""

from __future__ import annotations

import json
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from standpipe.cli.apart import in_child
from standpipe.cli.files import put_files, read_query_files
from standpipe.cli.homes import Desk, opened_house, settings_of
from standpipe.cli.options import json_option, setting_options
from standpipe.cli.progress import wait_for
from standpipe.core.errors import NotFound
from standpipe.core.ids import QueryId
from standpipe.core.queries import Query

if TYPE_CHECKING:
    from standpipe.app.house import House
    from standpipe.config import Settings

EMAIL = "demo@example.org"
HOME = Path("standpipe-demo")
_UNTOLD = {"result_id", "workspace", "home"}
PASSWORD_FILE = "demo-password"  # noqa: S105 - the name of a file


@click.command()
@setting_options()
@json_option
def demo(as_json: bool, **flags: Any) -> int:
    """Start a server with demo data: the flights that left New York in 2013.

    Prints an address, a sign-in, a key and commands to try. The home is the folder
    standpipe-demo unless --home names another; a second start finds everything again.
    """
    from standpipe.app import server

    quiet = {"log_level": flags["log_level"] or "warning", "home": flags["home"] or HOME}
    settings = settings_of({**flags, **quiet})
    facts = in_child(lambda: _prepare(settings))

    def tell(url: str) -> None:
        if as_json:
            shown = {name: value for name, value in facts.items() if name not in _UNTOLD}
            click.echo(json.dumps({"url": url, **shown}))
        else:
            click.echo(_welcome(url, facts))

    return server.serve(settings, tell)


def _prepare(settings: Settings) -> dict[str, Any]:
    """Fill the home, run what has no result yet, and return what is worth printing."""
    demo_files = Path(str(files("standpipe"))) / "demo"
    with opened_house(settings) as house:
        password = _account(house)
        put_files(house, sorted((demo_files / "data").glob("*.parquet")))
        user = house.services.accounts.find_user(EMAIL)
        at = Desk(house, house.services.accounts.principal(user))
        queries = _queries(at, demo_files / "queries")
        results = [_result_id(at, query) for query in queries if _needs_nothing(query)]
        keys = at.services.keys.query_keys(at.principal, queries)
        return {
            "email": EMAIL,
            "password": password,
            "user_key": at.services.keys.user_key(at.principal, user),
            "queries": [
                {"id": q.id, "uuid": str(q.uid), "name": q.name, "query_key": keys.get(q.id)}
                for q in queries
            ],
            "result_id": results[0],
            "workspace": str(at.services.accounts.workspace_of(at.principal).uid),
            "home": str(settings.home),
        }


def _account(house: House) -> str:
    """Return the password of the demo account, which is made on the first start."""
    from standpipe.services.accounts import NewAccount

    path = house.settings.home / "secrets" / PASSWORD_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12))
    password = path.read_text()
    if not house.services.accounts.is_set_up():
        account = NewAccount(name="Demo", email=EMAIL, password=password)
        house.services.accounts.set_up(account)
    return password


def _queries(at: Desk, folder: Path) -> list[Query]:
    """Return the demo queries; only missing ones are saved, so that edits stay."""
    offered = read_query_files([folder])
    missing = [file for file in offered if _find(at, file.id) is None]
    at.importer().put_all(at.principal, missing)
    found = [_find(at, file.id) for file in offered]
    return [query for query in found if query is not None and not query.is_archived]


def _find(at: Desk, query_id: int | None) -> Query | None:
    try:
        return at.services.queries.get(at.principal, QueryId(query_id or 0))
    except NotFound:
        return None


def _needs_nothing(query: Query) -> bool:
    """Whether every parameter has a default value."""
    return all(parameter.default is not None for parameter in query.parameters)


def _result_id(at: Desk, query: Query) -> int:
    """Return the query's latest result, after one run if it has none."""
    from standpipe.core.results import Result
    from standpipe.services.submit import QueryAsk

    answer = at.services.submit.query(at.principal, QueryAsk(query_id=query.id, values={}))
    result = answer if isinstance(answer, Result) else wait_for(at, answer)
    return result.id


def _program() -> str:
    """Return how this program is called in the folder it was started in."""
    return "standpipe" if shutil.which("standpipe") else shlex.quote(sys.argv[0])


def _welcome(url: str, facts: Mapping[str, Any]) -> str:
    queries: Sequence[Mapping[str, Any]] = facts["queries"]
    curl = f"curl{' -k' if url.startswith('https') else ''} -H"
    key, query = facts["user_key"], queries[0]
    table = f"{url}/v1/queries/{query['id']}/results.md?max_age=3600&limit=5"
    listed = "\n".join(f"  {item['id']:>3}  {item['name']}" for item in queries)
    return f"""
Standpipe demo: {url}

  sign in   {EMAIL}  {facts["password"]}
  user key  {facts["user_key"]}

Saved queries
{listed}

Our own API: the same rows, at most an hour old, as a table
  {curl} 'Authorization: Key {query["query_key"]}' '{table}'

Redash API: rows of query {query["id"]} with the query's own key
  {curl} 'Authorization: Key {query["query_key"]}' {url}/api/queries/{query["id"]}/results.csv

LOGIQ API: which result is the latest, then that result
  {curl} 'Authorization: Key {key}' {url}/api/queries/{query["id"]}
  {curl} 'Authorization: Key {key}' {url}/api/query_results/{facts["result_id"]}

Dune API: the first rows of the latest result
  {curl} 'X-Dune-API-Key: {key}' '{url}/api/v1/query/{query["id"]}/results?limit=5'

Holistics API: the rows as a file
  {curl} 'X-Holistics-Key: {key}' {url}/queries/{query["id"]}.csv

MyReports API: the reports of the workspace
  {curl} 'Authorization: Bearer {key}' {url}/api/v1.0/workspaces/{facts["workspace"]}/reports

Terminal: in this folder, while the server runs
  export STANDPIPE_HOME={shlex.quote(facts["home"])}
  {_program()} query run {query["id"]}

Stop with Ctrl-C; `standpipe demo` finds everything again."""
