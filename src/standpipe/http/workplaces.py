"""Where handlers run: inline on the server's loop, or on the threads for their kind of work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from standpipe.core.ports import Versions
from standpipe.http.messages import Answer, Work
from standpipe.http.spooling import LARGE_AT_ONCE

SLOW_THREADS = 8
TEXT_THREADS = 2
UPLOAD_THREADS = LARGE_AT_ONCE + 2  # small uploads do not wait for large ones


class Workplaces:
    """The threads of one server. They start when needed."""

    def __init__(self, versions: Versions) -> None:
        """Have one writer, and a few threads for everything that takes its time."""
        self._versions = versions
        self._pools = {
            Work.WRITE: ThreadPoolExecutor(1, thread_name_prefix="writer"),
            Work.TEXT: ThreadPoolExecutor(TEXT_THREADS, thread_name_prefix="text"),
            Work.UPLOAD: ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload"),
            Work.SLOW: ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="slow"),
        }

    async def do(self, work: Work, step: Callable[[], Answer]) -> Answer:
        """Run one step of an answer; what it raises."""
        if work is Work.READ:
            return self._versions.reading(step)
        return await asyncio.get_running_loop().run_in_executor(self._pools[work], step)

    def close(self) -> None:
        """Finish what the threads are doing."""
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
