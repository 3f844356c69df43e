"""Fixtures of the tests of services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.services import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Services over a store of its own."""
    stage = Stage(tmp_path)
    yield stage
    stage.close()
