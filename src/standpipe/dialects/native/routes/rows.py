"""Rows of a result as they are asked for: the window, the format, and the way to the next page."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from standpipe.core.columns import Column
from standpipe.core.ports import Chunks, Encoding
from standpipe.core.results import Result
from standpipe.core.windows import Difference, Window, WindowAsk
from standpipe.dialects.native.requests.cursors import Place, read_cursor, write_cursor
from standpipe.dialects.native.requests.forms import Form, parse_form
from standpipe.dialects.native.requests.windows import WindowArguments, parse_window
from standpipe.dialects.native.responses.bodies import CHANGING, KEYED, Addresses, Headers
from standpipe.dialects.native.responses.results import envelope, show_result
from standpipe.formats.json import make_json
from standpipe.http.endpoints import Asked
from standpipe.http.messages import Answer, Body, Encoded, FileBody, Onward, Outbound, Work
from standpipe.services.directory import Services

YEAR_SECONDS: Final = 31_536_000
FOR_EVER: Final = ("Cache-Control", f"private, max-age={YEAR_SECONDS}, immutable")

# A link to a page of a result says these anew.
_PAGING: Final = frozenset({"cursor", "offset", "format"})
_LOCKED: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_INLINE: Final = frozenset({"json", "ndjson", "markdown", "html"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """Rows under an address of their own: what they are, and what a JSON body says of them.

    ``total`` is how many there are. ``identity`` stands for exactly these rows for ever,
    ``address`` has no suffix; ``args`` go with it. ``head`` gives the first field of a JSON body
    for the columns that come out.
    """

    rows: Result | Difference
    total: int
    identity: str
    address: str
    args: Mapping[str, str] = field(default_factory=dict)
    head: Callable[[Sequence[Column]], Mapping[str, Any]]
    name: str


def result_rows(result: Result, to: Addresses) -> RowSource:
    """Return the rows of a result."""
    of_query = "result" if result.query_id is None else f"query-{result.query_id}"
    return RowSource(
        rows=result,
        total=result.row_count,
        identity=str(result.uid),
        address=to.result(result.uid),
        head=lambda columns: {"result": show_result(result, columns)},
        name=f"{of_query}-{result.retrieved_at:%Y%m%dT%H%M%SZ}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What an answer with rows says beside them.

    ``cache`` is how long they may be kept if they are the same for ever. ``is_elsewhere`` names
    the address of these very rows, where the request went to another one. ``is_timed`` says that
    the answer depends on when it is given.
    """

    headers: Headers = ()
    cache: tuple[str, str] = FOR_EVER
    is_elsewhere: bool = True
    is_timed: bool = False


HERE: Final = Delivery(is_elsewhere=False)


