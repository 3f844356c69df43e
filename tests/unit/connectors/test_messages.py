"""The conversation between parent and child."""

import socket
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.connectors.duckdb.messages import (
    Answer,
    Channel,
    Execute,
    Failed,
    Request,
    pack_value,
    unpack_value,
)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(),
)


@pytest.fixture
def ends() -> Iterator[tuple[Channel[Answer], socket.socket]]:
    ours, theirs = socket.socketpair()
    channel: Channel[Answer] = Channel(ours, Answer)
    yield channel, theirs
    channel.close()
    theirs.close()


@given(values)
def test_a_value_survives_packing(value: object) -> None:
    """Value and type come back."""
    unpacked = unpack_value(pack_value(value))
    assert unpacked == value
    assert type(unpacked) is type(value)


def test_a_value_that_cannot_be_bound_is_refused() -> None:
    """A list is not a value."""
    with pytest.raises(TypeError, match="list"):
        pack_value([1])


def test_messages_arrive_whole_and_in_order(ends: tuple[Channel[Answer], socket.socket]) -> None:
    """It does not matter in which pieces the bytes come."""
    channel, theirs = ends
    whole = bytearray()
    recorder, sink = socket.socketpair()
    sender: Channel[Request] = Channel(recorder, Request)
    for number in range(3):
        sender.send(Failed("failed", "x" * number))
    whole += sink.recv(1 << 16)
    sender.close()
    sink.close()
    received = []
    for byte in whole:
        theirs.send(bytes([byte]))
        if (message := channel.receive(0)) is not None:
            received.append(message)
    assert received == [Failed("failed", "x" * number) for number in range(3)]


def test_the_end_of_the_other_side_is_heard(ends: tuple[Channel[Answer], socket.socket]) -> None:
    """A closed connection is an EOFError, not silence."""
    channel, theirs = ends
    assert channel.receive(0) is None
    theirs.close()
    with pytest.raises(EOFError):
        channel.receive(None)


@pytest.mark.parametrize("noise", [b"\xff\xff\xff\xff", b"\x01\x00\x00\x00\xc1", b"\x01\0\0\0\x05"])
def test_noise_ends_the_conversation(
    ends: tuple[Channel[Answer], socket.socket], noise: bytes
) -> None:
    """A child that does not keep to the protocol is not listened to any longer."""
    channel, theirs = ends
    theirs.send(noise)
    with pytest.raises(EOFError):
        channel.receive(1.0)


def test_a_request_keeps_its_values() -> None:
    """A decimal with trailing zeros is sent as it is."""
    packed = Execute(1, "SELECT $a", {"a": pack_value(Decimal("1.50"))}, None)
    assert str(unpack_value(packed.values["a"])) == "1.50"
