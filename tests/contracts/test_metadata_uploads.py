"""Contract of the store of uploaded tables."""

import threading
from dataclasses import replace

import pytest
from tests.contracts.house import (
    ANY_UID,
    TABLE_COLUMNS,
    House,
    at,
    new_part,
    new_workspace,
)

from standpipe.core.errors import Conflict, NameTaken, NotFound
from standpipe.core.tables import (
    TableFilter,
    TablePin,
    UploadedTable,
)


def pin(table: UploadedTable) -> TablePin:
    return TablePin(
        id=table.id,
        name=table.full_name,
        version=table.version,
        is_private=table.is_private,
        owner_id=table.owner_id,
    )


def test_a_table_is_found_as_it_was_stored(house: House) -> None:
    """By its id and by its name, which exists once in a workspace."""
    table = house.add_table()
    assert table.uid != ANY_UID
    assert table == replace(house.new_table(), id=table.id, uid=table.uid)
    assert house.store.get_table(table.id) == table
    find = house.store.find_named_tables
    assert find(house.workspace.id, (("ada", "rates"), ("ada", "other"))) == (table,)
    with pytest.raises(NameTaken, match=r"dune\.ada\.rates"):
        house.add_table()
    elsewhere = house.store.add_workspace(new_workspace("elsewhere"))
    other = house.add_table(workspace_id=elsewhere.id)
    assert find(elsewhere.id, (("ada", "rates"),)) == (other,)


def test_a_table_of_the_past_is_not_a_new_one(house: House) -> None:
    """A number is never given again, nor is a uid."""
    old = house.add_table()
    house.store.delete_table(old.id, at(1))
    new = house.add_table()
    assert new.id > old.id
    assert new.uid != old.uid
    for call in (house.store.get_table, lambda id: house.store.delete_table(id, at(2))):
        with pytest.raises(NotFound):
            call(old.id)


def test_many_names_are_found(house: House) -> None:
    """However many there are, ordered by full name."""
    tables = [house.add_table(f"t{number:03}") for number in range(3)]
    names = [("ada", f"t{number:03}") for number in reversed(range(500))]
    assert house.store.find_named_tables(house.workspace.id, tuple(names)) == tuple(tables)
    assert house.store.find_named_tables(house.workspace.id, ()) == ()


def test_a_list_shows_what_its_viewer_may_know_of(house: House) -> None:
    """By full name, a page at a time, with the number of all."""
    other = house.add_user("Bob")
    b = house.add_table("b")
    a = house.add_table("a", is_private=True)
    c = house.add_table("c", is_private=True, owner_id=other.id, namespace="bob")
    find, workspace = house.store.find_tables, house.workspace.id
    everything = find(TableFilter(workspace_id=workspace, sees_private=True), limit=9)
    assert (everything.total, everything.items) == (3, (a, b, c))
    own = find(TableFilter(workspace_id=workspace, viewer_id=other.id), limit=1, offset=1)
    assert (own.total, own.items) == (2, (c,))
    assert find(TableFilter(workspace_id=workspace), limit=9).items == (b,)
    named = TableFilter(workspace_id=workspace, sees_private=True, namespace="bob")
    assert find(named, limit=9).items == (c,)


def test_parts_are_appended_in_order(house: House) -> None:
    """The table counts rows and bytes, and is another version."""
    table = house.add_table()
    parts = (new_part("a", rows=3, seconds=1), new_part("b", rows=4, seconds=2))
    for each in parts:
        after = house.store.add_part(table, each)
    assert house.store.find_parts(table.id) == parts
    assert house.store.get_table(table.id) == after
    assert after == replace(table, version=3, row_count=7, byte_count=70, updated_at=at(2))


def test_a_cleared_table_can_be_filled_again(house: House) -> None:
    """What it held until then is gone, what comes later stays."""
    table = house.add_table()
    house.store.add_part(table, new_part("a"))
    cleared = house.store.clear_table(table.id, at(5))
    assert house.store.find_parts(table.id) == ()
    assert cleared == replace(table, version=3, updated_at=at(5))
    house.store.add_part(table, new_part("b"))
    assert house.store.find_parts(table.id) == (new_part("b"),)


def test_a_replaced_table_is_the_same_one(house: House) -> None:
    """With other columns and rows; rows of the old columns are refused from then on."""
    table = house.add_table()
    house.store.add_part(table, new_part("a"))
    wanted = replace(table, columns=TABLE_COLUMNS[:1], description="New", is_private=True)
    after = house.store.replace_table(wanted, new_part("b", rows=1), at(9))
    counts = {"version": 3, "row_count": 1, "byte_count": 10, "updated_at": at(9)}
    assert after == house.store.get_table(table.id) == replace(wanted, **counts)
    assert house.store.find_parts(table.id) == (new_part("b", rows=1),)
    with pytest.raises(Conflict, match="columns"):
        house.store.add_part(table, new_part("c"))


def test_rows_for_a_deleted_table_are_refused(house: House) -> None:
    """Nothing of them is kept."""
    table = house.add_table()
    house.store.delete_table(table.id, at(1))
    with pytest.raises(NotFound):
        house.store.add_part(table, new_part("a"))
    assert house.store.find_artifacts(["a"]) == frozenset()


