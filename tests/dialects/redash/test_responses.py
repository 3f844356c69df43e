"""From core values to the bodies of this API."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.dialects.redash.examples import (
    NOW,
    UID,
    admin,
    column,
    query,
    result,
    submission,
    user,
    workspace,
)
from tests.support.engine import fetch

from standpipe.core.columns import Column, LogicalType
from standpipe.core.dashboards import Dashboard, Visualization, Widget
from standpipe.core.datasources import ConnectorKind as Kind
from standpipe.core.datasources import DataSource, SettingField
from standpipe.core.errors import NotFound, PageOutOfRange, SourceFailed
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import (
    DashboardId,
    DataSourceId,
    GroupId,
    QueryId,
    UserId,
    VisualizationId,
    WidgetId,
    WorkspaceId,
)
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Page, QueryListing
from standpipe.core.windows import WindowAsk, check_window, whole
from standpipe.core.workspaces import Variant
from standpipe.dialects.redash.responses import (
    bodies,
    dashboards,
    datasources,
    jobs,
    lists,
    people,
    queries,
    results,
    system,
)
from standpipe.formats import get_format
from standpipe.http.messages import Outbound
from standpipe.services.dashboards import ShownWidget

PERSON = [
    *("id", "name", "email", "profile_image_url", "groups", "updated_at", "created_at"),
    *("disabled_at", "is_disabled", "active_at", "is_invitation_pending", "is_email_verified"),
    "auth_type",
]
QUERY_HEAD = [
    *("id", "latest_query_data_id", "name", "description", "query", "query_hash", "schedule"),
    *("api_key", "is_archived", "is_draft", "updated_at", "created_at", "data_source_id"),
    *("options", "version", "tags", "is_safe"),
]


def _json(answer: Outbound) -> Any:
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


def _shown(**more: Any) -> queries.ShownQuery:
    given = {
        "query": query(),
        "owner": user(),
        "modifier": user(),
        "key": "k",
        "default_text": "select 1",
        "is_favorite": False,
    }
    return queries.ShownQuery(**{**given, **more})


def _visualization() -> Visualization:
    return Visualization(
        id=VisualizationId(15),
        query_id=QueryId(1),
        type="CHART",
        name="Chart",
        options={"a": 1},
        created_at=NOW,
        updated_at=NOW,
    )


def _body(
    found: Any, columns: Sequence[Column], values: str, variant: Variant = Variant.REDASH
) -> bytes:
    """Encode rows as they are sent: envelope, rows, envelope."""
    rows = results.encode_json(found, columns, variant)
    shown = fetch(f"SELECT {rows.row_expression(columns)} FROM (VALUES {values})")
    return rows.head + b", ".join(row[0].encode() for row in shown) + rows.tail


def test_json_has_pythons_separators_and_no_newline() -> None:
    """Some clients look for bytes: blanks after comma and colon, letters as they are."""
    assert bodies.write_json({"a": [1, "été 日本"], "b": None}) == (
        '{"a": [1, "été 日本"], "b": null}'.encode()
    )
    assert bodies.render_json(None).body == b"null"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 22, 10, 32, 45, 956_999, tzinfo=UTC), "2026-11-22T10:32:45.956Z"),
        (datetime(2026, 11, 22, 10, 31, 7, tzinfo=UTC), "2026-11-22T10:31:07Z"),
        (datetime(2026, 11, 22, 10, 31, 7, 1, tzinfo=UTC), "2026-11-22T10:31:07.000Z"),
        (
            datetime(2026, 11, 22, 12, 31, 7, tzinfo=timezone(timedelta(hours=2))),
            "2026-11-22T10:31:07Z",
        ),
    ],
)
def test_time_is_cut_to_milliseconds_in_utc(at: datetime, text: str) -> None:
    """Fractions are cut, not rounded; whole seconds have none."""
    assert bodies.show_time(at) == text


@pytest.mark.parametrize(
    ("total", "number", "is_there"),
    [(0, 1, True), (25, 1, True), (25, 2, True), (26, 2, True), (26, 3, True), (1, 2, True)],
)
def test_page_after_the_last_is_empty(total: int, number: int, is_there: bool) -> None:
    """One page more than there are is an empty page, so that clients stop there."""
    body = _json(lists.render_page(total, Page(number=number), []))
    assert list(body) == ["count", "page", "page_size", "results"]
    assert (body["count"], body["page"], body["results"] == []) == (total, number, is_there)


def test_page_further_out_is_refused() -> None:
    """Beyond that, a page of something is out of range, and a page of nothing is not found."""
    with pytest.raises(PageOutOfRange, match="Page is out of range"):
        lists.render_page(25, Page(number=3), [])
    with pytest.raises(NotFound):
        lists.render_page(0, Page(number=2), [])


@pytest.mark.parametrize(
    ("state", "status", "error"),
    [
        (ExecutionState.QUEUED, 1, ""),
        (ExecutionState.RUNNING, 2, ""),
        (ExecutionState.SUCCEEDED, 3, ""),
        (ExecutionState.FAILED, 4, "no such table"),
        (ExecutionState.CANCELLED, 4, "Query cancelled by user."),
        (ExecutionState.EXPIRED, 4, "no such table"),
    ],
)
def test_job_has_six_fields_and_four_statuses(
    state: ExecutionState, status: int, error: str
) -> None:
    """Every state of an execution is one of 1 to 4."""
    body = jobs.job_body(submission(state, error_message="no such table", result_id=9))
    result_id = 9 if status == 3 else None
    assert list(body.items()) == [
        ("id", str(UID)),
        ("updated_at", 0),
        ("status", status),
        ("error", error),
        ("result", result_id),
        ("query_result_id", result_id),
    ]


def test_job_table_holds_every_state() -> None:
    """No state is without a status, and none has 5."""
    assert set(jobs.STATUSES) == set(ExecutionState)
    assert set(jobs.STATUSES.values()) == {1, 2, 3, 4}


def test_job_body_starts_with_its_wrapper() -> None:
    """Clients compare the first seven bytes."""
    body = jobs.render_job(submission(ExecutionState.QUEUED)).body
    assert isinstance(body, bytes)
    assert body.startswith(b'{"job":')


def test_running_job_says_when_it_started() -> None:
    """The time of a running job has no zone."""
    body = jobs.job_body(submission(ExecutionState.RUNNING, started_at=NOW))
    assert body["updated_at"] == "2026-11-22T10:32:45.956"


@pytest.mark.parametrize("state", [ExecutionState.FAILED, ExecutionState.EXPIRED])
def test_job_error_is_never_empty(state: ExecutionState) -> None:
    """A run that failed without a word still says that it failed."""
    assert jobs.job_body(submission(state))["error"]


def test_job_of_a_time_limit_has_the_known_text() -> None:
    """A run that took too long says so in the words that clients know."""
    failed = submission(ExecutionState.FAILED, error_code="source_timed_out", error_message="x")
    assert jobs.job_body(failed)["error"] == "Query exceeded Redash query execution time limit."


def test_cancelled_submission_of_a_shared_run_is_cancelled() -> None:
    """Whoever cancelled sees it cancelled although the run went on and succeeded."""
    mine = submission(ExecutionState.SUCCEEDED, cancelled_at=NOW, result_id=9)
    body = jobs.job_body(mine)
    assert (body["status"], body["error"], body["result"]) == (4, "Query cancelled by user.", None)


def test_user_has_the_fields_in_order() -> None:
    """A user is printed field by field as clients know it."""
    body = people.user_body(user())
    assert list(body) == PERSON
    assert body["profile_image_url"] == (
        "https://www.gravatar.com/avatar/e64c7d89f26bd1972efa854d13d7dd61?s=40&d=identicon"
    )


def test_user_without_password_is_pending_and_disabled_one_has_no_picture() -> None:
    """Who was invited has no password yet; who is locked out has a neutral picture."""
    body = people.user_body(user(password_phc=None, is_disabled=True, disabled_at=NOW))
    assert (body["is_invitation_pending"], body["auth_type"]) == (True, "external")
    assert body["profile_image_url"] == people.NO_PICTURE


def test_user_key_is_shown_only_where_it_is_given() -> None:
    """A user without key has no such field; with it, it is the last one."""
    assert "api_key" not in _json(people.render_user(user(), None))
    assert list(_json(people.render_user(user(), "k")))[-1] == "api_key"


def test_query_forms_have_their_fields() -> None:
    """Full, read, listed, recent and embedded forms differ by what the recordings differ by."""
    shown, item = (
        _shown(),
        QueryListing(query=query(), retrieved_at=NOW, runtime_seconds=0.5, starred_at=NOW),
    )
    full = _json(queries.render_query(shown, [_visualization()]))
    read = _json(queries.render_query(shown, [], can_edit=True))
    listed = queries.listed_query_body(shown, item, shows_star=False)
    starred = queries.listed_query_body(shown, item, shows_star=True)
    people_fields = ["user", "last_modified_by"]
    listing = ["user", "last_modified_by_id", "retrieved_at", "runtime", "is_favorite"]
    assert list(full) == [*QUERY_HEAD, *people_fields, "visualizations", "is_favorite"]
    assert list(read) == [*list(full), "can_edit"]
    assert list(listed) == [*QUERY_HEAD, *listing]
    assert list(starred) == [*QUERY_HEAD, *listing, "starred_at"]
    assert list(queries.query_body(shown)) == [*QUERY_HEAD, *people_fields]
    recent = [*QUERY_HEAD, "user_id", "last_modified_by_id", "is_favorite"]
    assert list(queries.recent_query_body(shown)) == recent


def test_query_hides_people_and_stars_from_who_is_no_user() -> None:
    """A query key sees neither e-mails nor favourites, and the key's field is empty."""
    body = _json(queries.render_query(_shown(is_favorite=None, key=""), []))
    assert "is_favorite" not in body
    assert (body["api_key"], body["user"]["email"]) == ("", "")
    assert "gravatar" not in json.dumps(body)


