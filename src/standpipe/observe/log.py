"""The log: one line per event on standard error, as text or as JSON. Nothing else logs."""

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import fields
from typing import Any, TextIO

import structlog

from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.events import (
    Event,
    ExecutionFinished,
    ExecutionQueued,
    ExecutionRecovered,
    ExecutionStarted,
    FinishRefused,
    KeyReplaced,
    LoopCrashed,
    RequestCrashed,
    RequestServed,
    ScheduleSkipped,
    SignedIn,
    SignInFailed,
    TokenReused,
)
from standpipe.core.ports import Observer

LEVELS: Mapping[type[Event], int] = {
    ExecutionQueued: logging.DEBUG,
    ExecutionStarted: logging.DEBUG,
    ExecutionFinished: logging.INFO,
    FinishRefused: logging.WARNING,
    ExecutionRecovered: logging.WARNING,
    ScheduleSkipped: logging.WARNING,
    SignInFailed: logging.WARNING,
    SignedIn: logging.INFO,
    KeyReplaced: logging.INFO,
    TokenReused: logging.WARNING,
    RequestServed: logging.INFO,
    RequestCrashed: logging.ERROR,
    LoopCrashed: logging.ERROR,
}
NAMED_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

# A key in a path or in the text of an error: 40 letters and digits, a signed token, or whatever
# follows its name.
_KEY = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{40}(?![A-Za-z0-9])|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\bsp[cr]_[\w-]{43}"
)
_SECRETS = (
    "api_key|password|authorization|cookie|client_secret|access_token|refresh_token|code_verifier"
)
_NAMED_SECRET = re.compile(rf"(?i)\b({_SECRETS})\b(['\"]?\s*[=:]\s*)\S+")
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = re.compile(r"[\w.:/@+-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def make_log(format: str, level: str, *, stream: TextIO | None = None) -> Observer:
    """Return a listener that writes events of at least this level to ``stream`` (standard error).

    ``format`` is "text" or "json". ConfigurationInvalid for any other format or level. Keys and
    query strings are never written. A line that cannot be written is lost, and nothing else.
    """
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _choose("log_format", format, {"text": _render_text, "json": _render_json}),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            _choose("log_level", level, NAMED_LEVELS)
        ),
        context_class=dict,
        cache_logger_on_first_use=True,
    )

    def write(event: Event) -> None:
        try:
            logger.log(LEVELS[type(event)], event_name(type(event)), **_describe(event))
        except (OSError, ValueError):  # standard error is full or closed
            return

    return write


def event_name(kind: type[Event]) -> str:
    """Return the name that stands under ``event``: the class in snake_case."""
    return _BOUNDARY.sub("_", kind.__name__).lower()


def _choose(setting: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise ConfigurationInvalid(
            f"The setting {setting} is {name!r}.", detail=f"It takes: {', '.join(known)}."
        )
    return known[name]


def _describe(event: Event) -> dict[str, Any]:
    """Return the fields of an event that are set, as plain values without secrets."""
    found = {item.name: getattr(event, item.name) for item in fields(event)}
    if "path" in found:
        found["path"] = found["path"].partition("?")[0]
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return _redact(str(value)) if isinstance(value, str) else value


def _redact(text: str) -> str:
    return _KEY.sub("[key]", _NAMED_SECRET.sub(r"\1\2[secret]", text))


def _render_json(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    """Write a line as one JSON object: event, level and timestamp first."""
    head = {name: line.pop(name) for name in ("event", "level", "timestamp")}
    return json.dumps({**head, **line}, ensure_ascii=False).replace("\u2028", "\\u2028")


def _render_text(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    """Write a line for people; a traceback follows on lines of its own, indented."""
    trace = str(line.pop("trace", ""))
    head = f"{line.pop('timestamp')} {line.pop('level'):<7} {line.pop('event')}"
    parts = [head, *(f"{name}={_quote(value)}" for name, value in line.items())]
    return " ".join(parts) + _indent(trace)


def _quote(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _indent(trace: str) -> str:
    return "".join(f"\n    {_CONTROL.sub('?', row)}" for row in trace.split("\n") if row)
