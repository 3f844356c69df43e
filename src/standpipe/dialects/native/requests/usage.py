"""Of which days usage is asked for, and whose."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from standpipe.core.usage import Period


class Scope(StrEnum):
    """Whose usage."""

    OWN = "own"
    WORKSPACE = "workspace"


class UsageArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which periods to list."""

    start: (
        Annotated[date, Meta(description="The first day; left out: that of the end's month.")]
        | None
    ) = None
    end: (
        Annotated[date, Meta(description="The last day, itself included; left out: today.")] | None
    ) = None
    by: Annotated[Period, Meta(description="How long each period is.")] = Period.MONTH
    scope: Annotated[
        Scope, Meta(description="Your own usage, or everybody's (for administrators).")
    ] = Scope.OWN
