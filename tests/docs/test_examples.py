"""Every example of the documentation runs as it is printed, against a demo server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import standpipe
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs").rglob("*.md")))]
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY_OF = re.compile(r"KEY_OF_(\d+)")
_ADDRESS = "http://127.0.0.1:8400"


@dataclass(frozen=True)
class Example:
    """A block of a page, in the order of the page."""

    language: str
    text: str


@dataclass(frozen=True)
class Demo:
    """A running demo server, and what stands for what in the pages."""

    home: Path
    words: dict[str, str]


def examples(page: str) -> list[Example]:
    """Return the blocks of a page that are meant to be run."""
    return [Example(*found) for found in _BLOCK.findall((ROOT / page).read_text())]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo server for all pages."""
    home = tmp_path_factory.mktemp("demo") / "home"
    with running(["demo", "--json"], home) as server:
        facts = json.loads(server.lines[0])
        query_key = facts["queries"][0]["query_key"]
        words = {_ADDRESS: server.url, "USER_KEY": facts["user_key"], "QUERY_KEY": query_key}
        yield Demo(home=home, words=words)


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)])
def test_examples_of_page_run(page: str, demo: Demo, tmp_path: Path) -> None:
    """Each block ends well, in the order of the page, with only address and keys filled in."""
    data = Path(standpipe.__file__).parent / "demo" / "data" / "flights.parquet"
    shutil.copy(data, tmp_path / "flights-2012.parquet")
    for example in examples(page):
        text = example.text
        for word, meaning in demo.words.items():
            text = text.replace(word, meaning)
        for word in set(_KEY_OF.findall(text)):
            text = text.replace(f"KEY_OF_{word}", key_of(word, demo.home))
        run(example.language, text, demo.home, tmp_path)


def key_of(query_id: str, home: Path) -> str:
    """Return the key of a query that an example before this one has made."""
    command = [sys.executable, "-m", "standpipe", "key", "show", query_id, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# Arrow's threads may still be at work when an interpreter ends, which then aborts now and then
# ("terminate called without an active exception"): what is tested is the example, not that.
_LEAVE = "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n"


def run(language: str, text: str, home: Path, folder: Path) -> None:
    """Run one block as a reader would who has the environment active."""
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text]
        if language == "sh"
        else [sys.executable, "-W", "ignore", "-c", text + _LEAVE],
        cwd=folder,
        env={
            **os.environ,
            "STANDPIPE_HOME": str(home),
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    for refusal in ('{"message"', '{"error"', "urn:standpipe:error"):
        assert refusal not in done.stdout, f"{text}\n{done.stdout}"


def test_pages_show_no_example_that_nobody_runs() -> None:
    """A block is run here, or marked as something else: console, text, sql."""
    known = {"sh", "python", "console", "text", "sql"}
    for page in PAGES:
        languages = re.findall(
            r"^```(\w*)\n(?:.*\n)*?^```$", (ROOT / page).read_text(), re.MULTILINE
        )
        assert set(languages) <= known, page
