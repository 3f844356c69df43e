"""Dune's TypeScript client from npm, its files untouched: what its users do, on a real server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import Site
from tests.support.node import NodeError, installed, run_node

pytestmark = pytest.mark.clients

Sdk = Callable[..., Any]
FOUR_KINDS = (
    "SELECT '{{TextField}}' AS text, {{NumberField}} AS number, timestamp '{{DateField}}' AS at,"
    " '{{ListField}}' AS choice"
)
PARAMETERS = [
    {"key": "TextField", "type": "text", "value": "Plain Text"},
    {"key": "NumberField", "type": "number", "value": "3.1415926535"},
    {"key": "DateField", "type": "datetime", "value": "2022-05-04 00:00:00"},
    {
        "key": "ListField",
        "type": "enum",
        "value": "Option 1",
        "enumOptions": ["Option 1", "Option 2"],
    },
]
CREATE = """
const queryId = await dune.query.createQuery({ name: "made", query_sql: given.sql });
if (given.parameters) await dune.query.updateQuery(queryId, { parameters: given.parameters });
"""
NEVER_RUN = "await dune.query.createQuery({name: 'a', query_sql: 'select 1 as never'})"
INVALID = "[sdk.QueryParameter.text('Invalid Parameter', 'x')]"
RUN = CREATE + "const opts = { pingFrequency: 0.05 };"
MANY = "SELECT i AS id, 'row ' || i AS name, i % 3 = 0 AS fizz FROM range(1000) t(i)"


@pytest.fixture(scope="module")
def packages() -> Path:
    """The installed packages."""
    return installed()


@pytest.fixture
def sdk(site: Site, packages: Path) -> Sdk:
    """Runs the body of a function that sees the client; keywords are its ``given``."""

    def run(body: str, *, key: str = site.key, **given: Any) -> Any:
        return run_node(packages, site.url, key, body, given)

    return run


def test_a_query_runs_with_values(sdk: Sdk) -> None:
    """Of all kinds; what is not given takes its default."""
    body = (
        RUN
        + """
    const P = sdk.QueryParameter;
    const first = await dune.runQuery({ queryId, opts });
    const query_parameters = [
      P.text("TextField", "it's; --"), P.number("NumberField", 22),
      P.date("DateField", "2023-01-02 03:04:05"), P.enum("ListField", "Option 2"),
    ];
    const second = await dune.runQuery({ queryId, query_parameters, opts });
    const latest = await dune.getLatestResult({ queryId, query_parameters });
    return [first, second, latest].map((found) => found.result.rows);
    """
    )
    first, second, latest = sdk(body, sql=FOUR_KINDS, parameters=PARAMETERS)
    assert first == [
        {
            "text": "Plain Text",
            "number": "3.1415926535",
            "at": "2022-05-04 00:00:00.000",
            "choice": "Option 1",
        }
    ]
    assert second == [
        {
            "text": "it's; --",
            "number": 22,
            "at": "2023-01-02 03:04:05.000",
            "choice": "Option 2",
        }
    ]
    assert latest == second


def test_csv_has_its_header_and_its_last_line_end(sdk: Sdk, tmp_path: Path) -> None:
    """Also on the disk of the caller, also in pages that the client joins."""
    body = (
        RUN
        + """
    const whole = await dune.runQueryCSV({ queryId, opts });
    const paged = await dune.runQueryCSV({ queryId, opts: { ...opts, batchSize: 2 } });
    await dune.downloadCSV({ queryId, opts }, given.file);
    return [whole.data, paged.data];
    """
    )
    file = tmp_path / "out.csv"
    found = sdk(body, sql="SELECT i AS number FROM range(5, 10) t(i)", file=str(file))
    assert found == ["number\n5\n6\n7\n8\n9\n"] * 2
    assert file.read_text() == found[0]


def test_statements_run_through_a_query_that_is_archived_afterwards(sdk: Sdk) -> None:
    """It can be read still."""
    body = """
    const args = { name: "raw", query_sql: "select 1", isPrivate: true, archiveAfter: true,
                   opts: { pingFrequency: 0.05 } };
    const found = await dune.runSql(args);
    const query = await dune.query.readQuery(found.query_id);
    return [found.result.rows, query.is_archived, query.is_private, query.query_sql];
    """
    rows, is_archived, is_private, sql = sdk(body)
    assert [list(row.values()) for row in rows] == [[1]]
    assert (is_archived, is_private, sql) == (True, True, "select 1")


def test_statements_run_without_a_query(sdk: Sdk) -> None:
    """Its number is 0; a run, its state and its rows are separate steps."""
    body = """
    const { execution_id, state } = await dune.exec.executeSql({ sql: "SELECT 7 AS a" });
    let status = await dune.exec.getExecutionStatus(execution_id);
    while (!status.is_execution_finished)
      status = await dune.exec.getExecutionStatus(execution_id);
    const results = await dune.exec.getExecutionResults(execution_id);
    const csv = await dune.exec.getResultCSV(execution_id);
    return { state, status, rows: results.result.rows, csv };
    """
    found = sdk(body)
    assert found["state"] in ("QUERY_STATE_PENDING", "QUERY_STATE_EXECUTING")
    assert (found["status"]["state"], found["status"]["query_id"]) == ("QUERY_STATE_COMPLETED", 0)
    assert found["status"]["result_metadata"]["column_names"] == ["a"]
    assert (found["rows"], found["csv"]) == ([{"a": 7}], {"data": "a\n7\n", "next_uri": None})


def test_a_run_is_cancelled(sdk: Sdk) -> None:
    """Right after it was asked for; without rows."""
    body = (
        CREATE
        + """
    const { execution_id } = await dune.exec.executeQuery(queryId);
    const success = await dune.exec.cancelExecution(execution_id);
    const status = await dune.exec.getExecutionStatus(execution_id);
    const results = await dune.exec.getExecutionResults(execution_id);
    return [success, status.state, "cancelled_at" in status, "result" in results];
    """
    )
    sql = "SELECT count(*) AS n FROM range(100000000000)"
    assert sdk(body, sql=sql) == [True, "QUERY_STATE_CANCELLED", True, False]


def test_small_pages_are_joined(sdk: Sdk) -> None:
    """The client follows the way on until there is none."""
    body = (
        RUN
        + """
    await dune.runQuery({ queryId, opts });
    const found = await dune.getLatestResult({ queryId, opts: { batchSize: 170 } });
    return [found.result.rows.map((row) => row.id), found.result.metadata.row_count,
            found.next_uri !== undefined];
    """
    )
    ids, count, has_more = sdk(body, sql=MANY)
    assert (ids, count, has_more) == (list(range(1000)), 1000, False)


def test_pages_are_turned(sdk: Sdk) -> None:
    """There and back, by the client's own pager."""
    body = (
        RUN
        + """
    const status = await dune.refreshResults(queryId, {}, 0.05);
    const pages = await sdk.Paginator.new(dune.exec, status, 300);
    const ends = (page) => [page.number, page.values[0].id, page.values.at(-1).id];
    return [ends(await pages.nextPage()), ends(await pages.lastPage()),
            ends(await pages.previousPage()), pages.maxPage()];
    """
    )
    assert sdk(body, sql=MANY) == [[2, 300, 599], [4, 900, 999], [3, 600, 899], 4]


