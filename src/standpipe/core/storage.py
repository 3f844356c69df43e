"""A disk that is full, in the words of the core."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from standpipe.core.errors import StorageFull

FULL_HINT = "Ask the server's operator to make room."
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def telling_full() -> Iterator[None]:
    """Turn errors of a full disk, or of a quota that is used up, into StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(hint=FULL_HINT) from error
