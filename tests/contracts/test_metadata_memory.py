"""Reads are remembered exactly as long as nothing has changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import NOW, VAULT, House, new_key, new_source

from standpipe.core.errors import NotFound
from standpipe.core.ids import GroupId, UserId
from standpipe.core.workspaces import Group
from standpipe.stores.metadata import MetadataStore, open_metadata


@pytest.fixture
def second(house: House) -> MetadataStore:
    """Another connection to the same database, as another process has it."""
    return open_metadata(house.path, vault=VAULT)


def test_a_repeated_read_is_the_same_object(house: House) -> None:
    """Nothing is asked of the database twice."""
    user_id = house.user.id
    assert house.store.get_user(user_id) is house.store.get_user(user_id)


def test_a_change_by_somebody_else_is_seen_by_the_next_read(
    house: House, second: MetadataStore
) -> None:
    """A user who is disabled elsewhere is disabled here at once."""
    before = house.store.get_user(house.user.id)
    second.update_user(replace(before, is_disabled=True))
    assert house.store.get_user(house.user.id).is_disabled
    second.close()


def test_an_own_change_is_seen_within_and_after_its_transaction(house: House) -> None:
    """Neither the open nor the committed change hides behind a memory."""
    before = house.store.get_user(house.user.id)
    with house.store.transaction():
        house.store.update_user(replace(before, name="within"))
        assert house.store.get_user(house.user.id).name == "within"
    assert house.store.get_user(house.user.id).name == "within"


def test_a_change_that_is_rolled_back_was_never_believed(house: House) -> None:
    """What an undone transaction read is forgotten with it."""
    before = house.store.get_user(house.user.id)

    def change_and_fail() -> None:
        with house.store.transaction():
            house.store.update_user(replace(before, name="undone"))
            house.store.get_user(house.user.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert house.store.get_user(house.user.id) == before


def test_what_was_not_found_is_looked_for_again(house: House) -> None:
    """An error is not remembered."""
    for _ in range(2):
        with pytest.raises(NotFound):
            house.store.get_user(UserId(999))


def test_the_version_is_another_one_after_every_change(house: House, second: MetadataStore) -> None:
    """Whoever made it; reading changes nothing."""
    user = house.store.get_user(house.user.id)
    versions = [house.store.version()]
    house.store.get_user(user.id)
    assert house.store.version() == versions[0]
    for store in (house.store, second, house.store, second):
        store.update_user(replace(user, name=f"name {len(versions)}"))
        versions.append(house.store.version())
    assert len(set(versions)) == 5
    second.close()


def test_reading_compares_what_is_remembered_once(house: House, second: MetadataStore) -> None:
    """A change is seen by the next reading at the latest, an own one at once."""
    user = house.store.get_user(house.user.id)

    def look() -> tuple[str, str]:
        second.update_user(replace(user, name="theirs"))
        before = house.store.get_user(user.id).name
        house.store.update_user(replace(user, name="ours"))
        return before, house.store.reading(lambda: house.store.get_user(user.id).name)

    before, after = house.store.reading(look)
    assert before in (user.name, "theirs")
    assert after == "ours"
    second.update_user(replace(user, name="last"))
    assert house.store.reading(lambda: house.store.get_user(user.id).name) == "last"
    second.close()


def test_what_hardly_changes_outlives_the_commits_of_runs(
    house: House, second: MetadataStore
) -> None:
    """Whoever commits them."""
    result = house.add_result("f", seconds=1)
    reads = [
        lambda: house.store.get_user(house.user.id),
        lambda: house.store.get_data_source(house.source.id),
        lambda: house.store.get_result(result.id),
    ]
    before = [read() for read in reads]
    house.add_result("g", seconds=2)
    second.put_idempotent("holder", "key", "digest", result.uid, NOW)
    assert all(read() is known for read, known in zip(reads, before, strict=True))
    second.close()


def new_group(house: House, name: str) -> Group:
    return Group(
        id=GroupId(0),
        workspace_id=house.workspace.id,
        name=name,
        permissions=(),
        is_builtin=False,
        created_at=NOW,
    )


def revoke(store: MetadataStore, house: House, text: str) -> None:
    key = store.find_key(text)
    assert key is not None
    store.revoke_key(key.id, NOW)


Read = Callable[[MetadataStore, House], Any]
Change = Callable[[MetadataStore, House, str], object]

# What is read, and what somebody does to it under a new name.
LASTING: dict[str, tuple[Read, Change]] = {
    "user": (
        lambda store, house: store.get_user(house.user.id),
        lambda store, house, name: store.update_user(replace(house.user, name=name)),
    ),
    "groups": (
        lambda store, house: store.get_groups(house.workspace.id),
        lambda store, house, name: store.add_group(new_group(house, name)),
    ),
    "workspace": (
        lambda store, house: store.get_workspace(house.workspace.id),
        lambda store, house, name: store.update_workspace(replace(house.workspace, name=name)),
    ),
    "slug": (
        lambda store, _: [store.find_workspace(slug) is None for slug in ("one", "two")],
        lambda store, house, name: store.add_workspace(replace(house.workspace, slug=name)),
    ),
    "source": (
        lambda store, house: store.get_data_source(house.source.id),
        lambda store, house, name: store.update_data_source(replace(house.source, name=name)),
    ),
    "sources": (
        lambda store, house: store.find_data_sources(house.workspace.id),
        lambda store, house, name: store.add_data_source(new_source(house.workspace.id, name)),
    ),
    "new key": (
        lambda store, _: [store.find_key(text) is None for text in ("one", "two")],
        lambda store, house, name: store.add_key(new_key(house, name)),
    ),
    "revoked key": (
        lambda store, _: [store.find_key(text) is None for text in ("old one", "old two")],
        lambda store, house, name: revoke(store, house, f"old {name}"),
    ),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_is_remembered_for_long_is_forgotten_with_any_change_of_it(
    house: House, second: MetadataStore, name: str
) -> None:
    """By another process, and then by this one."""
    for text in ("old one", "old two"):
        house.store.add_key(new_key(house, text))
    read, change = LASTING[name]
    for store, text in ((second, "one"), (house.store, "two")):
        before = read(house.store, house)
        change(store, house, text)
        assert read(house.store, house) != before
    second.close()


def test_a_deleted_result_is_not_there_any_more(house: House, second: MetadataStore) -> None:
    """However long it was remembered."""
    result = house.add_result("f", seconds=1)
    house.store.get_result(result.id)
    house.store.get_result_by_uid(result.uid)
    second.delete_result(result.id)
    with pytest.raises(NotFound):
        house.store.get_result(result.id)
    with pytest.raises(NotFound):
        house.store.get_result_by_uid(result.uid)
    second.close()