def test_rows_are_filtered_sorted_chosen_and_sampled(sdk: Sdk) -> None:
    """By the server; a name with quotes in it is written as the client does."""
    body = (
        RUN
        + """
    const status = await dune.refreshResults(queryId, {}, 0.05);
    const rows = async (options) =>
      (await dune.exec.getExecutionResults(status.execution_id, options)).result.rows;
    return [
      await rows({ filters: "fizz = true and id < 10", sort_by: ["id desc"], columns: ["id"] }),
      await rows({ columns: 'name,odd "one"', limit: 1, offset: 2 }),
      (await rows({ sample_count: 17, columns: ["id"] })).length,
    ];
    """
    )
    sql = MANY.replace("AS fizz", 'AS fizz, -i AS "odd ""one"""')
    filtered, chosen, sampled = sdk(body, sql=sql)
    assert filtered == [{"id": 9}, {"id": 6}, {"id": 3}, {"id": 0}]
    assert chosen == [{"name": "row 2", 'odd "one"': -2}]
    assert sampled == 17


def test_queries_are_made_read_changed_hidden_and_archived(sdk: Sdk) -> None:
    """And back."""
    body = """
    const { query } = dune;
    const id = await query.createQuery({ name: "one", query_sql: "select 1",
      query_parameters: [sdk.QueryParameter.number("n", 5)] });
    await query.updateQuery(id, { name: "two", query_sql: "select 2", tags: ["a", "b"],
      description: "said" });
    const changed = await query.readQuery(id);
    const flags = [await query.makePrivate(id), (await query.readQuery(id)).is_private,
      await query.makePublic(id), (await query.readQuery(id)).is_private,
      await query.archiveQuery(id), await query.unarchiveQuery(id)];
    return { id, changed, flags };
    """
    found = sdk(body)
    shown = {name: found["changed"][name] for name in ("name", "query_sql", "tags", "description")}
    assert shown == {
        "name": "two",
        "query_sql": "select 2",
        "tags": ["a", "b"],
        "description": "said",
    }
    number = found["id"]
    assert found["flags"] == [number, True, number, False, True, False]


