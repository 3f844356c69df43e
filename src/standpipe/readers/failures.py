"""What went wrong while reading: a value of the caller, the space that there is, or the file."""

import re
from typing import Final

import duckdb
import pyarrow as pa

from standpipe.core.errors import LimitExceeded, StandpipeError, Unavailable, WindowInvalid

# An interrupt reaches us as an OSError of Arrow, a broken file as bad input. What DuckDB says of
# a statement of ours that it does not understand is not among them: that is a mistake in here.
READ_FAILURES: Final = (
    duckdb.OperationalError,
    duckdb.DataError,
    duckdb.InterruptException,
    duckdb.InvalidInputException,
    pa.ArrowException,
    OSError,
)

# Arrow passes DuckDB's failures on as texts.
_KIND = re.compile(r"(?:\w+Exception: )?([A-Za-z -]+ Error): (.*)", re.DOTALL)
_OF_VALUES = frozenset(("Conversion Error", "Out of Range Error", "Mismatch Type Error"))
_SPILL_LIMIT = "max_temp_directory_size"


def read_failure(error: Exception, *, is_computed: bool) -> StandpipeError:
    """Return a failure of DuckDB or Arrow as an error of ours.

    WindowInvalid if a value could not be computed (``is_computed``: the window computes any),
    LimitExceeded or Unavailable if there was no room for it, else Unavailable.
    """
    kind, message = _split(error)
    if kind == "Out of Memory Error":
        return _no_room(message)
    if is_computed and kind in _OF_VALUES:
        return WindowInvalid(
            "A value of the result does not fit what is computed of it.",
            detail=_first_line(message),
            hint="Leave such rows out with a filter, or convert: cast(x as double).",
        )
    return Unavailable("The stored result cannot be read.", detail=str(error))


def _no_room(message: str) -> StandpipeError:
    if _SPILL_LIMIT in message:
        return LimitExceeded(
            "This takes more space on disk than reading may use.",
            hint="Sort, group or compare fewer rows or columns, with a filter.",
        )
    return Unavailable(
        "This takes more memory than reading may use now.",
        hint="Try again later, or ask for fewer rows or columns.",
    )


def _split(error: Exception) -> tuple[str, str]:
    found = _KIND.match(str(error))
    return (found[1], found[2]) if found else ("", str(error))


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0]
