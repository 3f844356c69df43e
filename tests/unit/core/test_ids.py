"""Ids as dialects print them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.ids import Uid, parse_ulid, to_ulid


@given(st.uuids())
def test_ulids_come_back(uid: UUID) -> None:
    """In capitals and in small letters; 26 of them."""
    text = to_ulid(Uid(uid))
    assert len(text) == 26
    assert parse_ulid(text) == parse_ulid(text.lower()) == uid


@given(st.uuids(), st.uuids())
def test_ulids_sort_as_uids(one: UUID, other: UUID) -> None:
    """The older one comes first."""
    assert (to_ulid(Uid(one)) < to_ulid(Uid(other))) == (one.int < other.int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wonky",
        "01HKZJ2683PHF9Q9PHHQ8FW4Q",
        "01HKZJ2683PHF9Q9PHHQ8FW4QU",
        "01HKZJ2683PHF9Q9PHHQ8FW4Q11",
        "01HKZJ2683PHF9Q9PHHQ8FW4Q\n",
        "8" + "0" * 25,
        "\u0660" * 26,
        "0" * 25 + "\u00df",
    ],
)
def test_what_is_no_ulid_is_not_read(text: str) -> None:
    """Wrong length, wrong letters, more than 128 bits."""
    assert parse_ulid(text) is None


def test_a_ulid_of_the_documentation_is_read() -> None:
    """Seed 001."""
    uid = parse_ulid("01GXDTYMM2CKFRBEW44X5S0WZE")
    assert uid is not None
    assert to_ulid(uid) == "01GXDTYMM2CKFRBEW44X5S0WZE"