def test_tables_are_made_filled_cleared_listed_and_deleted(sdk: Sdk) -> None:
    """With the answers that its own tests compare."""
    body = """
    const T = sdk.ColumnType, namespace = "admin", table_name = "sdk_table";
    const place = { namespace, table_name };
    const made = await dune.uploads.create({ ...place, is_private: false, schema:
      [{ name: "day", type: T.Date }, { name: "rate", type: T.Double, nullable: true }] });
    const insert = (text, content_type) =>
      dune.uploads.insert({ ...place, data: Buffer.from(text), content_type });
    const csv = await insert("day,rate\\n2024-01-01,1.25\\n", sdk.ContentType.Csv);
    const lines = await insert('{"day": "2024-01-02", "rate": 2}\\n', sdk.ContentType.NDJson);
    const run = (query_sql) => dune.runSql({ query_sql, opts: { pingFrequency: 0.05 } });
    const sum = await run("SELECT sum(rate) AS s FROM dune.admin.sdk_table");
    const listed = (await dune.uploads.list({ limit: 100 })).tables.map((t) => t.full_name);
    const dataset = await dune.dataset.getBySlug("dune.admin.sdk_table");
    const datasets = await dune.dataset.list({ owner_handle: "admin", limit: 100 });
    const cleared = await dune.uploads.clear(place), deleted = await dune.uploads.delete(place);
    return { made, csv, lines, sum: sum.result.rows, listed, columns: dataset.columns,
             datasets: datasets.datasets.map((t) => t.full_name), cleared, deleted };
    """
    found = sdk(body)
    name = "dune.admin.sdk_table"
    assert found["made"]["full_name"] == name
    assert not found["made"]["already_existed"]
    assert (found["csv"]["rows_written"], found["lines"]["rows_written"]) == (1, 1)
    assert found["sum"] == [{"s": 3.25}]
    assert name in found["listed"]
    assert name in found["datasets"]
    assert [column["name"] for column in found["columns"]] == ["day", "rate"]
    assert found["cleared"] == {"message": f"Table {name} successfully cleared"}
    assert found["deleted"] == {"message": "Table admin.sdk_table successfully deleted"}


def test_a_csv_becomes_a_table(sdk: Sdk) -> None:
    """Also through the names of before."""
    body = """
    const csv = { table_name: "sdk_csv", data: "a,b\\n1,x\\n2,y", is_private: false };
    const made = [await dune.uploads.uploadCsv(csv), await dune.table.uploadCsv(csv)];
    const found = await dune.runSql({ query_sql: "SELECT * FROM dune.admin.dataset_sdk_csv",
      opts: { pingFrequency: 0.05 } });
    await dune.table.delete({ namespace: "admin", table_name: "dataset_sdk_csv" });
    return [made, found.result.rows];
    """
    assert sdk(body) == [[True, True], [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]]


@pytest.mark.parametrize(
    ("call", "status", "text"),
    [
        ("dune.exec.executeQuery(0)", 404, "Query not found"),
        ("dune.exec.executeQuery(999999)", 404, "Query not found"),
        (
            "dune.exec.getExecutionStatus('Wonky Job ID')",
            400,
            "The requested execution ID (ID: Wonky Job ID) is invalid.",
        ),
        (
            "dune.exec.getExecutionResults('Wonky Job ID')",
            400,
            "The requested execution ID (ID: Wonky Job ID) is invalid.",
        ),
        (
            "dune.exec.cancelExecution('Wonky Job ID')",
            400,
            "The requested execution ID (ID: Wonky Job ID) is invalid.",
        ),
        (
            f"dune.exec.executeQuery({NEVER_RUN}, {{query_parameters: {INVALID}}})",
            400,
            "unknown parameters (Invalid Parameter)",
        ),
        (
            f"dune.exec.getLastExecutionResults({NEVER_RUN})",
            404,
            "not found: No execution found for the latest version of the given query",
        ),
        ("dune.dataset.getBySlug('dune.nobody.nothing')", 404, "Object not found"),
    ],
)
def test_refusals_have_the_texts_that_its_tests_compare(
    sdk: Sdk, call: str, status: int, text: str
) -> None:
    """The whole body stands in the message."""
    with pytest.raises(NodeError) as caught:
        sdk(f"return await {call}")
    told = f'HTTP - Status: {status}, Message: {{"error":"{text}"}}'
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize("call", ["getExecutionStatus('Wonky Job ID')", "executeQuery(1)"])
def test_a_wrong_key_counts_before_everything(sdk: Sdk, call: str) -> None:
    """Whatever is asked."""
    with pytest.raises(NodeError) as caught:
        sdk(f"return await dune.exec.{call}", key="wrong")
    assert str(caught.value) == (
        'Response Error: HTTP - Status: 401, Message: {"error":"invalid API Key"}'
    )


def test_failures_are_told(sdk: Sdk) -> None:
    """As a state; the reason is in the status."""
    body = """
    const opts = { pingFrequency: 0.05 };
    const failed = await dune.runSql({ query_sql: "SELECT nope", opts }).catch((e) => e.message);
    const { execution_id } = await dune.exec.executeSql({ sql: "SELECT nope" });
    let status;
    do status = await dune.exec.getExecutionStatus(execution_id);
    while (!status.is_execution_finished);
    return [failed, status.error.message];
    """
    failed, message = sdk(body)
    assert "QUERY_STATE_FAILED" in failed
    assert "nope" in message


def test_usage_is_told(sdk: Sdk) -> None:
    """What this month counts, by the names that the SDK reads."""
    found = sdk("return await dune.usage.getUsage()")
    assert {"private_queries", "billing_periods"} <= set(found)
