"""Custom endpoints as their owners and readers meet them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.services import AUTHORS, NOBODIES, Stage

from standpipe.core.errors import FieldInvalid, NameTaken, NotAllowed, NotFound, UserNeeded
from standpipe.core.queries import Visibility
from standpipe.services.custom_endpoints import CustomEndpoints


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A house with an author called ada."""
    made = Stage(tmp_path)
    yield made
    made.close()


@pytest.fixture
def endpoints(stage: Stage) -> CustomEndpoints:
    """The service."""
    return CustomEndpoints(stage.store, queries=stage.queries, clock=stage.clock)


def test_an_endpoint_is_read_by_whoever_sees_its_query(
    stage: Stage, endpoints: CustomEndpoints
) -> None:
    """Whatever the case of its name; for others it is not there, nor in their list."""
    query = stage.save("select 1")
    made = endpoints.create(stage.author, "sales", query.id)
    handle = made.handle
    colleague, stranger = stage.other(AUTHORS), stage.other(NOBODIES, NOBODIES)
    for reader in (stage.author, colleague, stage.key_of(query)):
        assert endpoints.get(reader, handle.upper(), "Sales") == (made, query)
    assert endpoints.find(colleague) == (made,)
    assert endpoints.find(stranger) == ()
    stage.edit(query, visibility=Visibility.PRIVATE)
    for reader in (colleague, stranger):
        with pytest.raises(NotFound):
            endpoints.get(reader, handle, "sales")
    assert endpoints.find(colleague) == ()
    with pytest.raises(UserNeeded):
        endpoints.find(stage.key_of(query))


def test_only_its_owner_changes_an_endpoint(stage: Stage, endpoints: CustomEndpoints) -> None:
    """Others are told so if they may know of it."""
    first, second = stage.save("select 1"), stage.save("select 2")
    made = endpoints.create(stage.author, "sales", first.id)
    handle, colleague = made.handle, stage.other(AUTHORS)
    for change in (
        lambda: endpoints.delete(colleague, handle, "sales"),
        lambda: endpoints.point(colleague, handle, "sales", second.id),
        lambda: endpoints.create(colleague, "other", first.id, handle),
    ):
        with pytest.raises(NotAllowed):
            change()
    assert endpoints.point(stage.author, handle, "sales", second.id).query_id == second.id
    assert endpoints.get(colleague, handle, "sales")[1] == second
    endpoints.delete(stage.author, handle, "sales")
    with pytest.raises(NotFound):
        endpoints.delete(stage.author, handle, "sales")


def test_an_endpoint_needs_a_good_name_and_a_query(
    stage: Stage, endpoints: CustomEndpoints
) -> None:
    """One that its maker may see; the name may be taken."""
    query = stage.save("select 1")
    for slug in ("", "Sales", "a b", "a/b", "-a", "a--b", "ü", "a" * 101):
        with pytest.raises(FieldInvalid, match="slug"):
            endpoints.create(stage.author, slug, query.id)
    stage.edit(query, visibility=Visibility.PRIVATE)
    with pytest.raises(NotFound):
        endpoints.create(stage.other(AUTHORS), "sales", query.id)
    endpoints.create(stage.author, "sales-2_b", query.id)
    with pytest.raises(NameTaken):
        endpoints.create(stage.author, "sales-2_b", query.id)
