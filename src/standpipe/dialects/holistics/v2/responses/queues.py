"""Queues of jobs as API v2 shows them: JobQueue of the document."""

import msgspec


class QueueShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A queue: how many jobs can run at once, and how many do."""

    id: int
    queue: str
    total_workers: int
    busy_workers: int


class QueuesBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The queues of jobs; there is one."""

    job_queues: list[QueueShown]


def show_queue(places: int, running: int) -> QueuesBody:
    """Return the one queue."""
    return QueuesBody(
        job_queues=[QueueShown(id=1, queue="reports", total_workers=places, busy_workers=running)]
    )
