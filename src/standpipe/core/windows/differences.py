"""What changed from one result to another of the same shape."""

from dataclasses import dataclass
from pathlib import Path

from standpipe.core.columns import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two artifacts to compare, read like one: a row for each one that is not the same in both.

    Its columns (``columns``) are ``change`` ("added", "removed", "changed"), the keys, and for
    every other column its value after and, as ``<name> before``, its value before. Rows are the
    same when their keys are equal, null to null. Without keys whole rows are compared, as often as
    they occur, and nothing is "changed". ``before_names[i]`` is the stored name, in the older
    artifact, of ``keys[i]`` and then of ``values``.
    """

    before: Path
    after: Path
    keys: tuple[Column, ...]
    values: tuple[Column, ...]
    before_names: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCounts:
    """How many rows were added, removed, changed, and are the same."""

    added: int
    removed: int
    changed: int
    unchanged: int
