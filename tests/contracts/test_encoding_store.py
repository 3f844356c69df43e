"""Encodings on disk: found only when complete, within a quota, the longest unused ones go first."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from standpipe.core.ports import EncodingDraft, EncodingStore
from standpipe.stores.encodings import LocalEncodingStore

Open = Callable[..., EncodingStore]


@pytest.fixture
def open_store(tmp_path: Path) -> Open:
    """Open the same store anew, as a process does that starts."""

    def open_store(quota: int = 1000, reserve: int = 0) -> EncodingStore:
        return LocalEncodingStore(tmp_path / "encodings", quota, reserve_bytes=reserve)

    return open_store


def begin(store: EncodingStore, tag: str) -> EncodingDraft:
    draft = store.begin(tag)
    assert draft is not None
    return draft


def put(store: EncodingStore, tag: str, body: bytes) -> None:
    draft = begin(store, tag)
    assert draft.write(body)
    draft.publish()
    draft.close()


def get(store: EncodingStore, tag: str) -> bytes | None:
    file = store.open(tag)
    if file is None:
        return None
    with file:
        return file.read()


def held(tmp_path: Path) -> int:
    return sum(path.stat().st_size for path in (tmp_path / "encodings").iterdir())


def test_a_published_encoding_is_found_by_its_tag(open_store: Open) -> None:
    """All its bytes come back; another tag finds nothing."""
    store = open_store()
    put(store, 'a tag/with "anything"', b"12345")
    assert store.has('a tag/with "anything"')
    assert get(store, 'a tag/with "anything"') == b"12345"
    assert (store.has("b"), get(store, "b")) == (False, None)


def test_a_draft_is_read_while_it_grows_and_found_when_published(open_store: Open) -> None:
    """Whoever opens a draft sees what is written later; nobody finds it by its tag before."""
    store = open_store()
    draft = begin(store, "a")
    with draft.open() as reader:
        assert draft.write(b"one ")
        assert os.pread(reader.fileno(), 100, 0) == b"one "
        assert draft.write(memoryview(b"two"))
        assert os.pread(reader.fileno(), 100, 2) == b"e two"
        assert not store.has("a")
        draft.publish()
        assert get(store, "a") == b"one two"
        draft.close()
        assert os.pread(reader.fileno(), 100, 0) == b"one two"


def test_a_draft_that_is_closed_early_leaves_nothing(open_store: Open, tmp_path: Path) -> None:
    """Its room is given back."""
    store = open_store(quota=10)
    for _ in range(3):
        draft = begin(store, "a")
        assert draft.write(b"12345678")
        draft.close()
    assert not store.has("a")
    assert held(tmp_path) == 0


def test_the_longest_unused_goes_first(open_store: Open) -> None:
    """The quota holds; what was opened lately stays, also over a restart."""
    store = open_store(quota=10)
    for tag in ("a", "b"):
        put(store, tag, b"1234")
    assert get(store, "a") == b"1234"
    put(store, "c", b"1234")
    assert [store.has(tag) for tag in "abc"] == [True, False, True]
    again = open_store(quota=10)
    assert [get(again, tag) for tag in "abc"] == [b"1234", None, b"1234"]
    assert get(again, "a") == b"1234"
    put(again, "d", b"1234")
    assert [again.has(tag) for tag in "acd"] == [True, False, True]


def test_an_encoding_that_is_being_read_can_go(open_store: Open) -> None:
    """Its reader has it to the end."""
    store = open_store(quota=10)
    put(store, "a", b"12345678")
    file = store.open("a")
    assert file is not None
    put(store, "b", b"12345678")
    assert not store.has("a")
    with file:
        assert file.read() == b"12345678"


def test_a_smaller_quota_holds_from_the_start(open_store: Open, tmp_path: Path) -> None:
    """What is too much is removed when the store is opened."""
    store = open_store(quota=100)
    for tag in "abc":
        put(store, tag, b"x" * 30)
    open_store(quota=70)
    assert held(tmp_path) == 60


def test_what_does_not_fit_is_refused_and_not_kept(open_store: Open, tmp_path: Path) -> None:
    """A draft larger than the quota says so; it can be read as far as it came."""
    store = open_store(quota=10)
    put(store, "old", b"1234")
    draft = begin(store, "a")
    assert draft.write(b"12345678")
    assert not draft.write(b"12345678")
    with draft.open() as reader:
        assert os.pread(reader.fileno(), 100, 0) == b"12345678"
    draft.close()
    assert held(tmp_path) == 0
    put(store, "b", b"1234567890")


@pytest.mark.parametrize("settings", [{"quota": 0}, {"reserve": 2**62}])
def test_without_room_nothing_is_kept(open_store: Open, settings: dict[str, int]) -> None:
    """A quota of nothing, or a disk that is nearly full, refuses every byte."""
    draft = open_store(**settings).begin("a")
    if draft is not None:
        assert not draft.write(b"1")
        draft.close()


def test_the_same_tag_twice_counts_once(open_store: Open) -> None:
    """The second of two drafts takes the place of the first."""
    store = open_store(quota=16)
    first, second = begin(store, "a"), begin(store, "a")
    for draft in (first, second):
        assert draft.write(b"12345678")
    for draft in (first, second):
        draft.publish()
        draft.close()
    put(store, "b", b"12345678")
    assert (get(store, "a"), get(store, "b")) == (b"12345678", b"12345678")


def test_a_file_that_somebody_removed_is_not_there(open_store: Open, tmp_path: Path) -> None:
    """Opening it is no error, and its room is free again."""
    store = open_store(quota=10)
    put(store, "a", b"12345678")
    for path in (tmp_path / "encodings").iterdir():
        path.unlink()
    assert get(store, "a") is None
    assert not store.has("a")
    put(store, "b", b"12345678")


def test_what_nobody_uses_is_swept(open_store: Open, tmp_path: Path) -> None:
    """A sweep removes what was last used before that time, whoever wrote it."""
    store = open_store()
    for tag in ("a", "b"):
        put(store, tag, b"1234")
    for path in (tmp_path / "encodings").iterdir():
        os.utime(path, (1, 1))
    assert get(store, "b") == b"1234"
    assert open_store().sweep(3600) == 1
    assert (get(store, "a"), get(store, "b")) == (None, b"1234")


_KILLED = """
import os, signal, sys
from pathlib import Path
from standpipe.stores.encodings import LocalEncodingStore
store = LocalEncodingStore(Path(sys.argv[1]), 1 << 30, reserve_bytes=0)
draft = store.begin("a")
draft.write(b"half of it")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_nothing_to_find(open_store: Open, tmp_path: Path) -> None:
    """What it was writing is removed by the next one that starts, and never found."""
    folder = tmp_path / "encodings"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert held(tmp_path) == len(b"half of it")
    store = open_store()
    assert (store.has("a"), get(store, "a"), held(tmp_path)) == (False, None, 0)


def test_a_living_process_keeps_its_drafts(open_store: Open, tmp_path: Path) -> None:
    """Opening the store again does not touch what is being written."""
    draft = begin(open_store(), "a")
    assert draft.write(b"1234")
    again = open_store()
    draft.publish()
    draft.close()
    assert get(again, "a") == b"1234"
