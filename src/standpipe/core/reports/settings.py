"""How a query is shown as a report: compat/myreports.md 8."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from standpipe.core.reports.conditions import Condition
from standpipe.core.reports.dates import DateFilter

MOST_ROWS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayField:
    """A column that is shown; a mandatory one cannot be taken away by who looks."""

    field: str
    is_mandatory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SortField:
    """A column by which rows are sorted."""

    field: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFields:
    """Where the period of a report acts: on columns, on parameters of the query, or on both.

    A row counts if ``from_column`` is not before the start and ``to_column`` is before the end;
    one column may be both. ``range_parameter`` takes the whole period, the other two its ends.
    With ``are_local`` times without a zone are on the wall clock of the report's zone, else UTC.
    """

    from_column: str | None = None
    to_column: str | None = None
    range_parameter: str | None = None
    from_parameter: str | None = None
    to_parameter: str | None = None
    are_local: bool = False

    @property
    def are_there(self) -> bool:
        """Whether a period holds on anything."""
        columns = (self.from_column, self.to_column)
        parameters = (self.range_parameter, self.from_parameter, self.to_parameter)
        return any(name is not None for name in (*columns, *parameters))


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """Conditions under a name, and perhaps a period."""

    id: UUID
    name: str
    date_filter: DateFilter | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What is known of a report beside its query; without any of it all columns are shown.

    ``display`` None = all columns in their order. ``summary`` None = the columns that can be added
    up, by their types and names. ``identity`` is a column that is shown last and is no field.
    ``parameters`` names the parameter that takes the conditions on a field, where their names
    differ. Rows younger than ``settle_lag_seconds`` do not count yet.
    """

    template: str | None = None
    display: tuple[DisplayField, ...] | None = None
    summary: tuple[str, ...] | None = None
    identity: str | None = None
    dates: DateFields = DateFields()
    sort: tuple[SortField, ...] = ()
    filters: tuple[SavedFilter, ...] = ()
    default_filter: UUID | None = None
    date_filter: DateFilter | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"
    locale: str = "en-GB"
    country: str = "GB"
    row_limit: int = MOST_ROWS
    settle_lag_seconds: float = 0

    def find_filter(self, id: UUID) -> SavedFilter | None:
        """Return a saved filter; None if there is none."""
        return next((each for each in self.filters if each.id == id), None)
