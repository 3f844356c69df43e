"""Which form rows have: by the suffix of the path, the argument ``format``, or ``Accept``."""

from dataclasses import dataclass, replace
from typing import Final

from standpipe.core.errors import FormatUnknown, NotFound
from standpipe.dialects.native.requests.windows import WindowArguments
from standpipe.formats import FORMATS, FormatEntry, FormatOptions, get_format
from standpipe.formats.negotiate import body_compression, choose
from standpipe.http.messages import Inbound

_DELIMITERS: Final = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}


@dataclass(frozen=True, slots=True)
class Form:
    """A format with its options; ``is_negotiated`` if another Accept could have given another."""

    entry: FormatEntry
    options: FormatOptions
    is_negotiated: bool


def parse_form(inbound: Inbound, arguments: WindowArguments) -> Form:
    """Return the form asked for.

    NotFound for an unknown suffix, FormatUnknown for another unknown name, NotAcceptable,
    FieldInvalid for an option that the format does not take.
    """
    accept = inbound.headers.get("accept")
    entry = _named(inbound, arguments.format)
    is_negotiated = entry is None
    entry = entry or choose(accept, FORMATS["json"])
    options = _options(arguments)
    options.check_taken(entry.name, entry.takes)
    if options.compression is None:
        options = replace(options, compression=body_compression(accept, entry))
    return Form(entry, options, is_negotiated or "compression" in entry.takes)


def _named(inbound: Inbound, name: str | None) -> FormatEntry | None:
    suffix = inbound.parts.get("extension")
    if suffix is None:
        return None if name is None else get_format(name)
    try:
        return get_format(suffix)
    except FormatUnknown as error:
        raise NotFound(error.message, detail=error.detail, hint=error.hint) from error


def _options(arguments: WindowArguments) -> FormatOptions:
    delimiter = arguments.delimiter
    return FormatOptions(
        shape=arguments.shape,
        numbers=arguments.numbers,
        null_text=arguments.null_text,
        date_format=arguments.date_format,
        datetime_format=arguments.datetime_format,
        delimiter=None if delimiter is None else _DELIMITERS.get(delimiter, delimiter),
        header=arguments.header,
        guard=arguments.guard,
        compression=arguments.compression,
    )
