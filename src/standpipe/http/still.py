"""Who waits is asked again who he is: what he may do can be taken from him meanwhile."""

from collections.abc import Callable
from dataclasses import replace

from standpipe.core.errors import StandpipeError
from standpipe.http.messages import Answer, EventStream, Later, Onward, Outbound

Check = Callable[[], None]


def checked(answer: Answer, check: Check) -> Answer:
    """Return an answer that calls ``check`` after every wait, before it goes on.

    What ``check`` raises is the answer then. Events that have begun end without a last one where
    it raises anything, or where they can no longer be read.
    """
    if isinstance(answer, Later):
        return _checked_wait(answer, check)
    if isinstance(answer, Onward):
        then = answer.then
        return replace(answer, then=lambda: checked(then(), check))
    if isinstance(answer.body, EventStream):
        return _checked_events(answer, answer.body, check)
    return answer


def _checked_wait(later: Later, check: Check) -> Later:
    def resume(is_over: bool) -> Answer:
        check()
        return checked(later.resume(is_over), check)

    return replace(later, resume=resume)


def _checked_events(outbound: Outbound, stream: EventStream, check: Check) -> Outbound:
    has_begun = False

    def read() -> tuple[bytes, bool]:
        nonlocal has_begun
        try:
            check()
            events = stream.read()
        except StandpipeError:
            if has_begun:  # whoever comes back is told why
                return b"", True
            raise
        has_begun = True
        return events

    return replace(outbound, body=replace(stream, read=read))
