"""The arguments of every address that gives rows: which part of a result, and in which form."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import (
    Sample,
    WindowAsk,
    parse_aggregates,
    parse_columns,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.core.windows.syntax import Name, OutputTerm
from standpipe.dialects.native.requests.lists import Cursor
from standpipe.formats.values.options import Compression, Numbers, Shape

MOST_ROWS: Final = 2**53

Columns = Annotated[
    str, Meta(description="Columns, separated by commas; names with a comma in double quotes.")
]
Filter = Annotated[
    str,
    Meta(
        description="Only rows for which this holds: comparisons, AND, OR, NOT, IN, BETWEEN,"
        " LIKE, IS NULL, functions, dates such as now - 7 days.",
        examples=["dep_delay > 60 and carrier in ('AA', 'UA')"],
    ),
]
Sort = Annotated[
    str, Meta(description="Order of the rows: terms with ASC, DESC, NULLS FIRST, NULLS LAST.")
]
GroupBy = Annotated[str, Meta(description="One row for each value of these terms.")]
Aggregate = Annotated[
    str, Meta(description="Values of each group: count(*), sum(x), avg(x) as mean, ...")
]
Distinct = Annotated[str, Meta(description="Each combination of these columns once.")]
SampleRows = Annotated[
    int, Meta(ge=1, le=MOST_ROWS, description="This many rows by chance, after the filter.")
]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1, description="The same seed gives the same sample.")]
Offset = Annotated[int, Meta(ge=0, le=MOST_ROWS, description="How many rows to pass over.")]
Limit = Annotated[int, Meta(ge=0, le=MOST_ROWS, description="How many rows at most.")]
FormatName = Annotated[
    str, Meta(description="The format; instead of a suffix of the path, or the Accept header.")
]
ShapeName = Annotated[Shape, Meta(description="Of rows in JSON.")]
NumberForm = Annotated[
    Numbers,
    Meta(description="How JSON has numbers; auto: as text where a double would not hold them."),
]
NullText = Annotated[str, Meta(max_length=100, description="What stands for null in CSV and TSV.")]
DateFormat = Annotated[
    str, Meta(max_length=100, description="How dates are written: strftime codes.")
]
DatetimeFormat = Annotated[
    str, Meta(max_length=100, description="How dates with a time are written: strftime codes.")
]
Header = Annotated[bool, Meta(description="Whether the first line of CSV and TSV names columns.")]
Delimiter = Annotated[
    Literal["comma", "tab", "semicolon", "bar", ",", "\t", ";", "|"],
    Meta(description="What stands between the cells of CSV."),
]
Guard = Annotated[
    bool, Meta(description="Whether texts that a spreadsheet takes for formulas are disarmed.")
]

CompressionName = Annotated[Compression, Meta(description="Of the bodies inside Arrow.")]


class WindowArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of a result, in the order in which it is taken, and in which form."""

    filter: Filter | None = None
    sample: SampleRows | None = None
    seed: Seed = 0
    group_by: GroupBy | None = None
    aggregate: Aggregate | None = None
    distinct: Distinct | None = None
    sort: Sort | None = None
    offset: Offset | None = None
    limit: Limit | None = None
    cursor: Cursor | None = None
    columns: Columns | None = None
    format: FormatName | None = None
    shape: ShapeName | None = None
    numbers: NumberForm | None = None
    null_text: NullText | None = None
    date_format: DateFormat | None = None
    datetime_format: DatetimeFormat | None = None
    header: Header | None = None
    delimiter: Delimiter | None = None
    guard: Guard | None = None
    compression: CompressionName | None = None


def parse_window(arguments: WindowArguments) -> WindowAsk:
    """Return what is asked for, from its first row on; WindowInvalid says where a text is wrong.

    FieldInvalid for arguments that exclude each other.
    """
    is_grouped = arguments.group_by is not None or arguments.aggregate is not None
    if arguments.distinct is not None and is_grouped:
        raise FieldInvalid(
            "The argument 'distinct' is given together with a grouping.",
            detail="distinct=a,b is group_by=a,b without aggregates.",
        )
    if arguments.cursor is not None and arguments.offset is not None:
        raise FieldInvalid("The arguments 'cursor' and 'offset' are both given.")
    return WindowAsk(
        columns=None if arguments.columns is None else parse_columns(arguments.columns),
        where=None if arguments.filter is None else parse_filter(arguments.filter),
        sample=None
        if arguments.sample is None
        else Sample(rows=arguments.sample, seed=arguments.seed),
        group_by=_keys(arguments),
        aggregates=() if arguments.aggregate is None else parse_aggregates(arguments.aggregate),
        order_by=() if arguments.sort is None else parse_sort(arguments.sort),
        offset=arguments.offset or 0,
        limit=arguments.limit,
    )


def _keys(arguments: WindowArguments) -> tuple[OutputTerm, ...]:
    if arguments.distinct is not None:
        names = parse_columns(arguments.distinct, "distinct")
        return tuple(OutputTerm(node=Name(text=name), text=name) for name in names)
    return () if arguments.group_by is None else parse_group(arguments.group_by)
