"""The table of figures: one line for each piece of work, and whether its target was met."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

RESULTS = Path(__file__).parent / "results.md"
_FORMS = {
    "s": lambda value: f"{value * 1000:,.1f} ms",
    "req/s": lambda value: f"{value:,.0f} req/s",
    "MiB": lambda value: f"{value:,.0f} MiB",
    "GB/s": lambda value: f"{value:.2f} GB/s",
    "%": lambda value: f"{value:.1f} %",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure against its reference; ``unit`` is s, req/s, MiB, GB/s or %.

    ``least`` and ``most`` bound ours / reference, ``extra`` is added to what is allowed; without
    either the figure is there to be known.
    """

    work: str
    ours: float
    reference: float
    reference_name: str
    unit: str = "s"
    most: float | None = None
    least: float | None = None
    extra: float = 0.0

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its bounds."""
        if self.most is not None and self.ours > self.most * self.reference + self.extra:
            return False
        return self.least is None or self.ours >= self.least * self.reference

    @property
    def line(self) -> str:
        """The line in Markdown."""
        form = _FORMS[self.unit]
        met = "yes" if self.is_met else "NO"
        return (
            f"| {self.work} | {form(self.ours)} | {form(self.reference)} ({self.reference_name})"
            f" | {self.ours / self.reference:.2f} | {self._target} | {met} |"
        )

    @property
    def _target(self) -> str:
        if self.most is None and self.least is None:
            return "-"
        extra = f" + {_FORMS[self.unit](self.extra)}" if self.extra else ""
        return f"<= {self.most:g}{extra}" if self.most is not None else f">= {self.least:g}"


def write(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Write results.md and return its text."""
    when = datetime.now(UTC).date().isoformat()
    text = "\n".join(
        [
            "# Figures\n",
            (
                f"Written by `make bench` on {when}: {os.cpu_count()} cores, Python"
                f" {platform.python_version()}, DuckDB {duckdb.__version__}. Medians of 5 or more"
                " runs, interleaved with their references in the same run. The ratio is ours to the"
                " reference; where the reference is a limit, it says so.\n"
            ),
            "| work | ours | reference | ratio | target | met |",
            "|---|---|---|---|---|---|",
            *(row.line for row in rows),
            "",
            *notes,
            "",
        ]
    )
    RESULTS.write_text(text)
    return text