def test_query_options_come_back_in_their_places() -> None:
    """Parameters and auto limit stand where they stood; what nobody declared is not shown."""
    found = query(
        options={"parameters": [], "z": 1, "apply_auto_limit": False},
        flags=frozenset({"auto_limit"}),
        parameters=(
            Parameter(name="a", kind=ParameterKind.NUMBER, default=1),
            Parameter(name="b", kind=ParameterKind.TEXT, is_declared=False),
        ),
    )
    body = queries.options_body(found)
    assert list(body) == ["parameters", "z", "apply_auto_limit"]
    assert body["parameters"] == [{"name": "a", "type": "number", "value": 1}]
    assert body["apply_auto_limit"] is True
    assert queries.options_body(query()) == {}


def test_query_hash_is_that_of_the_default_text() -> None:
    """The hash is the one that Redash prints for the same text."""
    text = "select id, day, amount, customer from orders order by id limit 3"
    body = queries.query_body(_shown(default_text=text))
    assert body["query_hash"] == "e05e2f9c5bfe682cc3f6b726cd3094ca"


def test_result_envelope_is_the_recorded_one() -> None:
    """Wrapper first, columns before rows, blanks everywhere, no newline."""
    columns = (column("id"), column("b", LogicalType.TEXT, "VARCHAR"))
    body = _body(result(*columns), columns, "(1, 'é'), (2, NULL) t(id, b)")
    assert body.decode() == (
        '{"query_result": {"id": 3, "query_hash": "f6bf37efedbc0a2dfffc1caf5088d86e", '
        '"query": "select 1", "data": {"columns": ['
        '{"name": "id", "friendly_name": "id", "type": "integer"}, '
        '{"name": "b", "friendly_name": "b", "type": "string"}], '
        '"rows": [{"id": 1, "b": "é"}, {"id": 2, "b": null}]}, '
        '"data_source_id": 1, "runtime": 0.25, "retrieved_at": "2026-11-22T10:32:45.956Z"}}'
    )


