"""Contract of the file of keys that sign tokens."""

import threading
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from standpipe.core.errors import ConfigurationInvalid
from standpipe.stores.signing import KEPT, SigningKeys


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Of many that start at once all sign with the same one."""
    path = tmp_path / "signing.json"
    signed: list[str] = []

    def sign() -> None:
        signed.append(SigningKeys(path).sign({"a": 1}, kind="JWT").partition(".")[0])

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(signed), len(set(signed))) == (4, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_older_keys_are_kept_for_a_while(tmp_path: Path) -> None:
    """Three in all; what the oldest has signed cannot be checked any more."""
    signer = SigningKeys(tmp_path / "signing.json")
    signed = [signer.sign({"n": 0}, kind="JWT")]
    for number in range(1, KEPT + 1):
        signer.rotate()
        signed.append(signer.sign({"n": number}, kind="JWT"))
    keys = KeySet.import_key_set(dict(signer.public_keys()))  # type: ignore[arg-type]
    assert [jwt.decode(each, keys).claims["n"] for each in signed[1:]] == [1, 2, 3]
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(signed[0], keys)


def test_a_rotation_counts_in_every_process_at_once(tmp_path: Path) -> None:
    """Which here are two objects over the same file."""
    path = tmp_path / "signing.json"
    one, other = SigningKeys(path), SigningKeys(path)
    before = one.sign({}, kind="JWT").partition(".")[0]
    other.rotate()
    assert one.sign({}, kind="JWT").partition(".")[0] != before


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": []}', "no json"])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    """And never written over."""
    path = tmp_path / "signing.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(ConfigurationInvalid):
        SigningKeys(path).sign({}, kind="JWT")
    assert path.read_text() == text


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    SigningKeys(path).rotate()
    path.chmod(0o644)
    with pytest.raises(ConfigurationInvalid, match="chmod 600"):
        SigningKeys(path).sign({}, kind="JWT")
