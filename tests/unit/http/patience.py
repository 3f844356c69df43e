"""Waiting in a test for something that no event tells."""

import asyncio
from collections.abc import Callable


async def until(is_true: Callable[[], bool]) -> None:
    """Return when something has become true; the time limit of the test is the limit."""
    while not is_true():  # noqa: ASYNC110 - what is looked at knows no events
        await asyncio.sleep(0.001)
