"""Contract of the store of custom endpoints."""

from dataclasses import replace

import pytest
from tests.contracts.house import NOW, House, at, new_workspace

from standpipe.core.custom_endpoints import CustomEndpoint
from standpipe.core.errors import NameTaken
from standpipe.core.ids import EndpointId


def new_endpoint(house: House, slug: str = "sales") -> CustomEndpoint:
    """An endpoint of the house's user."""
    return CustomEndpoint(
        id=EndpointId(0),
        workspace_id=house.workspace.id,
        handle="ada",
        slug=slug,
        owner_id=house.user.id,
        query_id=house.add_query().id,
        created_at=NOW,
        updated_at=NOW,
    )


def test_an_endpoint_is_found_as_it_was_stored(house: House) -> None:
    """By its name, which exists once in a workspace."""
    made = house.store.add_endpoint(new_endpoint(house))
    find = house.store.find_endpoint
    assert find(house.workspace.id, "ada", "sales") == made
    assert find(house.workspace.id, "ada", "Sales") is None
    with pytest.raises(NameTaken, match="ada/sales"):
        house.store.add_endpoint(new_endpoint(house))
    elsewhere = house.store.add_workspace(new_workspace("elsewhere")).id
    assert find(elsewhere, "ada", "sales") is None
    assert house.store.find_endpoints(elsewhere) == ()


def test_an_endpoint_points_elsewhere_until_it_is_gone(house: House) -> None:
    """The list is by name."""
    first = house.store.add_endpoint(new_endpoint(house, "b"))
    other = house.store.add_endpoint(new_endpoint(house, "a"))
    house.store.point_endpoint(first.id, other.query_id, at(1))
    first = replace(first, query_id=other.query_id, updated_at=at(1))
    assert house.store.find_endpoints(house.workspace.id) == (other, first)
    for _ in range(2):
        house.store.delete_endpoint(first.id)
    assert house.store.find_endpoint(house.workspace.id, "ada", "b") is None
