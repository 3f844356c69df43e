"""Exact numbers as texts say them."""

import re
from decimal import Decimal
from typing import Final

MAX_DIGITS: Final = 400

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE](?P<exponent>[+-]?\d+))?", re.ASCII)


def read_number(text: str) -> int | Decimal | None:
    """Return the number, exactly; None when it is none, or one of more than 400 digits.

    With a point or an exponent it is a Decimal, else an int.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > MAX_DIGITS:
        return None
    exponent = found["exponent"]
    if exponent is not None and abs(int(exponent)) > MAX_DIGITS:
        return None
    is_whole = exponent is None and "." not in text
    return int(text) if is_whole else Decimal(text)