def test_empty_result_is_a_whole_envelope() -> None:
    """No row is an empty array."""
    rows = results.encode_json(result(), result().columns, Variant.REDASH)
    assert json.loads(rows.head + rows.tail)["query_result"]["data"]["rows"] == []


def test_result_of_a_key_is_only_data_and_time() -> None:
    """Who runs a query with its key sees neither the text nor where it ran."""
    rows = results.encode_json(result(), result().columns, Variant.REDASH, is_projected=True)
    body = json.loads(rows.head + rows.tail)["query_result"]
    assert list(body) == ["data", "retrieved_at"]


def test_logiq_prints_rows_first_epochs_and_strings() -> None:
    """The values and the order of keys are those that seed 000 prints."""
    columns = (
        column("timestamp", LogicalType.TIMESTAMP, "TIMESTAMP"),
        column("value", LogicalType.FLOAT, "DOUBLE"),
        column("groupby_host", LogicalType.TEXT, "VARCHAR"),
    )
    values = "(TIMESTAMP '2021-03-26 03:28:14', 39590.0::DOUBLE, 'host1')"
    body = _body(
        result(*columns), columns, f"{values} t(timestamp, value, groupby_host)", Variant.LOGIQ
    )
    row = b'{"timestamp": 1616729294000, "value": "39590", "groupby_host": "host1"}'
    named = b'{"friendly_name": "timestamp", "type": "datetime", "name": "timestamp"}'
    assert b'"data": {"rows": [' + row + b'], "columns": [' + named in body
    assert json.loads(body)["query_result"]["data"]["columns"][1]["type"] == "float"


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (LogicalType.INTEGER, "integer"),
        (LogicalType.FLOAT, "float"),
        (LogicalType.DECIMAL, "float"),
        (LogicalType.BOOLEAN, "boolean"),
        (LogicalType.DATE, "date"),
        (LogicalType.TIMESTAMP, "datetime"),
        (LogicalType.TIMESTAMPTZ, "datetime"),
        (LogicalType.TIME, "string"),
        (LogicalType.INTERVAL, "string"),
        (LogicalType.UUID, "string"),
        (LogicalType.JSON, "string"),
        (LogicalType.BYTES, "string"),
        (LogicalType.LIST, "string"),
        (LogicalType.STRUCT, "string"),
        (LogicalType.MAP, "string"),
        (LogicalType.TEXT, "string"),
    ],
)
def test_column_is_always_typed(kind: LogicalType, label: str) -> None:
    """Every logical type has one of the six labels; none is null."""
    columns = (column("a", kind),)
    rows = results.encode_json(result(*columns), columns, Variant.REDASH)
    body = json.loads(rows.head + rows.tail)
    assert body["query_result"]["data"]["columns"][0]["type"] == label


