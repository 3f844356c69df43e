"""Work in a child process, so that the parent stays fit to be forked: no threads, no open files."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from standpipe.core.errors import ConfigurationInvalid, StandpipeError

T = TypeVar("T")


def in_child(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, from a forked child.

    An error of ours arrives as ConfigurationInvalid with the same words: what is prepared here
    is what the operator asked for.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(work, sender))
    child.start()
    sender.close()
    try:
        answer, error = receiver.recv()
    except EOFError:
        raise ConfigurationInvalid("The preparation ended without an answer.") from None
    finally:
        child.join()
    if error is not None:
        raise ConfigurationInvalid(error)
    result: T = answer
    return result


def _work(work: Callable[[], object], sender: Connection) -> None:
    try:
        sender.send((work(), None))
    except StandpipeError as error:
        sender.send((None, str(error)))
