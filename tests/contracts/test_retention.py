"""What the cleaning service removes, and that it comes to an end."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contracts.house import ANY_UID, NOW, House, at, holder, new_part, new_result
from tests.contracts.test_metadata_pipelines import new_pipeline

from standpipe.core.batches import Batch
from standpipe.core.clock import SystemClock
from standpipe.core.errors import NotFound
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import BatchId
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.results import Artifact
from standpipe.core.tables import TableKind
from standpipe.services.retention import BATCH, Retention, find_orphans
from standpipe.stores.artifacts.local import LocalArtifactStore
from standpipe.stores.encodings import LocalEncodingStore

AGE = timedelta(days=1)  # the results of a house are of January 2026


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def encodings(tmp_path: Path) -> LocalEncodingStore:
    return LocalEncodingStore(tmp_path / "encodings", 1000, reserve_bytes=0)


@pytest.fixture
def retention(
    house: House, artifacts: LocalArtifactStore, encodings: LocalEncodingStore
) -> Retention:
    return Retention(
        house.store,
        artifacts=artifacts,
        encodings=encodings,
        clock=SystemClock(),
        observe=lambda _: None,
        max_attempts=2,
    )


def test_old_results_go_batch_by_batch_until_none_is_left(
    house: House, retention: Retention
) -> None:
    """A full batch says that more may be left; the latest result of a query stays."""
    house.add_query(default_fingerprint="needed")
    kept = house.add_result("needed")
    for number in range(BATCH + 1):
        house.add_result("f", seconds=number)
    assert [retention.remove_results(AGE) for _ in range(3)] == [BATCH, 1, 0]
    assert house.store.get_result(kept.id) == kept


def test_runs_that_are_over_go_batch_by_batch(house: House, retention: Retention) -> None:
    """With their submissions; a run that waits stays, and one whose result is stored."""
    stored = house.add_result("stored")
    for number in range(BATCH + 1):
        asked = house.enqueue(str(number))
        house.store.cancel_submission(asked.uid, NOW)
    waiting = house.enqueue("waiting")
    assert [retention.remove_executions(AGE) for _ in range(3)] == [BATCH, 1, 0]
    with pytest.raises(NotFound):
        house.store.get_submission(asked.uid)
    assert house.store.get_submission(waiting.uid) == waiting
    assert house.store.get_execution(stored.execution_id).result_id == stored.id
    house.store.delete_result(stored.id)
    assert retention.remove_executions(AGE) == 1


def test_pipelines_that_are_over_go_batch_by_batch(house: House, retention: Retention) -> None:
    """With their nodes; open ones stay, however old they are."""
    store = house.store
    made = [store.add_pipeline(new_pipeline(house)) for _ in range(BATCH + 2)]
    for each in made[1:]:
        store.finish_pipeline(each.id, NOW)
    assert [retention.remove_pipelines(AGE) for _ in range(3)] == [BATCH, 1, 0]
    assert store.find_open_pipelines() == (made[0].uid,)


def test_old_batches_go(house: House, retention: Retention) -> None:
    """And young ones stay."""
    batch = Batch(
        id=BatchId(0), workspace_id=house.workspace.id, holder=holder(1), created_at=at(0)
    )
    house.store.add_batch(batch)
    assert retention.remove_batches(timedelta(days=3650)) == 0
    assert retention.remove_batches(timedelta(0)) == 1


def test_young_runs_are_remembered(house: House, retention: Retention) -> None:
    """Counted from their end."""
    asked = house.enqueue()
    house.store.cancel_submission(asked.uid, SystemClock().now())
    assert retention.remove_executions(AGE) == 0
    assert house.store.get_submission(asked.uid).state.is_final


def test_idempotency_keys_are_forgotten_after_a_day(house: House, retention: Retention) -> None:
    """Younger ones stay."""
    now = SystemClock().now()
    for key, age in (("young", timedelta(hours=23)), ("old", timedelta(hours=25))):
        house.store.put_idempotent("user:1", key, "d", ANY_UID, now - age)
    retention.sweep()
    found = [house.store.find_idempotent("user:1", key, NOW) for key in ("young", "old")]
    assert found == [("d", ANY_UID), None]


def test_orphans_are_found_in_few_reads(house: House) -> None:
    """However many artifacts there are, 500 are looked up at once."""
    known = house.add_result().artifact.key
    keys = [f"{number}.parquet" for number in range(1001)]
    assert list(find_orphans(house.store, [known, *keys, known])) == keys


def test_an_artifact_goes_with_its_result(
    house: House, retention: Retention, artifacts: LocalArtifactStore
) -> None:
    """Nothing of a removed result is left on the disk."""
    slot = artifacts.slot()
    slot.write_bytes(b"rows")
    artifact = artifacts.seal(slot)
    house.add_result("f", artifact=artifact)
    assert artifacts.local_path(artifact.key).exists()
    assert retention.remove_results(AGE) == 1
    assert list(artifacts.find_keys(-1.0)) == []
    assert house.store.find_unreferenced(NOW + AGE, 1) == ()


def test_encodings_that_nobody_reads_go(
    retention: Retention, encodings: LocalEncodingStore, tmp_path: Path
) -> None:
    """They hold rows too; one that was read lately stays."""
    for tag in ("read", "forgotten"):
        draft = encodings.begin(tag)
        assert draft is not None
        assert draft.write(b"rows")
        draft.publish()
        draft.close()
    for path in (tmp_path / "encodings").iterdir():
        os.utime(path, (1, 1))
    file = encodings.open("read")
    assert file is not None
    file.close()
    assert retention.remove_encodings(AGE) == 1
    assert [encodings.has(tag) for tag in ("read", "forgotten")] == [True, False]


def test_parts_of_tables_stay_until_nobody_reads_them(
    house: House, retention: Retention, artifacts: LocalArtifactStore
) -> None:
    """Those that a table names for ever, however old; removed ones for another day."""
    table = house.add_table()
    keys = []
    for _ in range(3):
        slot = artifacts.slot()
        slot.write_bytes(b"rows")
        artifact = artifacts.seal(slot)
        keys.append(artifact.key)
        house.store.add_part(table, replace(new_part("x"), artifact=artifact))
    assert list(find_orphans(house.store, keys)) == []
    now = SystemClock().now()
    house.store.clear_table(table.id, now - timedelta(hours=23))
    retention.sweep()
    assert set(artifacts.find_keys(-1.0)) == set(keys)
    house.store.delete_table(table.id, now)
    other = house.add_table()
    old = artifacts.slot()
    old.write_bytes(b"rows")
    removed = artifacts.seal(old)
    house.store.add_part(other, replace(new_part("x"), artifact=removed))
    house.store.clear_table(other.id, now - timedelta(hours=25))
    retention.sweep()
    assert set(artifacts.find_keys(-1.0)) == set(keys)


def test_the_rows_of_a_view_outlive_their_result(
    house: House, retention: Retention, artifacts: LocalArtifactStore
) -> None:
    """Those of before go a day after the next refresh, with what else was removed then."""
    table = replace(house.new_table("result_x"), columns=(), kind=TableKind.VIEW)
    draft = MaterializedView(table=table, query_id=house.add_query().id)
    view = house.store.put_view(draft, NOW)
    kept = []
    for fingerprint in ("old", "new"):
        with house.store.transaction():
            house.store.note_refresh(view.id, house.enqueue(fingerprint))
        kept.append(_sealed(artifacts))
        claim = house.claim()
        made = new_result(artifact=kept[-1])
        house.store.finish(claim, NOW, ExecutionState.SUCCEEDED, result=made)
    assert retention.remove_results(AGE) == 2
    assert set(artifacts.find_keys(-1)) == {artifact.key for artifact in kept}
    retention.sweep()
    assert set(artifacts.find_keys(-1)) == {kept[1].key}
    house.store.delete_table(view.id, NOW)
    retention.sweep()
    assert set(artifacts.find_keys(-1)) == set()


def _sealed(artifacts: LocalArtifactStore) -> Artifact:
    slot = artifacts.slot()
    slot.write_bytes(b"rows")
    return artifacts.seal(slot)
