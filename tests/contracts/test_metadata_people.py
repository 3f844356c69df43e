"""Contract of the stores of workspaces, people, keys, sessions and data sources."""

import threading
from dataclasses import replace
from types import MappingProxyType

import pytest
from tests.contracts.house import NOW, House, at, new_key, new_user, new_workspace

from standpipe.core.errors import FieldInvalid, NameTaken, NotFound, Unavailable
from standpipe.core.ids import GroupId, UserId, WorkspaceId
from standpipe.core.principals import ApiKey, KeyKind
from standpipe.core.workspaces import Group, Session, Variant
from standpipe.stores.metadata import MetadataStore, open_metadata
from standpipe.stores.secrets import AesVault


def test_a_workspace_comes_back_as_it_was_stored(store: MetadataStore) -> None:
    """Settings keep their order, big integers and nesting; times their microseconds."""
    draft = replace(new_workspace("ünï"), settings={"z": 2**80, "a": [1.5, None, {"k": "\x00"}]})
    added = store.add_workspace(draft)
    assert store.get_workspace(added.id) == added == store.find_workspace("ünï")
    assert list(added.settings) == ["z", "a"]
    assert replace(added, id=draft.id, uid=draft.uid) == draft
    assert added.uid.version == 7 or (added.uid.int >> 76) & 0xF == 7


def test_read_only_settings_can_be_stored(house: House) -> None:
    """Any mapping is one; what JSON has no word for is refused."""
    settings = MappingProxyType({"a": MappingProxyType({"b": 1})})
    after = house.store.update_workspace(replace(house.workspace, settings=settings))
    assert after.settings == {"a": {"b": 1}}
    with pytest.raises(NotImplementedError, match="object"):
        house.store.update_workspace(replace(house.workspace, settings={"a": object()}))


def test_a_workspace_slug_is_unique(store: MetadataStore) -> None:
    """A second workspace of the same slug is refused, and the first stays."""
    with pytest.raises(NameTaken, match="'default'"):
        store.add_workspace(new_workspace("default"))
    assert store.find_workspace("default") is not None


def test_a_workspace_keeps_its_slug_when_it_is_updated(house: House) -> None:
    """Only name, variant and settings are replaced."""
    changed = replace(house.workspace, slug="x", name="n", variant=Variant.LOGIQ, settings={"a": 1})
    assert house.store.update_workspace(changed) == replace(changed, slug="default")


@pytest.mark.parametrize("id", [0, -1, 99, 2**63, 10**30])
def test_what_does_not_exist_is_not_found(store: MetadataStore, id: int) -> None:
    """Every get raises NotFound, for numbers of any size."""
    getters = [
        store.get_workspace,
        store.get_user,
        store.get_data_source,
        store.get_query,
        store.get_dashboard,
        store.get_widget,
        store.get_visualization,
        store.get_execution,
        store.get_result,
    ]
    for get in getters:
        with pytest.raises(NotFound, match=str(id)):
            get(id)  # type: ignore[operator]


def test_a_user_is_found_by_mail_whatever_its_case(house: House) -> None:
    """The e-mail is unique without its case, and kept as it was written."""
    found = house.store.find_user_by_email(house.workspace.id, "aDA@EXAMPLE.org")
    assert found == house.user
    assert house.user.email == "Ada@example.org"
    with pytest.raises(NameTaken, match="ADA@example"):
        house.store.add_user(new_user(house.workspace.id, "ADA"))


def test_a_user_may_not_take_the_mail_of_another(house: House) -> None:
    """An update to a taken e-mail is refused and changes nothing."""
    other = house.add_user("Bea")
    with pytest.raises(NameTaken):
        house.store.update_user(replace(other, email="ada@example.org", name="x"))
    assert house.store.get_user(other.id) == other


