"""How long the steps of an answer took, told to the caller in the header Server-Timing."""

import time

from starlette.types import Message, Send


class Stopwatch:
    """Measures one answer, step by step."""

    def __init__(self) -> None:
        """Start now."""
        self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """End a step; ``name`` is a token of RFC 9110. Steps of one name are added up."""
        now = time.perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + now - self._last
        self._last = now

    def timed(self, send: Send) -> Send:
        """Return a ``send`` that adds the header; the step ``encode`` ends with its call."""

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.lap("encode")
                message = {**message, "headers": [*message["headers"], self._header()]}
            await send(message)

        return send_timed

    def _header(self) -> tuple[bytes, bytes]:
        laps = [f"{name};dur={seconds * 1000:.3f}" for name, seconds in self._laps.items()]
        return b"server-timing", ", ".join(laps).encode()
