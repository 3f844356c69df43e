"""From requests to core commands."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.redash.examples import NOW, inbound, query

from standpipe.core.errors import (
    FieldInvalid,
    FieldMissing,
    FormatUnknown,
    MalformedBody,
    NotFound,
    PageOutOfRange,
    SourceMissing,
    StandpipeError,
)
from standpipe.core.freshness import ANY_AGE, MUST_RUN, Freshness
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Page, QueryOrder
from standpipe.core.schedules import Schedule
from standpipe.core.windows import WindowAsk
from standpipe.dialects.redash.requests import (
    dashboards,
    datasources,
    fields,
    lists,
    parameters,
    queries,
    results,
    runs,
    schedules,
)
from standpipe.dialects.redash.responses.parameters import TYPES, parameter_body
from standpipe.dialects.redash.responses.schedules import schedule_body
from standpipe.services.timetable import check_schedule

QUERY_FIELDS = (
    *("name", "query", "description", "tags", "is_draft", "is_archived"),
    *("data_source_id", "version", "schedule", "options"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "freshness"),
    [
        (None, None),
        (-1, ANY_AGE),
        ("-1", ANY_AGE),
        (0, MUST_RUN),
        (-5, MUST_RUN),
        (60, Freshness(60)),
        ("60", Freshness(60)),
        (1.5, Freshness(1)),
        (True, Freshness(1)),
        (0.9, MUST_RUN),
    ],
)
def test_max_age_is_read_as_python_reads_integers(value: Any, freshness: Any) -> None:
    """Strings of digits and fractions work; -1 is any age, other negatives and 0 are a run."""
    assert runs.parse_freshness(value) == freshness


@pytest.mark.parametrize("value", ["abc", "", "1.5", [], {}, "9" * 5000, float("inf")])
def test_max_age_that_is_no_number_is_named(value: Any) -> None:
    """A max_age that cannot be read is a 400 that names the field."""
    with pytest.raises(FieldInvalid, match="max_age"):
        runs.parse_freshness(value)


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"null", b"\xff\xfe", b"{"])
def test_run_without_a_readable_body_asks_for_nothing(body: bytes) -> None:
    """POST .../results takes an empty or malformed body for an empty object."""
    ask = runs.parse_query_ask(inbound(body=body, parts={"query_id": "7"}))
    assert (ask.query_id, ask.values, ask.freshness, ask.has_auto_limit) == (7, {}, None, None)


def test_run_takes_values_age_and_limit_and_ignores_the_rest() -> None:
    """Only three keys of the body count."""
    body = {"parameters": {"a": 1}, "max_age": 0, "apply_auto_limit": False, "id": 5, "x": 1}
    ask = runs.parse_query_ask(inbound(body=body, parts={"query_id": "7"}))
    assert (ask.values, ask.freshness, ask.has_auto_limit) == ({"a": 1}, MUST_RUN, False)


def test_values_that_are_no_object_are_named() -> None:
    """Parameters must be an object or null."""
    with pytest.raises(FieldInvalid, match="parameters"):
        runs.parse_query_ask(inbound(body={"parameters": [1]}, parts={"query_id": "7"}))


def test_statement_needs_a_source_and_a_text() -> None:
    """Without a source there is nothing to run on, without a text nothing to run."""
    with pytest.raises(SourceMissing):
        runs.parse_statement_ask(inbound(body={"query": "select 1"}))
    with pytest.raises(FieldMissing, match="query"):
        runs.parse_statement_ask(inbound(body={"data_source_id": 1}))
    with pytest.raises(MalformedBody):
        runs.parse_statement_ask(inbound(body=b"{"))


def test_statement_takes_values_from_the_url_only_without_a_body_of_them() -> None:
    """``p_`` arguments count where the body has no parameters; any age will do by default."""
    args = {"p_x": ("7",)}
    body: dict[str, Any] = {"query": "select {{x}}", "data_source_id": "1"}
    from_url = runs.parse_statement_ask(inbound(body=body, args=args))
    from_body = runs.parse_statement_ask(inbound(body={**body, "parameters": {"x": 5}}, args=args))
    assert (from_url.values, from_url.freshness) == ({"x": "7"}, ANY_AGE)
    assert from_body.values == {"x": 5}


def test_url_values_know_ranges_and_lists() -> None:
    """Ranges are start--end or two arguments; lists are JSON or repeated arguments."""
    declared = [
        Parameter(name="dr", kind=ParameterKind.DATE_RANGE),
        Parameter(name="t", kind=ParameterKind.TEXT),
        parameters.parse_parameter(
            {"name": "m", "type": "enum", "enumOptions": "x\ny", "multiValuesOptions": {}}
        ),
    ]
    args = {
        "p_dr": ("2026-01-01--2026-01-31",),
        "p_t": ("a--b",),
        "p_m": ('["x", "y"]',),
        "p_other.start": ("1",),
        "p_other.end": ("2",),
        "q": ("no",),
        "p_": ("no",),
    }
    assert runs.parse_url_values(inbound(args=args), declared) == {
        "dr": {"start": "2026-01-01", "end": "2026-01-31"},
        "t": "a--b",
        "m": ["x", "y"],
        "other": {"start": "1", "end": "2"},
    }
    repeated = runs.parse_url_values(inbound(args={"p_m": ("x", "y")}), declared)
    assert repeated == {"m": ["x", "y"]}


def test_job_id_that_is_none_is_not_found() -> None:
    """A job id that is no uid is a clean 404, and a query in the path is kept."""
    with pytest.raises(NotFound):
        runs.parse_job_id(inbound(parts={"job_id": "nosuchjob"}))
    uid = "01a2037a-17fa-7378-9fdf-ec17d87fe3a4"
    found = runs.parse_job_id(inbound(parts={"job_id": uid, "query_id": "3"}))
    assert (str(found[0]), found[1]) == (uid, 3)


@pytest.mark.parametrize("text", ["None", "abc", "-1", "1.0", "", "9" * 30, "١"])
def test_id_that_is_no_number_is_not_found(text: str) -> None:
    """Ids in paths are ASCII digits that fit into 64 bits."""
    with pytest.raises(NotFound):
        fields.parse_id(inbound(parts={"query_id": text}), "query_id")


@pytest.mark.parametrize(
    ("args", "page"),
    [
        ({}, Page(number=1, size=25)),
        ({"page": ("2",), "page_size": ("100",)}, Page(number=2, size=100)),
        ({"page": ("abc",), "page_size": ("zzz",)}, Page(number=1, size=25)),
    ],
)
def test_page_that_is_no_number_means_the_default(args: Any, page: Page) -> None:
    """What cannot be read is the first page of 25."""
    assert lists.parse_page(inbound(args=args)) == page


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"page": ("0",)}, "Page must be positive integer."),
        ({"page": ("-1",)}, "Page must be positive integer."),
        ({"page_size": ("0",)}, "Page size is out of range"),
        ({"page_size": ("251",)}, "Page size is out of range"),
    ],
)
def test_page_out_of_range_says_which(args: Any, text: str) -> None:
    """The texts are those that clients know."""
    with pytest.raises(PageOutOfRange, match=text):
        lists.parse_page(inbound(args=args))


@pytest.mark.parametrize(
    ("args", "order", "descending"),
    [
        ({}, QueryOrder.CREATED_AT, True),
        ({"order": ("bogus",)}, QueryOrder.CREATED_AT, True),
        ({"order": ("name",)}, QueryOrder.NAME, False),
        ({"order": ("-executed_at",)}, QueryOrder.EXECUTED_AT, True),
        ({"q": ("x",)}, QueryOrder.RELEVANCE, True),
        ({"q": ("x",), "order": ("name",)}, QueryOrder.NAME, False),
    ],
)
def test_list_has_the_order_asked_for(args: Any, order: QueryOrder, descending: bool) -> None:
    """Unknown orders mean the default: newest first, or best first where something is sought."""
    found = lists.parse_query_filter(inbound(args=args), None)
    assert (found.order, found.descending) == (order, descending)


def test_new_query_takes_its_parts() -> None:
    """Options are split into parameters, flag and what the core carries unread."""
    body = {
        "name": "n",
        "query": "select {{a}}",
        "data_source_id": 1,
        "tags": ["x", "", "y"],
        "options": {
            "apply_auto_limit": True,
            "parameters": [{"name": "a", "type": "number", "value": 1}],
            "z": 1,
        },
    }
    draft = queries.parse_query_draft(inbound(body=body))
    assert draft.tags == ("x", "y")
    assert draft.flags == {"auto_limit"}
    assert draft.options == {"apply_auto_limit": False, "parameters": [], "z": 1}
    assert draft.parameters == (Parameter(name="a", kind=ParameterKind.NUMBER, default=1),)


@pytest.mark.parametrize("missing", ["name", "query", "data_source_id"])
def test_new_query_without_a_part_names_it(missing: str) -> None:
    """Name, SQL and data source are needed."""
    body = {"name": "n", "query": "q", "data_source_id": 1}
    del body[missing]
    with pytest.raises(FieldMissing, match=missing):
        queries.parse_query_draft(inbound(body=body))


def test_change_of_a_query_takes_only_what_may_be_changed() -> None:
    """Clients send whole objects back; ids, keys, people and visualizations are ignored."""
    body = {
        "id": 9,
        "name": "n",
        "query": "q",
        "api_key": "k",
        "user": {},
        "visualizations": [],
        "latest_query_data_id": 4,
        "bogus": 1,
        "is_draft": False,
        "description": None,
        "version": 1,
    }
    request = inbound(body=body)
    assert queries.parse_query_changes(request, query()) == {
        "name": "n",
        "sql": "q",
        "description": None,
        "is_draft": False,
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"name": "t", "title": "T", "type": "text", "value": "a"},
        {"name": "t", "title": "", "type": "text", "value": None, "global": False, "locals": []},
        {"name": "p", "type": "text-pattern", "regex": "[a-z]+", "value": "abc"},
        {"name": "e", "type": "enum", "enumOptions": "x\ny\nz", "value": "x"},
        {"name": "e", "type": "enum", "enumOptions": ["x", "y"], "multiValuesOptions": None},
        {"name": "e", "type": "enum", "enumOptions": "", "regex": ""},
        {"name": "m", "type": "enum", "enumOptions": "x", "multiValuesOptions": {}},
        {
            "name": "m",
            "type": "enum",
            "enumOptions": "x\ny",
            "multiValuesOptions": {"prefix": "'", "suffix": "'", "separator": ","},
            "value": ["x", "y"],
        },
        {
            "name": "m",
            "type": "enum",
            "enumOptions": "x\ny",
            "multiValuesOptions": {"prefix": '"', "more": 1},
        },
        {"name": "q", "type": "query", "queryId": 7, "value": None},
        {"name": "q", "type": "query", "queryId": "7"},
        {"name": "dr", "type": "date-range", "value": {"start": "2026-01-01", "end": "d"}},
        {"name": "dtr", "type": "datetime-range", "value": "d_last_7_days"},
        {"name": "n", "type": "number", "value": 1.5, "useCurrentDateTime": False},
    ],
)
def test_parameter_comes_back_as_it_was_given(definition: dict[str, Any]) -> None:
    """Reading and writing a definition loses nothing."""
    assert parameter_body(parameters.parse_parameter(definition)) == definition


def test_parameter_types_have_one_name_both_ways() -> None:
    """The table of types in requests is the inverse of the one in responses."""
    assert {kind: name for name, kind in parameters.KINDS.items()} == TYPES
    assert set(TYPES) == set(ParameterKind)


def test_changed_parameter_overrules_its_unusual_form() -> None:
    """A list of members that was changed elsewhere is shown, not the one that was given."""
    given = {"name": "e", "type": "enum", "enumOptions": ["x"], "multiValuesOptions": {}}
    changed = replace(parameters.parse_parameter(given), options=("y", "z"), multiple=None)
    assert parameter_body(changed)["enumOptions"] == "y\nz"


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        "3600",
        "09:30",
        {"interval": 3600, "time": None, "day_of_week": None, "until": None},
        {"interval": "3600"},
        {"time": None, "until": None, "interval": 604800, "day_of_week": "Monday"},
        {"interval": 86400, "time": "09:30", "until": "2027-01-01", "disabled": True},
        {"interval": 60, "last_execution": "2026-01-01"},
        {"cron": "0 9 * * 1", "zone": "Europe/London"},
    ],
)
def test_schedule_comes_back_as_it_was_given(schedule: Any) -> None:
    """Reading and writing a schedule loses nothing, not even that a number was a string."""
    assert schedule_body(schedules.parse_schedule(schedule)) == schedule


def test_schedule_without_a_rule_is_none() -> None:
    """An object whose every field is null never runs."""
    nothing = dict.fromkeys(("interval", "time", "day_of_week", "until"))
    assert schedules.parse_schedule(nothing) is None


@pytest.mark.parametrize(
    "schedule",
    [
        5,
        [],
        {"interval": 0},
        {"interval": -5},
        {"interval": "x"},
        {"interval": True},
        {"interval": 10**20},
        {"interval": 60, "until": "soon"},
        "99999999999999",
    ],
)
def test_schedule_of_a_wrong_type_or_rule_is_refused(schedule: Any) -> None:
    """A schedule in a wrong form is a 400 at once; the service checks what it says."""
    with pytest.raises(FieldInvalid):
        check_schedule(schedules.parse_schedule(schedule) or Schedule())


@pytest.mark.parametrize(
    ("text", "args", "ref"),
    [
        ("7", {}, 7),
        ("sales-board", {}, "sales-board"),
        ("sales-board", {"legacy": ("",)}, "sales-board"),
        ("2026", {"legacy": ("",)}, "2026"),
    ],
)
def test_dashboard_is_found_by_id_or_slug(text: str, args: Any, ref: Any) -> None:
    """A number is an id, except where ``legacy`` says that it is a slug."""
    request = inbound(parts={"dashboard": text}, args=args)
    assert dashboards.parse_dashboard_ref(request) == ref


def test_widget_says_whether_it_has_a_visualization() -> None:
    """Null makes a text; an absent visualization_id is a mistake."""
    text = dashboards.parse_widget(
        inbound(body={"dashboard_id": 1, "visualization_id": None, "text": "# hi"}), NOW
    )
    assert (text.visualization_id, text.text, text.width) == (None, "# hi", 1)
    with pytest.raises(FieldMissing, match="visualization_id"):
        dashboards.parse_widget(inbound(body={"dashboard_id": 1}), NOW)


def test_dashboard_layout_may_be_a_string_of_json() -> None:
    """Old clients send the layout as text."""
    changes, version = dashboards.parse_dashboard_changes(
        inbound(body={"layout": "[[1]]", "version": 2, "slug": "ignored"})
    )
    assert (changes, version) == ({"layout": ([1],)}, 2)


def test_view_has_window_format_and_dates() -> None:
    """The extension names the format; columns may be repeated or separated by commas."""
    args = {"limit": ("5",), "offset": ("2",), "columns": ("a,b", "c"), "date_format": ("iso",)}
    view = results.parse_view(inbound(parts={"extension": "csv"}, args=args))
    assert view.window == WindowAsk(columns=("a", "b", "c"), offset=2, limit=5)
    assert (view.format.name, view.has_iso_dates) == ("csv", True)
    assert results.parse_view(inbound()).window == WindowAsk()
    with pytest.raises(FormatUnknown):
        results.parse_view(inbound(parts={"extension": "doc"}))


@pytest.mark.parametrize(
    "args",
    [{"limit": ("x",)}, {"offset": ("-1",)}, {"limit": ("9" * 17,)}, {"date_format": ("x",)}],
)
def test_view_that_cannot_be_is_named(args: Any) -> None:
    """A wrong argument of a read is a 400 that names it."""
    with pytest.raises(FieldInvalid, match=next(iter(args))):
        results.parse_view(inbound(args=args))


@given(JSON)
def test_any_json_body_is_a_command_or_a_named_error(body: Any) -> None:
    """No body whatever makes a reader fail otherwise than by a core error."""
    request = inbound(
        body=json.dumps(body).encode(errors="replace"),
        parts={"query_id": "1", "dashboard": "1"},
    )
    for read in (
        runs.parse_query_ask,
        runs.parse_statement_ask,
        queries.parse_query_draft,
        lambda found: queries.parse_query_changes(found, query()),
        lambda found: queries.parse_visualization(found, NOW),
        queries.parse_visualization_changes,
        dashboards.parse_dashboard_changes,
        dashboards.parse_dashboard_name,
        lambda found: dashboards.parse_widget(found, NOW),
        dashboards.parse_widget_changes,
        datasources.parse_source_draft,
        datasources.parse_pause_reason,
    ):
        try:
            read(request)
        except StandpipeError:
            continue


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            QUERY_FIELDS,
            JSON,
        ),
    )
)
def test_any_field_of_a_query_is_taken_or_named(body: Any) -> None:
    """Every field of a query may hold anything without more than a 400."""
    request = inbound(body=json.dumps(body).encode(errors="replace"))
    with contextlib.suppress(StandpipeError):
        queries.parse_query_changes(request, query())


@given(JSON, st.sampled_from(["title", "enumOptions", "multiValuesOptions", "queryId", "value"]))
def test_any_definition_comes_back_or_is_refused(value: Any, name: str) -> None:
    """Whatever stands in a field of a definition is refused, or comes back as it was."""
    definition = {"name": "p", "type": "enum", name: value}
    try:
        found = parameters.parse_parameter(definition)
    except StandpipeError:
        return
    assert parameter_body(found) == definition


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1).map(tuple)))
def test_any_arguments_are_a_view_and_values_or_a_named_error(args: Any) -> None:
    """No query string makes a reader fail otherwise than by a core error."""
    request = inbound(args=args, parts={"query_id": "1"})
    for read in (
        results.parse_view,
        lists.parse_page,
        lists.parse_people_filter,
        lambda found: lists.parse_query_filter(found, None),
        lambda found: runs.parse_stored_ask(found, ()),
    ):
        try:
            read(request)
        except StandpipeError:
            continue
