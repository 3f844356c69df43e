"""Rows of executions: as JSON in the envelope, or as CSV, with the way to the next page."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from standpipe.core.errors import FieldInvalid
from standpipe.core.executions import ExecutionState
from standpipe.core.ports import Encoding
from standpipe.core.results import Result
from standpipe.core.windows import Window
from standpipe.dialects.dune.requests.options import page_options, parse_options
from standpipe.dialects.dune.requests.paths import mounted_at
from standpipe.dialects.dune.responses.bodies import (
    CHANGING,
    JSON_TYPE,
    KEYED,
    render_json,
    show_id,
)
from standpipe.dialects.dune.responses.executions import show_head, show_metadata, state_of
from standpipe.dialects.dune.responses.results import Page, csv_encoding, json_encoding
from standpipe.dialects.dune.responses.values import shown_columns
from standpipe.http.messages import Answer, Encoded, Inbound, Onward, Outbound, Work
from standpipe.services.directory import Services
from standpipe.services.latest import SeenRun

CSV_TYPE: Final = ("Content-Type", "text/csv; charset=utf-8")


def show_json(services: Services, inbound: Inbound, run: SeenRun) -> Answer:
    """Return a run with the rows that are asked for, if it is done; its head alone otherwise."""
    if run.result is None:
        parse_options(inbound)  # what is wrong is told now, not when the run is over
        return render_json(show_head(run, services.result_age))
    return _show(services, inbound, run, run.result, is_csv=False)


def show_csv(services: Services, inbound: Inbound, run: SeenRun) -> Answer:
    """Return the rows as CSV; FieldInvalid, with the text that spice waits on, if there are none.

    A run that waits for its turn is said to execute (compat/dune.md 7.1).
    """
    if run.result is None:
        state = state_of(run)
        if run.state is ExecutionState.QUEUED:
            state = "QUERY_STATE_EXECUTING"
        raise FieldInvalid(f"Query state is {state}, cannot provide CSV result")
    return _show(services, inbound, run, run.result, is_csv=True)


def _show(
    services: Services, inbound: Inbound, run: SeenRun, result: Result, *, is_csv: bool
) -> Answer:
    result = replace(result, columns=shown_columns(result.columns))
    known = [column.name for column in result.columns]
    window = services.read.window(result, parse_options(inbound, known))
    page = _Rows(services, inbound, run, result, window, is_csv)
    if window.where is not None:
        return Onward(Work.SLOW, lambda: page.show(services.read.total(result, window)))
    total = result.row_count
    if window.sample is not None:
        total = min(total, window.sample.rows)
    return page.show(total)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One window of a result in one of the two formats."""

    services: Services
    inbound: Inbound
    run: SeenRun
    result: Result
    window: Window
    is_csv: bool

    def show(self, total: int) -> Outbound:
        """Return the answer; ``total`` is how many rows all pages have together."""
        following = self._next(total)
        encoding = self._encoding(following)
        chunks = partial(self._open, encoding)
        body = Encoded(etag=self._etag(following), open=chunks) if self.window.is_steady else chunks
        shown = [CSV_TYPE if self.is_csv else JSON_TYPE, CHANGING, KEYED]
        shown.append(("X-Total-Count", str(total)))
        if self.is_csv and following:
            shown.append(("X-Dune-Next-Uri", following["next_uri"]))
            shown.append(("X-Dune-Next-Offset", str(following["next_offset"])))
        return Outbound(headers=shown, body=body, is_result=True)

    def _open(self, encoding: Encoding) -> Any:
        return self.services.read.encode(self.result, self.window, encoding)()

    def _encoding(self, following: dict[str, Any]) -> Encoding:
        columns = self.window.columns
        if self.is_csv:
            return csv_encoding(columns)
        page = Page(
            head=show_head(self.run, self._kept),
            columns=columns,
            metadata=show_metadata(self.run, self.result),
            after=following,
            is_whole=self.window.is_all_rows and len(columns) == len(self.result.columns),
        )
        return json_encoding(page)

    @property
    def _kept(self) -> timedelta:
        return self.services.result_age

    def _next(self, total: int) -> dict[str, Any]:
        """Return address and offset of the next page; empty if there is none."""
        limit = self.window.limit
        if not limit or self.window.offset + limit >= total:
            return {}
        offset = self.window.offset + limit
        options = {**page_options(self.inbound), "limit": limit, "offset": offset}
        suffix = "/csv" if self.is_csv else ""
        path = f"{mounted_at(self.inbound)}/execution/{show_id(self.run.uid)}/results{suffix}"
        return {"next_uri": f"{path}?{urlencode(options)}", "next_offset": offset}

    def _etag(self, following: dict[str, Any]) -> str:
        """Return the strong tag of exactly these bytes, without quotes."""
        head = show_head(self.run, self._kept)
        form = (self.result.uid, self.window, self.is_csv, following, head)
        return hashlib.sha256(repr(form).encode(errors="replace")).hexdigest()[:32]
