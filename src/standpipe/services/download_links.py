"""Addresses of files that need no key: each is good for one job and one minute.

A link is sealed with the server's key and holds what its maker's key is found by. Whoever has it is
its maker, and whatever he has lost meanwhile (the key, a right) the link has lost too.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final

import msgspec

from standpipe.core.clock import Clock
from standpipe.core.errors import NotAllowed, Unavailable
from standpipe.core.ports import Vault
from standpipe.core.principals import Principal
from standpipe.services.keys import Keys, digest_of

GOOD_SECONDS: Final = 60
_CONTEXT: Final = "download_link"
_LONGEST: Final = 1_000


class _Link(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    until: float
    number: int
    key_digest: str


class DownloadLinks:
    """Makes links and opens them; ``is_wanted`` is what the operator has chosen for downloads."""

    def __init__(self, keys: Keys, *, vault: Vault, clock: Clock, is_wanted: bool) -> None:
        """Take the ports."""
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self.is_wanted = is_wanted

    def make(self, key: str, number: int) -> str:
        """Return the link to a job's file for whoever has this key; it fits into an argument."""
        until = self._clock.now().timestamp() + GOOD_SECONDS
        text = msgspec.json.encode(_Link(until, number, digest_of(key))).decode()
        return urlsafe_b64encode(self._vault.seal(text, _CONTEXT)).decode().rstrip("=")

    def authenticate(self, link: str) -> Principal:
        """Return who made a link; NotAllowed if it is none, or too old; NotAuthenticated."""
        return self._keys.authenticate_digest(self._open(link).key_digest)

    def number_of(self, link: str) -> int:
        """Return the number of the job; NotAllowed as above."""
        return self._open(link).number

    def _open(self, link: str) -> _Link:
        try:
            padded = link[:_LONGEST].encode("ascii") + b"=" * (-len(link) % 4)
            text = self._vault.unseal(urlsafe_b64decode(padded), _CONTEXT)
            opened = msgspec.json.decode(text, type=_Link)
        except (UnicodeError, NotBase64, Unavailable, msgspec.DecodeError) as error:
            raise NotAllowed("This link is not good.") from error
        if opened.until < self._clock.now().timestamp():
            raise NotAllowed("This link was good for a minute.", hint="Ask for the download again.")
        return opened
