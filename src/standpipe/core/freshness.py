"""Is a stored result new enough for a wish?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isinf


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old an answer may be: None = however old; 0 = it must start after the request."""

    max_age_seconds: float | None = None

    @property
    def must_run(self) -> bool:
        """Whether only a run that starts from now on will do."""
        return self.max_age_seconds is not None and self.max_age_seconds <= 0

    def oldest(self, now: datetime) -> datetime | None:
        """Return the earliest acceptable time of retrieval; None = any."""
        if self.max_age_seconds is None:
            return None
        try:
            return now - timedelta(seconds=self.max_age_seconds)
        except OverflowError:  # an age beyond the calendar is any age
            return None


@dataclass(frozen=True, slots=True)
class FreshnessPolicy:
    """How old an answer may be, and when an older one is better than none.

    ``max_age_seconds`` as in ``Freshness``. A result that is up to the other two older may be
    served while a new one is made, or when making a new one failed.
    """

    max_age_seconds: float | None = None
    stale_while_revalidate_seconds: float = 0
    stale_if_error_seconds: float = 0

    @property
    def freshness(self) -> Freshness:
        """Return the wish without its exceptions."""
        return Freshness(self.max_age_seconds)

    def is_fresh(self, age_seconds: float) -> bool:
        """Whether a result of this age will do as it is."""
        if self.max_age_seconds is None:
            return True
        return not self.freshness.must_run and age_seconds <= self.max_age_seconds

    def may_be_refreshed_behind(self, age_seconds: float) -> bool:
        """Whether a result of this age may be served while a new one is made."""
        return self._reaches(age_seconds, self.stale_while_revalidate_seconds)

    def may_replace_error(self, age_seconds: float) -> bool:
        """Whether a result of this age may be served because a new one could not be made."""
        return self._reaches(age_seconds, self.stale_if_error_seconds)

    def ttl_seconds(self, age_seconds: float) -> float | None:
        """Return for how long a result of this age stays fresh, 0 if it is not; None = for ever."""
        if self.max_age_seconds is None or isinf(self.max_age_seconds):
            return None
        return max(0.0, self.max_age_seconds - age_seconds)

    def _reaches(self, age_seconds: float, more_seconds: float) -> bool:
        if self.max_age_seconds is None:
            return True
        return more_seconds > 0 and age_seconds <= max(0.0, self.max_age_seconds) + more_seconds


ANY_AGE = Freshness(None)
MUST_RUN = Freshness(0)