def test_users_are_listed_by_id(house: House) -> None:
    """All users of a workspace, disabled ones too."""
    other = house.add_user("Bea")
    disabled = house.store.update_user(
        replace(other, is_disabled=True, disabled_at=at(1), active_at=at(2), password_phc="$a")
    )
    assert house.store.find_users(house.workspace.id) == (house.user, disabled)


def test_a_user_of_no_workspace_is_refused(store: MetadataStore) -> None:
    """What refers to something that does not exist is not stored."""
    with pytest.raises(NotFound):
        store.add_user(new_user(WorkspaceId(99), "Ada"))


def test_groups_come_back_by_id(house: House) -> None:
    """With permissions in their order."""
    draft = Group(
        id=GroupId(0),
        workspace_id=house.workspace.id,
        name="admin",
        permissions=("b", "a"),
        is_builtin=True,
        created_at=NOW,
    )
    added = [house.store.add_group(draft), house.store.add_group(draft)]
    assert house.store.get_groups(house.workspace.id) == tuple(added)


def test_a_revoked_key_is_not_found(house: House) -> None:
    """Revoking works at once, also for the connection of another thread."""
    key = house.store.add_key(new_key(house, "a1"))
    assert house.store.find_key("a1") == key
    house.store.revoke_key(key.id, at(1))
    house.store.revoke_key(key.id, at(2))
    found: list[ApiKey | None] = []
    thread = threading.Thread(target=lambda: found.append(house.store.find_key("a1")))
    thread.start()
    thread.join()
    assert [house.store.find_key("a1"), *found] == [None, None]


def test_the_newest_live_key_of_an_owner_is_found(house: House) -> None:
    """Of a query's keys the last one that is not revoked; a user's key is another kind."""
    query = house.add_query()
    mine = {"kind": KeyKind.QUERY, "user_id": None, "query_id": query.id}
    old, new, gone = [house.store.add_key(new_key(house, t, **mine)) for t in ("a", "b", "c")]
    house.store.revoke_key(gone.id, NOW)
    assert house.store.find_live_key(KeyKind.QUERY, query.id) == new
    assert house.store.find_live_query_keys([query.id, old.query_id]) == {query.id: new}
    assert house.store.find_live_key(KeyKind.USER, house.user.id) is None


def test_a_session_lives_until_it_expires(house: House) -> None:
    """It can be extended and ended; ended and expired ones are not found."""
    session = Session(user_id=house.user.id, csrf_token="t", expires_at=at(10))
    house.store.put_session("s", session)
    assert house.store.find_session("s", at(9)) == session
    assert house.store.find_session("s", at(10)) is None
    house.store.put_session("s", replace(session, expires_at=at(20)))
    assert house.store.find_session("s", at(19)) is not None
    assert house.store.delete_expired_sessions(at(20)) == 1
    house.store.put_session("t", session)
    house.store.delete_sessions_of(house.user.id)
    house.store.delete_session("t")
    assert house.store.find_session("t", NOW) is None


def test_a_data_source_comes_back_with_its_secrets(house: House) -> None:
    """Settings and grants are complete; no secret stands in the file in clear."""
    assert house.store.get_data_source(house.source.id) == house.source
    assert house.source.settings["password"] == "pa55word"
    house.close()
    assert b"pa55word" not in house.path.read_bytes()


def test_data_source_settings_need_the_key_they_were_sealed_with(house: House) -> None:
    """With another key the store opens, and only the settings are out of reach."""
    other = open_metadata(house.path, vault=AesVault(bytes(range(32))))
    with pytest.raises(Unavailable, match="key"):
        other.get_data_source(house.source.id)
    other.close()


def test_sealed_settings_cannot_be_moved_to_another_source(house: House) -> None:
    """The sealed text of one source cannot be read in the place of another."""
    other = house.add_source("other")
    with house.store.transaction():
        house.store._thread().connection.exec_driver_sql(
            "UPDATE data_sources SET settings = (SELECT settings FROM data_sources WHERE id = ?)"
            " WHERE id = ?",
            (house.source.id, other.id),
        )
    with pytest.raises(Unavailable):
        house.store.get_data_source(other.id)


