"""What the cleaning service removes, and that it comes to an end."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.contracts.house import NOW, House

from standpipe.core.clock import SystemClock
from standpipe.services.retention import BATCH, Retention
from standpipe.stores.artifacts.local import LocalArtifactStore

AGE = timedelta(days=1)  # the results of a house are of January 2026


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def retention(house: House, artifacts: LocalArtifactStore) -> Retention:
    return Retention(
        house.store,
        artifacts=artifacts,
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
