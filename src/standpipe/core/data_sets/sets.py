"""Data sets: the result of a saved query, or the rows of a table, under one kind of number."""

from dataclasses import dataclass
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.core.ids import DataSetId, QueryId, TableId
from standpipe.core.queries import Query
from standpipe.core.tables import UploadedTable

# Numbers from here on are those of tables; all of them have 32 bits.
FIRST_TABLE: Final = 1_000_000_000
BEYOND_TABLES: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class DataSet:
    """A query whose result is asked for groups with its parameters at their defaults, or a table.

    A table is an uploaded one or a materialised view.
    """

    of: Query | UploadedTable

    @property
    def id(self) -> DataSetId:
        """The number of the data set."""
        if isinstance(self.of, Query):
            return DataSetId(self.of.id)
        return DataSetId(FIRST_TABLE + self.of.id)

    @property
    def model(self) -> str:
        """The name of its one model, which may stand before its fields."""
        return f"query_{self.of.id}" if isinstance(self.of, Query) else self.of.name


def noun_of(number: DataSetId) -> QueryId | TableId:
    """Return whose number it is, see ``is_of_table``; NotFound for one that nothing can have."""
    if not 0 < number < BEYOND_TABLES:
        raise NotFound(f"There is no data set {number}.")
    return TableId(number - FIRST_TABLE) if is_of_table(number) else QueryId(number)


def is_of_table(number: DataSetId) -> bool:
    """Whether this is the number of a table's data set."""
    return number >= FIRST_TABLE
