"""The pages say what the program is today: generated parts, the code map, links, words."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from standpipe.core import parameters, schedules

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "standpipe"
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_generated_pages_are_those_of_today() -> None:
    """Commands, settings, errors, events and the code map agree with the code."""
    check = [sys.executable, str(ROOT / "tools" / "docs.py"), "--check"]
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_page_lead_somewhere(page: Path) -> None:
    """Every link into the repository names something that exists."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_is_found_from_the_index() -> None:
    """Nothing is written that nobody can find."""
    index = (ROOT / "docs" / "README.md").read_text()
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = page.relative_to(ROOT / "docs").as_posix()
        if name not in {"README.md", "explanation/architecture.md"}:
            assert name in index, name


def test_every_parameter_kind_and_schedule_field_is_explained() -> None:
    """The how-tos name what a query file may hold."""
    moving = (ROOT / "docs/howto/move-queries.md").read_text()
    for kind in parameters.ParameterKind:
        assert f"`{kind}`" in moving
    clock = (ROOT / "docs/howto/schedules.md").read_text()
    for name in schedules.Schedule.__dataclass_fields__:
        assert name in clock or name in {"is_disabled", "extra"}
