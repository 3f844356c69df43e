"""Is a stored result new enough for a wish?"""

from dataclasses import dataclass
from datetime import datetime, timedelta


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


ANY_AGE = Freshness(None)
MUST_RUN = Freshness(0)
