"""Keccak-256 as Ethereum has it, which neither DuckDB nor the standard library knows."""

__all__ = ["keccak256"]

_RATE = 136  # bytes taken in at a time
_WORD = (1 << 64) - 1


def keccak256(message: bytes) -> bytes:
    """Return the 32 bytes. A few thousand bytes a second: for what stands in a statement."""
    padded = bytearray(message) + b"\x01" + b"\0" * (_RATE - 1 - len(message) % _RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for place in range(_RATE // 8):
            word = padded[start + place * 8 : start + place * 8 + 8]
            state[place] ^= int.from_bytes(word, "little")
        _permute(state)
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


def _permute(state: list[int]) -> None:
    """Mix the 25 words in place, in 24 rounds."""
    register = 1
    for _ in range(24):
        columns = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            for x in range(5)
        ]
        for place in range(25):
            x = place % 5
            state[place] ^= columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1)
        x, y, kept = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            kept, state[x + 5 * y] = state[x + 5 * y], _turned(kept, (step + 1) * (step + 2) // 2)
        for row in range(0, 25, 5):
            old = state[row : row + 5]
            for x in range(5):
                state[row + x] = old[x] ^ (~old[(x + 1) % 5] & _WORD & old[(x + 2) % 5])
        for bit in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x71)) & 0xFF
            if register & 2:
                state[0] ^= 1 << ((1 << bit) - 1)


def _turned(word: int, bits: int) -> int:
    bits %= 64
    return ((word << bits) | (word >> (64 - bits))) & _WORD
