"""``standpipe config`` and ``standpipe check``: what is in force, and whether all is well."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from standpipe.cli.homes import opened_house, operator, require_home, settings_of
from standpipe.cli.options import home_options, json_option, setting_options
from standpipe.cli.tables import print_json, print_table
from standpipe.config import Settings
from standpipe.core.errors import ResultExpired, StandpipeError

if TYPE_CHECKING:
    from standpipe.app.house import House
    from standpipe.core.results import Artifact, Result

HIDDEN = "--------"
MAX_RESULTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    is_good: bool
    text: str


@click.command()
@setting_options()
@json_option
def config(as_json: bool, **flags: Any) -> None:
    """Show the settings in force: options, then environment, then file, then defaults."""
    settings = settings_of(flags)
    rows = [(item.name, _shown(settings, item.name), item.metadata["help"]) for item in _table()]
    if as_json:
        print_json({name: value for name, value, _ in rows})
    else:
        print_table(["setting", "value", "meaning"], rows)


@click.command()
@click.option("--digests", is_flag=True, help="Read every result and compare its digest.")
@home_options
@json_option
def check(digests: bool, as_json: bool, **flags: Any) -> int:
    """Look at the home, its results, tables and data sources; exit code 1 if something is wrong."""
    settings = settings_of(flags)
    require_home(settings)
    findings = list(_secrets(settings.home))
    with opened_house(settings) as house:
        findings.append(Finding("metadata", True, "can be read, and has the newest schema"))
        findings += _results(house, is_deep=digests)
        findings += _parts(house, is_deep=digests)
        findings += _unused(house)
        findings += _sources(house)
    if as_json:
        print_json([{"subject": f.subject, "is_good": f.is_good, "text": f.text} for f in findings])
    else:
        rows = [("ok" if f.is_good else "WRONG", f.subject, f.text) for f in findings]
        print_table(["", "what", "finding"], rows)
    return 0 if all(finding.is_good for finding in findings) else 1


def _table() -> tuple[Any, ...]:
    return fields(Settings)


def _shown(settings: Settings, name: str) -> Any:
    is_secret = next(item.metadata["is_secret"] for item in _table() if item.name == name)
    value = getattr(settings, name)
    if is_secret and value:
        return HIDDEN
    return str(value) if isinstance(value, Path) else value


def _secrets(home: Path) -> Iterator[Finding]:
    for path in sorted((home / "secrets").iterdir()):
        mode = path.stat().st_mode & 0o777
        is_closed = not mode & 0o077
        advice = "" if is_closed else f"; run: chmod 600 {path}"
        yield Finding(f"secret {path.name}", is_closed, f"mode {mode:03o}{advice}")


def _results(house: House, *, is_deep: bool) -> Iterator[Finding]:
    """Compare every stored result with its file; only what is wrong is named one by one."""
    count = 0
    for result in _all_results(house):
        count += 1
        problem = _problem(house, result.artifact, is_deep=is_deep)
        if problem:
            yield Finding(f"result {result.id}", False, f"{problem}; run the query again")
    yield Finding("results", True, f"{count} looked at")


def _parts(house: House, *, is_deep: bool) -> Iterator[Finding]:
    """Compare every part of an uploaded table with its file; only what is wrong is named."""
    count = 0
    for held in house.store.find_held_parts():
        count += 1
        problem = _problem(house, held.part.artifact, is_deep=is_deep)
        if problem:
            advice = f"{problem}; clear the table and send its rows again"
            yield Finding(f"table {held.table_name}", False, advice)
    yield Finding("parts of uploaded tables", True, f"{count} looked at")


def _unused(house: House) -> Iterator[Finding]:
    """Count files that no result and no table needs."""
    from standpipe.services.retention import find_orphans

    orphans = sum(1 for _ in find_orphans(house.store, house.artifacts.find_keys(3600)))
    yield Finding("unused files", True, f"{orphans}; the running server removes them")


def _all_results(house: House) -> Iterator[Result]:
    from standpipe.services.transfer import all_queries

    future = house.clock.now() + timedelta(days=1)
    seen = set()
    for result in house.store.find_unreferenced(future, MAX_RESULTS):
        seen.add(result.id)
        yield result
    for query in all_queries(house.store, operator(house)):
        if query.latest_result_id is not None and query.latest_result_id not in seen:
            seen.add(query.latest_result_id)
            yield house.store.get_result(query.latest_result_id)


def _problem(house: House, artifact: Artifact, *, is_deep: bool) -> str | None:
    try:
        path = house.artifacts.local_path(artifact.key)
    except ResultExpired:
        return f"its file {artifact.key} is missing"
    size = path.stat().st_size
    if size != artifact.byte_count:
        return f"its file has {size} bytes instead of {artifact.byte_count}"
    if is_deep:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
                return "its file was changed: the digest differs"
    return None


def _sources(house: House) -> Iterator[Finding]:
    who = operator(house)
    for source in house.services.data_sources.visible(who):
        try:
            house.services.data_sources.test(who, source.id)
        except StandpipeError as error:
            yield Finding(f"data source {source.name}", False, " ".join(str(error).split()))
        else:
            yield Finding(f"data source {source.name}", True, "answers")