def test_removed_parts_are_needed_until_they_are_forgotten(house: House) -> None:
    """By runs that have begun; then their artifacts have no owner any more."""
    kept, cleared, deleted = (house.add_table(name) for name in ("kept", "cleared", "deleted"))
    for table, key in ((kept, "a"), (cleared, "b"), (deleted, "c")):
        house.store.add_part(table, new_part(key))
    house.store.clear_table(cleared.id, at(10))
    house.store.delete_table(deleted.id, at(20))
    keys = ["a", "b", "c", "d"]
    assert house.store.find_artifacts(keys) == {"a", "b", "c"}
    forget = house.store.forget_parts
    assert [forget(at(10), 9), forget(at(99), 1), forget(at(99), 9)] == [(), ("b",), ("c",)]
    assert house.store.find_artifacts(keys) == {"a"}


def test_all_parts_of_writers_at_once_arrive(house: House) -> None:
    """Two threads append twenty each; a clear between them loses none that comes after it."""
    table = house.add_table()

    def append(name: str) -> None:
        for number in range(20):
            house.store.add_part(table, new_part(f"{name}{number}", rows=1))

    threads = [threading.Thread(target=append, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [each.artifact.key for each in house.store.find_parts(table.id)]
    assert sorted(keys) == sorted(f"{name}{number}" for name in "ab" for number in range(20))
    assert house.store.get_table(table.id).row_count == 40


def test_a_run_knows_the_tables_it_may_read(house: House) -> None:
    """And its result whose private ones they were."""
    public, private = house.add_table("a"), house.add_table("b", is_private=True)
    tables = (pin(public), pin(private))
    assert house.enqueue("f", tables=tables).execution.tables == tables
    assert house.claim().execution.tables == tables
    assert house.add_run("g", tables=tables).private_to == (house.user.id,)
    assert house.add_run("h", tables=tables[:1]).private_to == ()


def test_the_newest_result_is_found_whatever_was_in_the_tables(house: House) -> None:
    """By the identity of the statement alone; never one of another statement."""
    first = house.add_result("f+1", seconds=1)
    house.add_result("f1+1", seconds=9)
    house.add_result("g", seconds=9)
    find, source = house.store.find_latest, house.source.id
    assert find(source, "f", None) is None
    assert find(source, "f", None, of_any_tables=True) == first
    assert find(source, "f", at(2), of_any_tables=True) is None
    newest = house.add_result("f+0", seconds=3)
    assert find(source, "f", None, of_any_tables=True) == newest
    plain = house.add_result("f", seconds=3)
    assert find(source, "f", None, of_any_tables=True) == plain
    assert find(source, "f+1", None) == first


def test_parts_are_merged_in_their_place(house: House) -> None:
    """What can be read is the same: so is the version. The old parts stay known for a while."""
    table = house.add_table()
    parts = [new_part(f"p{number}", rows=number) for number in range(1, 6)]
    for part in parts:
        table = house.store.add_part(table, part)
    merged = new_part("merged", rows=2 + 3 + 4)
    assert house.store.merge_parts(table.id, parts[1:4], merged, at(9))
    assert [part.row_count for part in house.store.find_parts(table.id)] == [1, 9, 5]
    assert [p.artifact for p in house.store.find_parts(table.id)] == [
        part.artifact for part in (parts[0], merged, parts[4])
    ]
    after = house.store.get_table(table.id)
    assert (after.version, after.row_count) == (table.version, table.row_count)
    saved = sum(p.artifact.byte_count for p in parts[1:4]) - merged.artifact.byte_count
    assert after.byte_count == table.byte_count - saved
    old = {part.artifact.key for part in parts[1:4]}
    assert house.store.find_artifacts(sorted(old)) == old
    assert set(house.store.forget_parts(at(10), 100)) == old
    assert [held.part for held in house.store.find_held_parts()] == list(
        house.store.find_parts(table.id)
    )


def test_parts_that_are_not_there_any_more_are_not_merged(house: House) -> None:
    """Nor those between which another one lies; nothing changes then."""
    table = house.add_table()
    parts = [new_part(f"p{number}", rows=number) for number in (1, 2, 3)]
    for part in parts:
        table = house.store.add_part(table, part)
    merge = house.store.merge_parts
    assert not merge(table.id, [parts[0], parts[2]], new_part("merged", rows=4), at(8))
    house.store.clear_table(table.id, at(8))
    assert not merge(table.id, parts, new_part("merged", rows=6), at(9))
    house.store.add_part(table, parts[0])
    assert not merge(table.id, parts, new_part("merged", rows=6), at(9))
    assert [part.row_count for part in house.store.find_parts(table.id)] == [1]


def test_tables_with_many_parts_are_found(house: House) -> None:
    """Parts that were removed do not count, nor those of a deleted table."""
    many, few, gone = (house.add_table(name=name) for name in ("many", "few", "gone"))
    for table, count in ((many, 3), (few, 2), (gone, 3)):
        for number in range(count):
            part = new_part(f"{table.name}{number}")
            house.store.add_part(house.store.get_table(table.id), part)
    house.store.delete_table(gone.id, at(8))
    assert house.store.find_scattered(3) == (many.id,)
    house.store.clear_table(many.id, at(8))
    assert house.store.find_scattered(3) == ()
    assert house.store.find_scattered(2) == (few.id,)
