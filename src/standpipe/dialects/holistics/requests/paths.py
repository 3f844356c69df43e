"""Numbers of reports, jobs and other things, in paths and arguments; what is none is not found."""

import re
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.core.ids import DataSourceId, QueryId, TableId
from standpipe.http.messages import Inbound

_LARGEST: Final = 2**31 - 1
# R writes the double 100000 as 1e+05; the sign is a space in an argument.
_OF_R: Final = re.compile(r"([1-9])(?:\.([0-9]{1,9}))?e[+ ]?([0-9]{2})")


def report_id(inbound: Inbound) -> QueryId:
    """Return the number of the report in the path, which a slug may follow: ``12-sales``."""
    return QueryId(parse_number(inbound.parts["report_id"].partition("-")[0]))


def job_number(inbound: Inbound) -> int:
    """Return the number of the job in the path, else in the argument ``job_id``."""
    return parse_number(inbound.parts.get("job_id") or inbound.arg("job_id") or "")


def view_id(inbound: Inbound) -> TableId:
    """Return the number of the materialised query in the path."""
    return TableId(parse_number(inbound.parts["source_id"]))


def source_id(inbound: Inbound) -> DataSourceId:
    """Return the number of the data source in the path."""
    return DataSourceId(parse_number(inbound.parts["source_id"]))


def parse_number(text: str) -> int:
    """Return a positive number of 32 bits, also as R writes it; NotFound for any other text."""
    text = plain(text)
    if text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST)):
        number = int(text)
        if 0 < number <= _LARGEST:
            return number
    raise NotFound(f"{text[:50]!r} is the number of nothing.")


def plain(text: str) -> str:
    """Return the digits of a whole number with an exponent (``2.1e+05``); other texts as is."""
    found = _OF_R.fullmatch(text)
    if found is None:
        return text
    digits, zeros = found[1] + (found[2] or ""), int(found[3]) - len(found[2] or "")
    return digits + "0" * zeros if 0 <= zeros <= len(str(_LARGEST)) else text