def test_repeated_column_names_are_numbered() -> None:
    """The second ``dup`` is ``dup1``; a number that is taken already is skipped."""
    names = ["dup", "dup", "dup", "dup1", "", ""]
    found = results.with_unique_names(result(*(column(name) for name in names)))
    assert [item.name for item in found.columns] == ["dup", "dup1", "dup2", "dup11", "", "1"]
    assert [item.stored_name for item in found.columns] == names


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Orders by day", "attachment; filename=Orders_by_day_2026_11_22.csv"),
        ('a/b:c*?"<>| d', "attachment; filename=a_b_c_d_2026_11_22.csv"),
        ("   ", "attachment; filename=_2026_11_22.csv"),
        ("xxxxx\u0007bell", "attachment; filename=xxxxxbell_2026_11_22.csv"),
        ("", "attachment; filename=1_2026_11_22.csv"),
        (
            "été 日本",
            (
                "attachment; filename=ete__2026_11_22.csv; "
                "filename*=UTF-8''%C3%A9t%C3%A9_%E6%97%A5%E6%9C%AC_2026_11_22.csv"
            ),
        ),
        ("a;b\r\nX: y", 'attachment; filename="a;bX_y_2026_11_22.csv"'),
    ],
)
def test_file_is_named_after_the_query(name: str, disposition: str) -> None:
    """Names are cleaned as recorded, and can never add a header."""
    shown = results.ShownResult(
        result=result(),
        workspace=workspace(),
        format=get_format("csv"),
        window=whole(result().columns),
        query=query(name=name),
    )
    assert dict(results.result_headers(shown))["Content-Disposition"] == disposition


