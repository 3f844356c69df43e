"""Sealing of secrets at rest, and slow hashing of passwords."""

import os
from functools import cached_property
from pathlib import Path
from secrets import token_bytes, token_hex

from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from standpipe.core.errors import ConfigurationInvalid, Unavailable

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class AesVault:
    """Seals with AES-256-GCM: a version byte, a random nonce, then the cipher text with its tag."""

    def __init__(self, key: bytes) -> None:
        """Take a key of exactly 32 bytes; ConfigurationInvalid otherwise."""
        if len(key) != _KEY_BYTES:
            raise ConfigurationInvalid(
                f"The secret key has {len(key)} bytes.", hint=f"It must have {_KEY_BYTES}."
            )
        self._cipher = AESGCM(key)

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt; the same context is needed to read it again."""
        nonce = token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), _VERSION + context.encode())
        return _VERSION + nonce + sealed

    def unseal(self, sealed: bytes, context: str) -> str:
        """Decrypt; Unavailable if it was sealed with another key or for another place."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) < _NONCE_BYTES:
            raise Unavailable(f"The sealed secret of {context} is damaged.")
        try:
            return self._cipher.decrypt(nonce, body, _VERSION + context.encode()).decode()
        except InvalidTag as error:
            raise Unavailable(
                f"The sealed secret of {context} cannot be read with this server's key.",
                hint="Put the key file back with which it was stored, or enter the secret again.",
            ) from error


def load_or_create_key(path: Path) -> bytes:
    """Return the 32-byte key of a file, made on first use with mode 0600.

    Raises ConfigurationInvalid if others can read the file or if it holds anything else. Of two
    processes that start at once both get the same key.
    """
    if not path.exists():
        _create_key(path)
    with path.open(encoding="ascii", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        text = file.read().strip()
    if mode & 0o077:
        raise ConfigurationInvalid(
            f"The key file {path} can be read by others (mode {mode:04o}).",
            hint=f"Run: chmod 600 {path}",
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigurationInvalid(
            f"The key file {path} does not hold a key.",
            hint=f"It must hold {2 * _KEY_BYTES} hexadecimal digits; restore it from a backup.",
        )
    return key


def _create_key(path: Path) -> None:
    """Write a new key beside the path and link it into place, unless somebody was faster."""
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


class Argon2Passwords:
    """Hashes with Argon2id; the costs of a hash are written in it, so they can be raised later."""

    def __init__(self, *, memory_kib: int = 64 * 1024, iterations: int = 3, lanes: int = 4) -> None:
        """Set the costs of new hashes; the defaults are the second choice of RFC 9106."""
        self._memory_kib = memory_kib
        self._iterations = iterations
        self._lanes = lanes

    def hash(self, password: str) -> str:
        """Return a PHC string with a fresh salt."""
        kdf = Argon2id(
            salt=token_bytes(16),
            length=32,
            iterations=self._iterations,
            lanes=self._lanes,
            memory_cost=self._memory_kib,
        )
        return kdf.derive_phc_encoded(_encode(password))

    def verify(self, password: str, phc: str | None) -> bool:
        """Whether the password fits; as slow when there is no hash, or none that can be read."""
        if phc is not None and phc.startswith("$argon2id$"):
            try:
                Argon2id.verify_phc_encoded(_encode(password), phc)
            except InvalidKey as error:
                if "match" in str(error):
                    return False
            except ValueError:  # well-formed, with parameters outside of the allowed range
                pass
            else:
                return True
        self._verify_nothing(password)
        return False

    def _verify_nothing(self, password: str) -> None:
        """Take the time of a real check, so that a sign-in does not tell which accounts exist."""
        try:
            Argon2id.verify_phc_encoded(_encode(password), self._nobody)
        except InvalidKey:
            return

    @cached_property
    def _nobody(self) -> str:
        return self.hash(token_hex(16))


def _encode(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
