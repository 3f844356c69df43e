"""Names of columns for formats in which each name can stand only once."""

from collections import Counter
from collections.abc import Sequence

from standpipe.core.columns import Column


def distinct_names(columns: Sequence[Column]) -> list[str]:
    """Return a name for each column, no two alike.

    A name that repeats is replaced by the stored one, which is the same but for the first of
    them; what still repeats (a column selected twice) is numbered.
    """
    counts = Counter(column.name for column in columns)
    taken = {name for name, count in counts.items() if count == 1}
    names = []
    for column in columns:
        name = column.name
        if counts[name] > 1:
            name = _free(column.stored_name, taken)
            taken.add(name)
        names.append(name)
    return names


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