def test_pinned_result_may_be_kept_for_a_year() -> None:
    """Only where the URL holds the result's id may an answer be cached; it is named by the id."""
    shown = results.ShownResult(
        result=result(),
        workspace=workspace(),
        format=get_format("json"),
        window=whole(result().columns),
        is_pinned=True,
    )
    pinned, loose = (
        dict(results.result_headers(item)) for item in (shown, replace(shown, is_pinned=False))
    )
    assert pinned["Cache-Control"] == "private,max-age=31557600"
    assert pinned["Content-Disposition"] == "attachment; filename=3_2026_11_22.json"
    assert "Cache-Control" not in loose


def test_tag_differs_wherever_the_bytes_may() -> None:
    """Result, format, window, variant and date formats each make another tag."""
    base = results.ShownResult(
        result=result(),
        workspace=workspace(),
        format=get_format("csv"),
        window=whole(result().columns),
    )
    others = [
        replace(base, result=result(id=4)),
        replace(base, format=get_format("tsv")),
        replace(base, window=check_window(WindowAsk(limit=1), result().columns, now=NOW)),
        replace(base, workspace=workspace(Variant.LOGIQ)),
        replace(base, workspace=workspace(date_format="YYYY-MM-DD")),
        replace(base, has_iso_dates=True),
    ]
    tags = [results.result_etag(item) for item in (base, *others)]
    assert len(set(tags)) == len(tags)
    assert results.result_etag(replace(base, is_pinned=True)) == tags[0]


@pytest.mark.parametrize(
    ("settings", "is_iso", "line"),
    [
        ({}, False, "02/01/26,02/01/26 03:04\r\n"),
        (
            {"date_format": "YYYY-MM-DD", "time_format": "HH:mm:ss"},
            False,
            "2026-01-02,2026-01-02 03:04:05\r\n",
        ),
        ({"date_format": "nonsense"}, False, "02/01/26,02/01/26 03:04\r\n"),
        ({}, True, "2026-01-02,2026-01-02T03:04:05.123456\r\n"),
    ],
)
def test_csv_dates_follow_the_workspace(settings: Any, is_iso: bool, line: str) -> None:
    """Dates are written as the workspace is set, or as ISO with all digits where asked for."""
    columns = (
        column("d", LogicalType.DATE, "DATE"),
        column("t", LogicalType.TIMESTAMP, "TIMESTAMP"),
    )
    shown = results.ShownResult(
        result=result(*columns),
        workspace=workspace(**settings),
        format=get_format("csv"),
        window=whole(columns),
        has_iso_dates=is_iso,
    )
    rows = results.encode_result(shown)
    values = "(DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05.123456') t(d, t)"
    found = fetch(f"SELECT {rows.row_expression(columns)} FROM (VALUES {values})")
    assert (rows.head, found) == (b"d,t\r\n", [(line,)])


def _dashboard() -> Dashboard:
    return Dashboard(
        id=DashboardId(1),
        uid=UID,
        workspace_id=WorkspaceId(1),
        slug="sales-board",
        name="Sales Board",
        owner_id=UserId(1),
        created_at=NOW,
        updated_at=NOW,
    )


def test_dashboard_has_the_fields_in_order() -> None:
    """A dashboard is printed field by field; widgets are null in lists."""
    body = dashboards.dashboard_body(_dashboard(), user(), is_favorite=False, widgets=None)
    assert list(body) == [
        *("id", "slug", "name", "user_id", "user", "layout", "dashboard_filters_enabled"),
        *("widgets", "options", "is_archived", "is_draft", "tags", "updated_at", "created_at"),
        *("version", "is_favorite"),
    ]
    assert (body["widgets"], body["layout"], list(body["user"])) == (None, [], PERSON[:4])


