"""Listeners to events; each is a plain function that takes one event."""

from standpipe.core.events import Event
from standpipe.core.ports import Observer


def fan_out(*observers: Observer) -> Observer:
    """Return one observer that tells all of them, in this order."""

    def tell_all(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell_all