def test_only_changed_settings_raise_their_version(house: House) -> None:
    """Renaming keeps the version, so that warm connections stay."""
    renamed = house.store.update_data_source(replace(house.source, name="B", is_paused=True))
    assert renamed.settings_version == 1
    changed = house.store.update_data_source(replace(renamed, settings={"path": "/other"}))
    assert changed.settings_version == 2
    assert house.store.get_data_source(changed.id) == changed


def test_data_sources_are_listed_by_name_without_case(house: House) -> None:
    """In the order people expect."""
    for name in ("Zoo", "alpha", "Beta"):
        house.add_source(name)
    names = [source.name for source in house.store.find_data_sources(house.workspace.id)]
    assert names == ["alpha", "Beta", "main", "Zoo"]


def test_a_removed_data_source_leaves_queries_and_results(house: House) -> None:
    """Queries have no source any more; results stay readable."""
    query = house.add_query()
    result = house.add_result()
    house.store.delete_data_source(house.source.id)
    assert house.store.get_query(query.id).data_source_id is None
    assert house.store.get_result(result.id) == result


def test_ids_are_never_used_again(house: House) -> None:
    """Not even that of the last one, after it was removed."""
    house.store.delete_data_source(house.source.id)
    assert house.add_source("next").id > house.source.id


@pytest.mark.parametrize("value", ["\ud800", 10**5000], ids=["text", "number"])
def test_a_value_that_no_text_can_hold_is_refused(house: House, value: object) -> None:
    """Half a surrogate pair or an endless number is the caller's mistake, not a crash."""
    with pytest.raises(FieldInvalid):
        house.store.update_workspace(replace(house.workspace, settings={"a": value}))


def test_half_a_character_is_refused_or_finds_nothing(house: House) -> None:
    """Half a surrogate pair in a column is refused, and looked for it is not there."""
    with pytest.raises(FieldInvalid):
        house.add_query(sql="\udc00")
    assert house.store.find_user_by_email(house.workspace.id, "\ud800") is None


def test_a_transaction_is_all_or_nothing(house: House) -> None:
    """An error undoes what inner and outer calls have written; others never see it."""

    def fail_at_last() -> None:
        with house.store.transaction():
            house.add_user("Bea")
            with house.store.transaction():
                house.add_user("Cid")
            house.add_user("bea")

    with pytest.raises(NameTaken):
        fail_at_last()
    assert house.store.find_users(house.workspace.id) == (house.user,)


def test_a_refusal_within_a_transaction_can_be_handled(house: House) -> None:
    """What was written before it is kept."""
    with house.store.transaction():
        house.add_user("Bea")
        with pytest.raises(NameTaken):
            house.add_user("bea")
    assert len(house.store.find_users(house.workspace.id)) == 2


def test_other_threads_see_only_what_is_committed(house: House) -> None:
    """A reader beside an open transaction reads the state before it, without waiting."""
    seen: list[int] = []

    def count() -> None:
        seen.append(len(house.store.find_users(house.workspace.id)))

    with house.store.transaction():
        house.add_user("Bea")
        thread = threading.Thread(target=count)
        thread.start()
        thread.join()
    count()
    assert seen == [1, 2]


def test_favorites_are_set_and_taken_back(house: House) -> None:
    """Repeating is fine; queries and dashboards of one number are apart."""
    for _ in range(2):
        house.store.set_favorite(house.user.id, "query", 7, NOW)
    house.store.set_favorite(house.user.id, "dashboard", 8, NOW)
    assert house.store.find_favorites(house.user.id, "query", [7, 8, 9]) == {7}
    house.store.set_favorite(house.user.id, "query", 7, None)
    house.store.set_favorite(UserId(99), "query", 7, None)
    assert house.store.find_favorites(house.user.id, "query", [7]) == frozenset()
