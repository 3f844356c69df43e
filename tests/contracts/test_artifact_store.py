"""Contract of artifact stores: complete or invisible, durable, never written twice."""

import hashlib
import os
from pathlib import Path

import pytest

from standpipe.core.errors import ResultExpired
from standpipe.stores.artifacts.local import LocalArtifactStore


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    """An empty store."""
    return LocalArtifactStore(tmp_path / "artifacts")


def write(artifacts: LocalArtifactStore, body: bytes = b"PAR1") -> Path:
    """Return a slot with something written to it."""
    slot = artifacts.slot()
    slot.write_bytes(body)
    return slot


def files_below(folder: Path) -> list[Path]:
    """Return all files, not folders."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_sealed_can_be_read(artifacts: LocalArtifactStore) -> None:
    """By key as a stream and as a file; digest and size are those of the bytes."""
    body = os.urandom(3_000_000)
    artifact = artifacts.seal(write(artifacts, body))
    assert (artifact.byte_count, artifact.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert artifacts.local_path(artifact.key).read_bytes() == body
    with artifacts.open(artifact.key) as file:
        assert file.read() == body


def test_an_empty_file_can_be_sealed(artifacts: LocalArtifactStore) -> None:
    """Zero bytes are bytes."""
    assert artifacts.seal(write(artifacts, b"")).byte_count == 0


def test_a_slot_is_fresh_and_not_there_yet(artifacts: LocalArtifactStore) -> None:
    """Two slots never meet, and engines that refuse to overwrite can write to one."""
    slots = [artifacts.slot() for _ in range(3)]
    assert len(set(slots)) == 3
    assert not any(slot.exists() for slot in slots)


def test_equal_bytes_are_two_artifacts(artifacts: LocalArtifactStore) -> None:
    """Removing one leaves the other."""
    first, second = artifacts.seal(write(artifacts)), artifacts.seal(write(artifacts))
    assert first.key != second.key
    artifacts.delete(first.key)
    assert artifacts.local_path(second.key).exists()


def test_sealing_ends_the_slot(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    """With everything that was written beside it; one file is left."""
    slot = write(artifacts)
    slot.with_name("tmp_result.parquet").write_bytes(b"half")
    artifact = artifacts.seal(slot)
    assert files_below(tmp_path) == [artifacts.local_path(artifact.key)]
    with pytest.raises(FileNotFoundError):
        artifacts.seal(slot)


def test_an_artifact_cannot_be_written_to(artifacts: LocalArtifactStore) -> None:
    """Its file is read-only and for the owner alone."""
    artifact = artifacts.seal(write(artifacts))
    assert artifacts.local_path(artifact.key).stat().st_mode & 0o777 == 0o400


def test_a_discarded_slot_leaves_nothing(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    """Nor does one that was never written; repeating is fine."""
    slot = write(artifacts)
    slot.with_name("tmp_result.parquet").write_bytes(b"half")
    for _ in range(2):
        artifacts.discard(slot)
    artifacts.discard(artifacts.slot())
    assert files_below(tmp_path) == []


def test_only_slots_can_be_sealed_or_discarded(
    artifacts: LocalArtifactStore, tmp_path: Path
) -> None:
    """A path from elsewhere is never moved or removed."""
    precious = tmp_path / "precious" / "result.parquet"
    precious.parent.mkdir()
    precious.write_bytes(b"x")
    for call in (artifacts.seal, artifacts.discard):
        with pytest.raises(ValueError, match="not a slot"):
            call(precious)
    assert precious.exists()


def test_what_is_gone_has_expired(artifacts: LocalArtifactStore) -> None:
    """For open and for local_path; deleting again is fine."""
    artifact = artifacts.seal(write(artifacts))
    for _ in range(2):
        artifacts.delete(artifact.key)
    for call in (artifacts.open, artifacts.local_path):
        with pytest.raises(ResultExpired):
            call(artifact.key)


def test_an_open_artifact_outlives_its_deletion(artifacts: LocalArtifactStore) -> None:
    """A download that has begun comes to its end."""
    artifact = artifacts.seal(write(artifacts, b"rows"))
    with artifacts.open(artifact.key) as file:
        artifacts.delete(artifact.key)
        assert file.read() == b"rows"


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "../secret", "/etc/passwd", "ab/cd/../../../secret", "ab/cd/x.parquet",
     "ab/cd/" + "a" * 32 + ".parquet\n", "ab/cd/" + "a" * 32 + "\x00.parquet"],
)  # fmt: skip
def test_no_key_reaches_beyond_the_store(
    artifacts: LocalArtifactStore, tmp_path: Path, key: str
) -> None:
    """A text that no seal returned is the key of nothing."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    artifacts.delete(key)
    for call in (artifacts.open, artifacts.local_path):
        with pytest.raises(ResultExpired):
            call(key)
    assert secret.exists()


def test_slots_of_dead_workers_are_swept(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    """Those that nobody has written to for that long; sealed files stay."""
    artifact = artifacts.seal(write(artifacts))
    write(artifacts)
    artifacts.slot()
    assert artifacts.sweep_slots(3600) == 0
    assert artifacts.sweep_slots(-1) == 2
    assert files_below(tmp_path) == [artifacts.local_path(artifact.key)]


def test_all_keys_can_be_found(artifacts: LocalArtifactStore) -> None:
    """To remove those that no result knows: a worker may die between seal and finish."""
    keys = {artifacts.seal(write(artifacts)).key for _ in range(3)}
    write(artifacts)
    assert set(artifacts.find_keys(-1)) == keys
    assert list(artifacts.find_keys(3600)) == []


def test_a_store_can_be_opened_again(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    """And finds what was sealed before."""
    artifact = artifacts.seal(write(artifacts))
    again = LocalArtifactStore(tmp_path / "artifacts")
    assert again.local_path(artifact.key) == artifacts.local_path(artifact.key)


def test_artifacts_of_earlier_versions_are_still_there(artifacts: LocalArtifactStore) -> None:
    """Their keys name two levels of folders; they are found, read and removed like all others."""
    key = artifacts.seal(write(artifacts)).key
    old = f"{key[:3]}cd/{key[3:]}"
    path = artifacts.local_path(key)
    (path.parent / "cd").mkdir()
    path.rename(path.parent / "cd" / path.name)
    assert list(artifacts.find_keys(-1)) == [old]
    assert artifacts.local_path(old).exists()
    artifacts.delete(old)
    assert list(artifacts.find_keys(-1)) == []