def show_rows(
    services: Services, asked: Asked[Any, Any], source: RowSource, delivery: Delivery = HERE
) -> Answer:
    """Return the rows that are asked for; WindowInvalid, FieldInvalid, NotAcceptable.

    A page of rows that are filtered or grouped takes one count of all of them.
    """
    wanted = _wanted(asked, source)
    window = services.read.window(source.rows, wanted.ask)
    page = _Page(services, source, wanted, window, delivery)
    total = wanted.total
    if window.where is None and window.group is None:
        total = source.total if window.sample is None else min(source.total, window.sample.rows)
    if total is None and window.limit is not None:
        return Onward(Work.SLOW, lambda: page.show(services.read.total(source.rows, window)))
    return page.show(total)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the arguments say; ``args`` are those of every page."""

    ask: WindowAsk
    total: int | None
    form: Form
    args: Mapping[str, str]


def _wanted(asked: Asked[Any, Any], source: RowSource) -> _Wanted:
    arguments: WindowArguments = asked.arguments
    ask = parse_window(arguments)
    place = Place(ask.offset)
    if arguments.cursor is not None:
        place = read_cursor(arguments.cursor, source.identity, ask)
    return _Wanted(
        ask=replace(ask, offset=place.offset),
        total=place.total,
        form=parse_form(asked.inbound, arguments),
        args=_page_args(arguments),
    )


def _page_args(arguments: WindowArguments) -> dict[str, str]:
    given: dict[str, str] = {}
    for each in msgspec.structs.fields(WindowArguments):
        value = getattr(arguments, each.name)
        if each.name not in _PAGING and value not in (None, each.default):
            given[each.encode_name] = str(value).lower() if isinstance(value, bool) else str(value)
    return given


@dataclass(frozen=True, slots=True)
class _Page:
    """One window of a source in one format."""

    services: Services
    source: RowSource
    wanted: _Wanted
    window: Window
    delivery: Delivery

    def show(self, total: int | None) -> Outbound:
        """Return the answer; ``total`` None = it is not known and there is no further page.

        TooManyRows if the format does not hold them.
        """
        following, form = self._next(total), self.wanted.form
        if total is not None:
            form.entry.check_rows(self._count(total))
        is_steady = self.window.is_steady
        shown = [
            ("Content-Type", form.entry.content_type(form.options)),
            ("X-Content-Type-Options", "nosniff"),
            KEYED,
            self.delivery.cache if is_steady else CHANGING,
            *self.delivery.headers,
            *self._hints(total, following),
        ]
        return Outbound(
            headers=shown,
            body=self._body(total, following),
            is_steady=is_steady and not self.delivery.is_timed,
            is_result=True,
        )

    def _count(self, total: int) -> int:
        """Return how many of all rows come out."""
        rest = max(0, total - self.window.offset)
        return rest if self.window.limit is None else min(rest, self.window.limit)

    def _body(self, total: int | None, following: str | None) -> Body:
        rows, form = self.source.rows, self.wanted.form
        if isinstance(rows, Result) and form.entry.is_artifact(self.window, rows.columns):
            path, etag = self.services.read.path(rows), self._etag(None, None)
            return FileBody(path, etag, rows.retrieved_at)
        chunks = partial(self._open, total, following)
        if not self.window.is_steady:
            return chunks
        return Encoded(
            etag=self._etag(total, following),
            open=chunks,
            is_compressible=not form.entry.compresses(form.options),
            modified_at=rows.retrieved_at if isinstance(rows, Result) else None,
        )

    def _address(self) -> str:
        """Return the address of exactly this page."""
        args = {**self.source.args, **self.wanted.args}
        if self.wanted.ask.offset:
            args["offset"] = str(self.wanted.ask.offset)
        return self._at(args)

    def _at(self, args: Mapping[str, str]) -> str:
        path = f"{self.source.address}.{self.wanted.form.entry.extension}"
        return f"{path}?{urlencode(args)}" if args else path

    def _next(self, total: int | None) -> str | None:
        """Return the address of the next page, if there are more rows."""
        if total is None or self.window.limit is None:
            return None
        end = self.window.offset + self.window.limit
        if end >= total or self.window.limit == 0:
            return None
        cursor = write_cursor(self.source.identity, self.wanted.ask, Place(end, total))
        return self._at({**self.source.args, **self.wanted.args, "cursor": cursor})

    def _hints(self, total: int | None, following: str | None) -> Headers:
        """Return what else is worth a header: the next page, the number of rows, a file's name."""
        entry = self.wanted.form.entry
        hints = [("Vary", "Accept")] if self.wanted.form.is_negotiated else []
        if self.delivery.is_elsewhere:
            hints.append(("Content-Location", self._address()))
        if total is not None:
            hints.append(("X-Total-Rows", str(total)))
        if following is not None:
            hints.append(("Link", f'<{following}>; rel="next"'))
        if entry.name == "html":
            hints.append(("Content-Security-Policy", _LOCKED))
        if entry.name not in _INLINE:
            name = f"{self.source.name}.{entry.extension}"
            hints.append(("Content-Disposition", f'attachment; filename="{name}"'))
        return tuple(hints)

    def _etag(self, total: int | None, following: str | None) -> str:
        """Return the strong tag of exactly these bytes, without quotes.

        A total may come from a cursor that somebody made up: his answer is his alone.
        """
        form = (
            self.source.identity,
            self.window,
            self.wanted.form.entry.name,
            self.wanted.form.options,
            total,
            following,
        )
        return hashlib.sha256(repr(form).encode(errors="replace")).hexdigest()[:32]

    def _open(self, total: int | None, following: str | None) -> Chunks:
        """Start to encode; in JSON the rows are counted first, if need be."""
        read, rows = self.services.read, self.source.rows
        if total is None and self.wanted.form.entry.name == "json":
            total = read.total(rows, self.window)
        return read.encode(rows, self.window, self._encoding(total, following))()

    def _encoding(self, total: int | None, following: str | None) -> Encoding:
        columns, form = self.window.columns, self.wanted.form
        if form.entry.name != "json":
            return form.entry.make(columns, form.options)
        shown = {**self.source.head(columns), "total_rows": total, "next": following}
        head, tail = envelope(shown)
        return make_json(columns, form.options, head=head, tail=tail)
