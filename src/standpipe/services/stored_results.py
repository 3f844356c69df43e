"""Stored results that answer a bound statement."""

from datetime import datetime

from standpipe.core.datasources import DataSource
from standpipe.core.freshness import ANY_AGE, Freshness
from standpipe.core.ports import ResultStore
from standpipe.core.results import Result
from standpipe.services.query_text import BoundText
from standpipe.sql.fingerprint import without_tables


def find_fresh(
    store: ResultStore, source: DataSource, bound: BoundText, freshness: Freshness, now: datetime
) -> Result | None:
    """Return the newest result that is as good as a run now: young enough, of the same tables."""
    found = _find_young(store, source, bound, freshness, now)
    return None if found is not None and is_outdated(found, source) else found


def is_outdated(result: Result, source: DataSource) -> bool:
    """Whether somebody has said, since this result, that its source has other rows by now."""
    return source.fresh_since is not None and result.retrieved_at < source.fresh_since


def find_stored(
    store: ResultStore, source: DataSource, bound: BoundText, freshness: Freshness, now: datetime
) -> Result | None:
    """Return the newest result that is young enough, outdated or not.

    At any age also one from before uploaded tables changed.
    """
    found = _find_young(store, source, bound, freshness, now)
    if found is not None or not bound.names_tables or freshness != ANY_AGE:
        return found
    text = without_tables(bound.fingerprint)
    return store.find_latest(source.id, text, None, of_any_tables=True)


def _find_young(
    store: ResultStore, source: DataSource, bound: BoundText, freshness: Freshness, now: datetime
) -> Result | None:
    if freshness.must_run:
        return None
    newest = store.find_latest(source.id, bound.fingerprint, None)
    oldest = freshness.oldest(now)
    if newest is None or (oldest is not None and newest.retrieved_at < oldest):
        return None
    return newest
