"""Contract of the store of materialised views."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import ANY_UID, LEASE, NOW, House, at, new_result

from standpipe.core.errors import NameTaken, NotFound
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.materialized_views import MOST_RUNS, MaterializedView
from standpipe.core.results import Artifact
from standpipe.core.tables import TableColumn, TableFilter, TableKind, TablePin


def add_view(house: House, name: str = "result_x", **changes: Any) -> MaterializedView:
    table = replace(house.new_table(name), columns=(), kind=TableKind.VIEW, description="")
    query_id = changes.pop("query_id", None) or house.add_query().id
    draft = MaterializedView(table=table, query_id=query_id)
    return house.store.put_view(replace(draft, **changes), NOW)


def begin(house: House, view: MaterializedView, fingerprint: str, **request: Any) -> Submission:
    with house.store.transaction():
        submission = house.enqueue(fingerprint, **request)
        house.store.note_refresh(view.id, submission)
    return submission


def end(house: House, submission: Submission, key: str, seconds: float = 1) -> None:
    """Let a run succeed with the rows in the artifact of that key."""
    claim = house.store.claim("w", at(seconds), LEASE, submission.execution.id)
    assert claim is not None
    made = new_result(artifact=Artifact(key=key, byte_count=70, sha256="00"))
    ended = house.store.finish(claim, at(seconds), ExecutionState.SUCCEEDED, result=made)
    assert ended is not None


def keys(house: House, view: MaterializedView) -> list[str]:
    return [part.artifact.key for part in house.store.find_parts(view.id)]


def pin(house: House, *, is_private: bool) -> TablePin:
    return TablePin(
        id=house.add_table("secret").id,
        name="dune.ada.secret",
        version=1,
        is_private=is_private,
        owner_id=house.user.id,
    )


def test_a_view_is_found_as_it_was_stored(house: House) -> None:
    """With its table, which has its name for itself."""
    view = add_view(house, cron="0 * * * *", next_run_at=at(5), expires_at=at(9))
    assert view.table.uid != ANY_UID
    assert (view.cron, view.next_run_at, view.expires_at) == ("0 * * * *", at(5), at(9))
    assert (view.state, view.runs, view.trouble) == (None, (), "")
    assert house.store.get_view(view.id) == view
    assert house.store.get_table(view.id) == view.table
    with pytest.raises(NameTaken):
        add_view(house)
    with pytest.raises(NameTaken):
        house.add_table("result_x")
    with pytest.raises(NotFound):
        house.store.get_view(house.add_table().id)


def test_a_changed_view_keeps_its_rows(house: House) -> None:
    """What it is made of is replaced, and its privacy counts at once."""
    view = add_view(house)
    end(house, begin(house, view, "f"), "a")
    view = house.store.get_view(view.id)
    other = house.add_query("Other")
    wanted = replace(view, query_id=other.id, cron="0 0 * * *", is_private=True)
    changed = house.store.put_view(wanted, at(3))
    assert (changed.query_id, changed.cron, changed.is_private) == (other.id, "0 0 * * *", True)
    assert changed.table.is_private
    assert changed.table.version == view.table.version + 1
    assert (changed.runs, keys(house, changed)) == (view.runs, ["a"])


def test_a_run_that_succeeds_replaces_the_rows(house: House) -> None:
    """With the columns of the result; the rows of before stay known for those who read them."""
    view = add_view(house)
    first = begin(house, view, "f")
    assert house.store.get_view(view.id).is_under_way
    end(house, first, "a")
    table = house.store.get_table(view.id)
    assert table.columns == (TableColumn(name="a", type="HUGEINT"),)
    assert (table.row_count, table.byte_count, table.version) == (3, 70, 2)
    end(house, begin(house, view, "f"), "b", seconds=2)
    assert keys(house, view) == ["b"]
    assert house.store.get_table(view.id).version == 3
    assert house.store.find_artifacts(["a", "b"]) == {"a", "b"}
    assert not house.store.get_view(view.id).is_under_way


def test_a_run_that_fails_leaves_the_rows(house: House) -> None:
    """And the view says how it ended."""
    view = add_view(house)
    end(house, begin(house, view, "f"), "a")
    failing = begin(house, view, "f")
    claim = house.store.claim("w", at(2), LEASE, failing.execution.id)
    assert claim is not None
    house.store.finish(claim, at(2), ExecutionState.FAILED, error=("execution_failed", "no"))
    assert keys(house, view) == ["a"]
    assert house.store.get_view(view.id).state is ExecutionState.FAILED


def test_only_the_newest_refresh_counts(house: House) -> None:
    """One that was begun before and ends later changes nothing; nor does any other run."""
    view = add_view(house)
    old, new = begin(house, view, "old"), begin(house, view, "new")
    end(house, new, "new")
    end(house, old, "old", seconds=2)
    end(house, house.enqueue("other"), "other", seconds=3)
    assert keys(house, view) == ["new"]
    assert house.store.get_view(view.id).runs == (new.uid, old.uid)


def test_one_run_may_refresh_several_views(house: House) -> None:
    """Those that were made of the same query."""
    query = house.add_query()
    views = [add_view(house, name, query_id=query.id) for name in ("result_x", "result_y")]
    with house.store.transaction():
        submission = begin(house, views[0], "f")
        house.store.note_refresh(views[1].id, submission)
    end(house, submission, "a")
    assert [keys(house, view) for view in views] == [["a"], ["a"]]


def test_what_was_read_from_private_tables_is_private(house: House) -> None:
    """Until a refresh reads none; what its owner wants private stays so."""
    view = add_view(house)
    hidden = pin(house, is_private=True)
    end(house, begin(house, view, "f", tables=(hidden,)), "a")
    found = house.store.get_view(view.id)
    assert (found.is_private, found.reads_private, found.table.is_private) == (False, True, True)
    assert house.store.put_view(found, at(2)).table.is_private
    end(house, begin(house, view, "f", tables=(replace(hidden, is_private=False),)), "b", seconds=3)
    assert not house.store.get_view(view.id).table.is_private


def test_a_view_remembers_few_runs(house: House) -> None:
    """The newest ones; a run that is joined again counts once."""
    view = add_view(house)
    runs = [begin(house, view, f"f{number}").uid for number in range(MOST_RUNS + 1)]
    house.store.note_refresh(view.id, house.store.get_submission(runs[-1]))
    assert house.store.get_view(view.id).runs == tuple(reversed(runs[1:]))


def test_due_views_are_found_in_their_order(house: House) -> None:
    """Not those that have expired; each due time is taken once."""
    late = add_view(house, "result_late", next_run_at=at(2))
    early = add_view(house, "result_early", next_run_at=at(1))
    add_view(house, "result_over", next_run_at=at(1), expires_at=at(3))
    add_view(house, "result_never")
    find = house.store.find_due_views
    assert find(at(0), 9) == ()
    assert find(at(3), 9) == (early, late)
    assert find(at(3), 1) == (early,)
    assert house.store.plan_view(early, at(100), trouble="no")
    assert not house.store.plan_view(early, at(200))
    planned = house.store.get_view(early.id)
    assert (planned.next_run_at, planned.trouble) == (at(100), "no")
    assert find(at(3), 9) == (late,)


def test_a_view_goes_with_its_table(house: House) -> None:
    """When it has expired or its owner wants it; a run that goes on then fills nothing."""
    view = add_view(house, expires_at=at(5))
    assert house.store.find_expired_views(at(4), 9) == ()
    assert house.store.find_expired_views(at(5), 9) == (view,)
    submission = begin(house, view, "f")
    house.store.delete_table(view.id, at(6))
    end(house, submission, "a", seconds=7)
    with pytest.raises(NotFound):
        house.store.get_view(view.id)
    assert house.store.find_expired_views(at(9), 9) == ()


def test_a_view_outlives_what_is_known_of_its_runs(house: House) -> None:
    """Old results and runs are forgotten, the rows are not."""
    view = add_view(house)
    submission = begin(house, view, "f")
    end(house, submission, "a")
    ended = house.store.get_execution(submission.execution.id)
    assert ended.result_id is not None
    house.store.delete_result(ended.result_id)
    assert house.store.delete_executions(at(99), 9) == 1
    found = house.store.get_view(view.id)
    assert (found.execution_id, found.state, found.table.row_count) == (None, None, 3)
    assert house.store.find_artifacts(["a"]) == {"a"}


def test_lists_hold_views_alone(house: House) -> None:
    """By full name, a page at a time; those of uploads hold uploads."""
    views = [add_view(house, f"result_{name}") for name in "ba"]
    upload = house.add_table()
    everything = TableFilter(workspace_id=house.workspace.id)
    found = house.store.find_views(everything, limit=1, offset=1)
    assert (found.total, found.items) == (2, (views[0],))
    uploads = replace(everything, kind=TableKind.UPLOAD)
    assert house.store.find_tables(uploads, limit=9).items == (upload,)
    assert house.store.find_tables(everything, limit=9).total == 3


def test_refreshes_are_submissions_of_their_own(house: House) -> None:
    """They share a run with others of the same holder, and are listed with them or alone."""
    view = add_view(house)
    report, refresh, again = (
        house.enqueue("f", view_id=view_id) for view_id in (None, view.id, view.id)
    )
    assert report.execution.id == refresh.execution.id
    assert (report.view_id, refresh.view_id, again.id) == (None, view.id, refresh.id)
    lists = {None: [refresh.id, report.id], True: [refresh.id], False: [report.id]}
    for kind, wanted in lists.items():
        for who in (refresh.holder, None):
            found = house.store.find_submissions(refresh.workspace_id, who, 9, is_refresh=kind)
            assert [each.id for each in found] == wanted
            older = house.store.find_submissions(
                refresh.workspace_id, who, 9, refresh.id, is_refresh=kind
            )
            assert [each.id for each in older] == [id for id in wanted if id < refresh.id]
