"""One long text out of a JSON object: the same as if all of it had been decoded."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standpipe.core.errors import MalformedBody
from standpipe.http import long_texts
from standpipe.http.long_texts import split_text

LETTERS = st.text(st.sampled_from('a,\n"\\éß漢😀\u0001\u2028u{}[]: d8'), max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=6,
)


def split(folder: Path, body: bytes) -> tuple[bytes, Any]:
    """Return the text and what is left."""
    (folder / "body").write_bytes(body)
    rest = split_text(folder / "body", "data", folder / "text")
    return (folder / "text").read_bytes(), json.loads(rest)


@settings(max_examples=300, deadline=None)
@given(
    LETTERS,
    st.dictionaries(LETTERS | st.just("data"), VALUES, max_size=4),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.sampled_from([1, 7, 13, 64]),
)
def test_the_text_is_the_one_that_was_sent(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    others: dict[str, Any],
    is_ascii: bool,
    indent: int | None,
    read_bytes: int,
) -> None:
    """Wherever it stands, however it is written, whatever is read at a time."""
    sent = {**others, "outer": {"data": "another"}, "data": text}
    body = json.dumps(sent, ensure_ascii=is_ascii, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_texts, "_READ_BYTES", read_bytes)
        patch.setattr(long_texts, "_LOOK_BYTES", read_bytes)
        found, rest = split(tmp_path_factory.getbasetemp(), body)
    assert found.decode() == text
    assert rest == {**sent, "data": ""}


def test_what_is_no_text_stays(tmp_path: Path) -> None:
    """Whoever decodes the rest sees what is wrong; of two texts the last one counts."""
    assert split(tmp_path, b'{"data": [1, "data"]}') == (b"", {"data": [1, "data"]})
    assert split(tmp_path, b'{"data": "long one", "data": "b"}')[0] == b"b"
    assert split(tmp_path, b'["data", {"data": "x"}]') == (b"", ["data", {"data": "x"}])


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":"abc',
        b'{"data":"a\\ud83d"}',
        b'{"data":"a\\x"}',
        b'{"data":"\xff"}',
        b'{"data":"a\\u12"}',
        b'{"data":"a\nb"}',
        b'{"data":"a\\',
        b'{"x":"' + bytes(2_000_000).replace(b"\0", b"x") + b'"}',
        b"[" * 2_000_000,
        b"1" * 2_000_000,
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, body: bytes) -> None:
    """And so is a large body that is not large by its text."""
    with pytest.raises(MalformedBody):
        split(tmp_path, body)
