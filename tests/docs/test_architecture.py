"""ARCHITECTURE.md names every room and every module, and only those that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "standpipe"
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
ROWS = re.findall(r"^\| \*\*(\S+)\*\* \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)


def test_code_map_names_every_folder_with_its_purpose() -> None:
    """Whoever opens a folder finds it in the map, with a sentence."""
    folders = {path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    named = {name.rstrip("/") for name, purpose, _ in ROWS if purpose.strip()}
    assert named == {"standpipe" if name == "." else name for name in folders}


def test_code_map_names_every_module() -> None:
    """A new module is in the map before it is merged."""
    for name, _, modules in ROWS:
        folder = SOURCE if name == "standpipe/" else SOURCE / name
        found = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        assert set(re.findall(r"`(\w+)`", modules)) == found, name


def test_flows_name_files_that_exist() -> None:
    """The files on the way of a request and of a row are there."""
    for name in re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", TEXT):
        assert (SOURCE / name).exists() or (ROOT / name).exists(), name
