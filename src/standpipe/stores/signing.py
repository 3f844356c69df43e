"""The keys that sign tokens: RSA keys (RS256) in one file of the home, the newest one first."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from standpipe.core.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ALGORITHM: Final = "RS256"  # the one that every client of OpenID Connect knows
KEPT = 3
_BITS = 2048


class SigningKeys:
    """Implements TokenSigner over a file of mode 0600, made on first use.

    Read at each use, so that a rotation counts at once in every process.
    """

    def __init__(self, path: Path) -> None:
        """Take the file; nothing is read or loaded yet."""
        self._path = path
        self._known: tuple[bytes, Sequence[RSAKey]] | None = None

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """Return a token signed with the newest key; ConfigurationInvalid if it cannot be read."""
        from joserfc import jwt

        key = self._keys()[0]
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": kind}
        return jwt.encode(header, dict(claims), key, [ALGORITHM])

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public halves of all kept keys, the newest one first."""
        return {"keys": [key.as_dict(private=False) for key in self._keys()]}

    def prepare(self) -> None:
        """Make the first key if there is none yet, which takes long."""
        self._keys()

    def rotate(self) -> str:
        """Make a new key the newest one, keep the two before it; returns its id."""
        with self._locked():
            made = _new_key()
            older = self._read() if self._path.exists() else []
            self._write([made, *older][:KEPT])
        return str(made["kid"])

    def _keys(self) -> "Sequence[RSAKey]":
        """Return all keys; taking one apart takes longer than signing, so they are remembered."""
        from joserfc.jwk import RSAKey

        if not self._path.exists():
            with self._locked():
                if not self._path.exists():
                    self._write([_new_key()])
        text = self._path.read_bytes()
        known = self._known
        if known is None or known[0] != text:
            known = (text, [RSAKey.import_key(each) for each in self._read()])
            self._known = known
        return known[1]

    def _read(self) -> list[Any]:
        try:
            with self._path.open(encoding="ascii") as file:
                mode = os.fstat(file.fileno()).st_mode & 0o777
                keys: list[Any] = json.load(file)["keys"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationInvalid(
                f"The file of signing keys {self._path} cannot be read.",
                hint="Restore it from a backup, or remove it: then tokens are signed anew.",
            ) from error
        if mode & 0o077 or not keys:
            raise ConfigurationInvalid(
                f"The file of signing keys {self._path} can be read by others, or is empty.",
                hint=f"Run: chmod 600 {self._path}",
            )
        return keys

    def _write(self, keys: list[Any]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump({"keys": keys}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time write."""
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _new_key() -> dict[str, str]:
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(_BITS, {"use": "sig", "alg": ALGORITHM}, private=True)
    key.ensure_kid()
    return {name: str(value) for name, value in key.as_dict(private=True).items()}
