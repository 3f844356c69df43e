"""Fixtures of the contract tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.house import House

from standpipe.stores.metadata import MetadataStore


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A metadata store with a workspace, a user and a data source."""
    house = House(tmp_path)
    yield house
    house.close()


@pytest.fixture
def store(house: House) -> MetadataStore:
    """The metadata store of ``house``."""
    return house.store
