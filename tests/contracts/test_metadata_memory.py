"""Reads are remembered exactly as long as nothing has changed."""

from dataclasses import replace

import pytest
from tests.contracts.house import VAULT, House

from standpipe.core.errors import NotFound
from standpipe.core.ids import UserId
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
