"""Contract of the vault, its key file, and of password hashing."""

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import ConfigurationInvalid, Unavailable
from standpipe.stores.secrets import AesVault, Argon2Passwords, load_or_create_key

VAULT = AesVault(bytes(range(32)))
CHEAP = Argon2Passwords(memory_kib=64, iterations=1, lanes=1)


@given(st.text(), st.text())
def test_what_is_sealed_can_be_unsealed(text: str, context: str) -> None:
    """In its own place, and never looks the same twice."""
    first, second = VAULT.seal(text, context), VAULT.seal(text, context)
    assert first != second
    assert VAULT.unseal(first, context) == VAULT.unseal(second, context) == text


def test_a_sealed_text_is_bound_to_its_place_and_key() -> None:
    """Neither another place nor another key opens it; the error names the place, not the text."""
    sealed = VAULT.seal("pa55word", "data_source:1")
    for vault, place in [(VAULT, "data_source:2"), (AesVault(bytes(32)), "data_source:1")]:
        with pytest.raises(Unavailable, match=place) as caught:
            vault.unseal(sealed, place)
        assert "pa55word" not in str(caught.value)


@given(st.integers(0, 40), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    """Wherever it is: version, nonce, text or tag."""
    sealed = bytearray(VAULT.seal("some secret!", "c"))
    sealed[position] ^= change
    with pytest.raises(Unavailable):
        VAULT.unseal(bytes(sealed), "c")


@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused(sealed: bytes) -> None:
    """Also none, and fewer than a nonce."""
    with pytest.raises(Unavailable):
        VAULT.unseal(sealed, "c")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    """Shorter and longer ones are refused."""
    with pytest.raises(ConfigurationInvalid, match=str(length)):
        AesVault(bytes(length))


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """For the owner alone, and the same ever after; nothing else is left."""
    path = tmp_path / "secret.key"
    key = load_or_create_key(path)
    assert load_or_create_key(path) == key
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_keys_differ(tmp_path: Path) -> None:
    """From home to home."""
    assert load_or_create_key(tmp_path / "a") != load_or_create_key(tmp_path / "b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that helps."""
    path = tmp_path / "secret.key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationInvalid, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "é" * 64, "00" * 33])
def test_a_damaged_key_is_refused(tmp_path: Path, text: str) -> None:
    """Never replaced: what was sealed with the right one would be lost."""
    path = tmp_path / "secret.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigurationInvalid, match="does not hold a key"):
        load_or_create_key(path)
    assert path.read_text(encoding="utf-8") == text


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    """Whoever is first makes it."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        keys = pool.map(load_or_create_key, [tmp_path / "secret.key"] * 8)
    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


@given(st.text(), st.text())
def test_a_password_fits_its_own_hash_only(password: str, other: str) -> None:
    """Any text can be one."""
    phc = CHEAP.hash(password)
    assert CHEAP.verify(password, phc)
    assert CHEAP.verify(other, phc) == (other == password)


def test_hashes_are_salted_and_tell_their_costs() -> None:
    """So that costs can be raised without asking for passwords again."""
    first, second = CHEAP.hash("secret"), CHEAP.hash("secret")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert Argon2Passwords(memory_kib=128, iterations=2, lanes=1).verify("secret", first)


BROKEN = [
    None,
    "",
    "garbage",
    "$argon2id$",
    "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
    "$argon2id$v=19$m=1,t=0,p=9$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
    "$2b$12$abcdefghijklmnopqrstuv",
]


@pytest.mark.parametrize("phc", BROKEN)
def test_no_password_fits_what_is_no_hash(phc: str | None) -> None:
    """Nobody can sign in with a missing or damaged hash, and nothing fails."""
    assert not CHEAP.verify("secret", phc)
    assert not CHEAP.verify("", phc)


@pytest.mark.parametrize("phc", BROKEN)
def test_a_missing_hash_costs_as_much_as_a_real_one(
    phc: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash of the full cost is computed, so that nobody learns which accounts exist."""
    passwords = Argon2Passwords(memory_kib=64, iterations=1, lanes=1)
    checked: list[str] = []
    monkeypatch.setattr(passwords, "_verify_nothing", checked.append)
    passwords.verify("secret", phc)
    assert checked == ["secret"]
    passwords.verify("secret", passwords.hash("other"))
    assert checked == ["secret"]
