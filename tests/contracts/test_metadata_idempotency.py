"""Contract of the store of idempotency keys."""

from tests.contracts.house import ANY_UID, NOW, House, at

from standpipe.core.ids import new_uid

OTHER_UID = new_uid(NOW)


def test_a_used_key_is_found_with_what_it_led_to(house: House) -> None:
    """By its holder, and not if it was used too long ago."""
    house.store.put_idempotent("user:1", "k", "digest", ANY_UID, at(5))
    find = house.store.find_idempotent
    assert find("user:1", "k", at(5)) == ("digest", ANY_UID)
    assert find("user:1", "k", at(5.000001)) is None
    assert find("user:2", "k", NOW) is None
    assert find("user:1", "K", NOW) is None


def test_a_key_used_again_means_the_newer_use(house: House) -> None:
    """The older one is forgotten, and keys of others stay as they are."""
    house.store.put_idempotent("user:1", "k", "old", ANY_UID, at(1))
    house.store.put_idempotent("user:2", "k", "his", ANY_UID, at(1))
    house.store.put_idempotent("user:1", "k", "new", OTHER_UID, at(2))
    assert house.store.find_idempotent("user:1", "k", NOW) == ("new", OTHER_UID)
    assert house.store.find_idempotent("user:2", "k", NOW) == ("his", ANY_UID)


def test_old_keys_are_forgotten(house: House) -> None:
    """Those used before a time; the number of them is told."""
    for seconds in (1, 2, 3):
        house.store.put_idempotent("user:1", f"k{seconds}", "d", ANY_UID, at(seconds))
    assert house.store.delete_idempotent(at(3)) == 2
    assert house.store.find_idempotent("user:1", "k3", NOW) is not None
    assert house.store.find_idempotent("user:1", "k2", NOW) is None
