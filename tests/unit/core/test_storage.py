"""A full disk, said in our own words."""

from pathlib import Path

import pytest

from standpipe.core.errors import StorageFull
from standpipe.core.storage import telling_full


def test_a_full_disk_is_told_and_other_errors_are_not_hidden(tmp_path: Path) -> None:
    """What cannot be opened is not a matter of room."""
    with pytest.raises(StorageFull), telling_full(), Path("/dev/full").open("wb", 0) as full:
        full.write(b"x")
    with pytest.raises(FileNotFoundError), telling_full():
        (tmp_path / "nothing").read_bytes()