def test_widget_is_a_visualization_a_text_or_restricted() -> None:
    """A text has no visualization; of a restricted one only the place is told."""
    widget = Widget(
        id=WidgetId(2),
        dashboard_id=DashboardId(1),
        visualization_id=VisualizationId(15),
        text="secret",
        created_at=NOW,
        updated_at=NOW,
    )
    shown = dashboards.widget_body(ShownWidget(widget, _visualization(), query()), _shown())
    text = dashboards.widget_body(ShownWidget(widget), None)
    hidden = dashboards.widget_body(ShownWidget(widget, is_restricted=True), None)
    plain = ["id", "width", "options", "dashboard_id", "text", "updated_at", "created_at"]
    assert list(shown) == [*plain, "visualization"]
    assert shown["visualization"]["query"]["id"] == 1
    assert list(text) == plain
    assert hidden["restricted"] is True
    assert "text" not in hidden


def test_source_is_short_for_users_and_long_for_administrators() -> None:
    """``paused`` is a number; groups are named by text."""
    source = DataSource(
        id=DataSourceId(2),
        uid=UID,
        workspace_id=WorkspaceId(1),
        name="PG",
        kind="pg",
        settings={"password": "secret"},
        grants={GroupId(2): False},
        created_at=NOW,
    )
    short = datasources.source_body(source)
    long = datasources.long_source_body(source, {"password": "--------"})
    fields = ["id", "name", "type", "syntax", "paused", "pause_reason", "supports_auto_limit"]
    assert list(short) == fields
    assert short["paused"] == 0
    assert list(long) == [*fields, "options", "queue_name", "scheduled_queue_name", "groups"]
    assert long["groups"] == {"2": False}
    assert "secret" not in json.dumps(long)


def test_source_types_are_json_schemas() -> None:
    """Each kind says its settings, which are needed and which are secret."""
    fields = (
        SettingField(name="host", type="string", title="Host", is_required=True),
        SettingField(name="port", type="number", title="Port", default=5432),
        SettingField(name="password", type="string", title="Password", is_secret=True),
    )
    kind = Kind(name="pg", title="PostgreSQL", sql_dialect="postgres", fields=fields)
    (body,) = _json(datasources.render_source_types([kind]))
    schema = body["configuration_schema"]
    assert (body["name"], body["type"]) == ("PostgreSQL", "pg")
    assert schema["properties"]["port"] == {"type": "number", "title": "Port", "default": 5432}
    assert (schema["required"], schema["secret"]) == (["host"], ["password"])


def test_source_that_does_not_answer_says_why() -> None:
    """A failed test is an answer, and so is a schema that cannot be read."""
    error = SourceFailed("no route")
    assert _json(datasources.render_test(None)) == {"message": "success", "ok": True}
    assert _json(datasources.render_test(error)) == {"message": "no route", "ok": False}
    assert _json(datasources.render_no_schema(error))["error"]["details"] == "no route"


def test_session_lists_permissions_in_their_known_order() -> None:
    """Permissions are a set inside and a list outside."""
    principal = admin(permissions=frozenset({"view_query", "super_admin", "admin"}))
    answer = system.render_session(user(), principal, workspace(), base_path="http://host/")
    body = _json(answer)
    assert body["user"]["permissions"] == ["admin", "super_admin", "view_query"]
    assert list(body) == ["user", "messages", "org_slug", "client_config"]
    assert body["client_config"]["dateTimeFormat"] == "DD/MM/YY HH:mm"


def test_config_tells_strangers_no_version() -> None:
    """Who is not known learns how to show things, not what runs here."""
    stranger = _json(system.render_config(workspace(), base_path="http://host/", is_known=False))
    known = _json(system.render_config(workspace(), base_path="http://host/", is_known=True))
    assert "version" not in stranger["client_config"]
    assert known["client_config"]["version"] == system.VERSION
    assert known["client_config"]["queryRefreshIntervals"][-4:] == [86400, 604800, 1209600, 2592000]
