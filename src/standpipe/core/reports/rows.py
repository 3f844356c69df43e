"""The rows of a report as windows over a stored result: compat/myreports.md 8, stage 2."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from standpipe.core.calendar import Calendar
from standpipe.core.columns import Column
from standpipe.core.data_sets.fields import DATES, Fields, name_node
from standpipe.core.data_sets.values import any_of, or_null, shown_value, value_node
from standpipe.core.errors import FieldInvalid
from standpipe.core.reports.conditions import Condition, ReportOperator, Value
from standpipe.core.reports.dates import ALL_DAYS, is_on
from standpipe.core.reports.requests import ReportPlan
from standpipe.core.reports.settings import DisplayField
from standpipe.core.windows.kinds import NUMBERS, T, value_type
from standpipe.core.windows.syntax import (
    Between,
    Both,
    Call,
    Cast,
    Comparison,
    Is,
    Likeness,
    Literal,
    Membership,
    Negation,
    Node,
    Operator,
    OutputTerm,
    SortTerm,
    TypedLiteral,
)
from standpipe.core.windows.window import WindowAsk

_ESCAPE: Final = "\\"
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CODES: Final = ("id", "num", "number", "no", "code", "type", "dir", "year", "key")
_O = ReportOperator


class ReportRows:
    """A plan over the columns of a result; what does not fit them is FieldInvalid."""

    def __init__(self, plan: ReportPlan, columns: Sequence[Column]) -> None:
        """Find the columns that the plan names."""
        self._plan = plan
        self._settings = plan.settings
        self._fields = Fields(columns, "")
        self._columns = columns
        # Nothing is counted from now: the period has its ends.
        zone = ZoneInfo(plan.settings.time_zone)
        self._calendar = Calendar(_ANY_TIME, zone)

    def shown(self) -> tuple[DisplayField, ...]:
        """Return the fields that are shown, by the names of their columns."""
        settings = self._settings
        if settings.display is None:
            names = [column.name for column in self._columns]
            return tuple(DisplayField(field=name) for name in names if name != settings.identity)
        return tuple(
            replace(each, field=self._get(each.field, "display").name) for each in settings.display
        )

    def columns(self) -> tuple[str, ...]:
        """Return the columns that come out: the fields, then the identity of a row."""
        names = [each.field for each in self.shown()]
        identity = self._settings.identity
        if identity is None:
            return tuple(names)
        return (*names, self._get(identity, "identity").name)

    def ask(self, offset: int = 0, limit: int | None = None) -> WindowAsk:
        """Return what to read: the rows in their order, the report's row limit set aside."""
        # Names may repeat: all columns are asked for as such, or only the first would come out.
        is_all = self._settings.display is None and self._settings.identity is None
        return WindowAsk(
            columns=None if is_all else self.columns(),
            where=self.where(),
            order_by=self._order(),
            offset=offset,
            limit=limit,
        )

    def summary(self) -> WindowAsk | None:
        """Return the sums over all rows, in the order of the fields; None if there are none."""
        names = self.added()
        if not names:
            return None
        terms = tuple(
            OutputTerm(
                node=Call(name="sum", arguments=(name_node(self._get(name, "summary")),)),
                text=name,
                alias=name,
            )
            for name in names
        )
        return WindowAsk(where=self.where(), aggregates=terms)

    def added(self) -> tuple[str, ...]:
        """Return the columns that are summed up, in the order of the fields."""
        if self._settings.summary is None:
            shown = [self._get(each.field, "display") for each in self.shown()]
            return tuple(column.name for column in shown if _is_additive(column))
        wanted = {self._get(name, "summary").name for name in self._settings.summary}
        order = [each.field for each in self.shown()]
        return (*(name for name in order if name in wanted), *sorted(wanted - set(order)))

    def where(self) -> Node | None:
        """Return what rows must be, but for what the run has seen to."""
        parts = [*self._dates(), *self._weekdays()]
        pushed = set(self._plan.pushed)
        for name, conditions in (
            ("filter", self._plan.saved),
            ("additionalConditions", self._plan.additional),
        ):
            for number, condition in enumerate(conditions):
                if condition.field not in pushed:
                    parts.append(self._condition(condition, f"{name}[{number}]"))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Both(parts=tuple(parts))

    def _get(self, field: str, path: str) -> Column:
        return self._fields.get(field, path=path)

    def _order(self) -> tuple[SortTerm, ...]:
        return tuple(
            SortTerm(
                node=name_node(self._get(each.field, "sort")), is_descending=each.is_descending
            )
            for each in self._settings.sort
        )

    def _dates(self) -> Iterator[Node]:
        dates, period = self._settings.dates, self._plan.period
        if dates.from_column is not None and period.start is not None:
            yield self._beside(Operator.AT_LEAST, dates.from_column, period.start)
        last = dates.to_column or dates.from_column
        if last is not None and period.end is not None:
            yield self._beside(Operator.LESS, last, period.end)

    def _beside(self, operator: Operator, field: str, moment: datetime) -> Node:
        column = self._get(field, "dates")
        if value_type(column) not in DATES:
            raise FieldInvalid(
                f"dates: the column {column.name!r} holds no dates but {value_type(column)}."
            )
        return Comparison(
            operator=operator, left=name_node(column), right=self._moment(moment, column)
        )

    def _moment(self, moment: datetime, column: Column) -> Node:
        kind = value_type(column)
        is_local = kind is T.DATE or (kind is T.TIMESTAMP and self._settings.dates.are_local)
        at = self._calendar.wall(moment).replace(fold=0) if is_local else moment.astimezone(UTC)
        if kind is not T.TIMESTAMPTZ:
            at = at.replace(tzinfo=None)
        return TypedLiteral(kind="timestamp", text=at.isoformat())

    def _weekdays(self) -> Iterator[Node]:
        mask, field = self._plan.date_filter.days_of_week, self._settings.dates.from_column
        if mask == ALL_DAYS or field is None:
            return
        column = self._get(field, "dates")
        node: Node = name_node(column)
        is_moment = value_type(column) is T.TIMESTAMPTZ or (
            value_type(column) is T.TIMESTAMP and not self._settings.dates.are_local
        )
        if is_moment:
            zone = Literal(value=self._settings.time_zone)
            node = Call(name="at_zone", arguments=(zone, node))
        days = [number for number in range(7) if is_on(mask, (number - 1) % 7)]
        yield Membership(
            operand=Call(name="date_part", arguments=(Literal(value="dow"), node)),
            members=tuple(Literal(value=day) for day in days) or (Literal(value=-1),),
        )

    def _condition(self, condition: Condition, path: str) -> Node:
        column = self._get(condition.field, f"{path}.fieldName")
        positive = _POSITIVE.get(condition.operator)
        if positive is not None:
            node = self._positive(positive, condition.values, column, path)
            return or_null(Negation(operand=node), column)
        return self._positive(condition.operator, condition.values, column, path)

    def _positive(
        self, operator: ReportOperator, values: Sequence[Value], column: Column, path: str
    ) -> Node:
        if operator in (_O.IS_NULL, _O.IS_NOT_NULL):
            return Is(operand=name_node(column), what=None, is_negated=operator is _O.IS_NOT_NULL)
        if operator in _PATTERNS:
            return any_of([_like(operator, each, column) for each in values])
        nodes = [self._value(each, column, f"{path}.values[{n}]") for n, each in enumerate(values)]
        if operator is _O.EQUAL:
            return Membership(operand=name_node(column), members=tuple(nodes))
        if operator is _O.BETWEEN:
            return Between(operand=name_node(column), low=nodes[0], high=nodes[1])
        compared = Operator(operator.value)
        return any_of(
            [Comparison(operator=compared, left=name_node(column), right=each) for each in nodes]
        )

    def _value(self, value: Value, column: Column, path: str) -> Node:
        if value_type(column) not in DATES:
            return value_node(value, column, path=path)
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise FieldInvalid(
                f"{path}: {shown_value(value)} is no date.",
                detail="Expected: a date such as 2025-09-26T09:00:00+01:00.",
            ) from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._calendar.zone)
        return self._moment(moment, column)


def _like(operator: ReportOperator, value: Value, column: Column) -> Node:
    """Return whether a column, as a text, holds another one, without regard to case."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    for mark in (_ESCAPE, "%", "_"):
        text = text.replace(mark, _ESCAPE + mark)
    before, behind = _PATTERNS[operator]
    node: Node = name_node(column)
    if value_type(column) is not T.TEXT:
        node = Cast(operand=node, type="varchar")
    return Likeness(
        operand=node, pattern=f"{before}{text}{behind}", escape=_ESCAPE, ignores_case=True
    )


def _is_additive(column: Column) -> bool:
    """Whether the values of a column can be summed up, by its type and name."""
    kind = value_type(column)
    if kind not in NUMBERS:
        return False
    return kind is not T.INTEGER or not column.name.lower().endswith(_CODES)


_POSITIVE: Final = {
    _O.UNEQUAL: _O.EQUAL,
    _O.NOT_CONTAINS: _O.CONTAINS,
    _O.NOT_STARTS_WITH: _O.STARTS_WITH,
    _O.NOT_ENDS_WITH: _O.ENDS_WITH,
}
_PATTERNS: Final = {
    _O.CONTAINS: ("%", "%"),
    _O.STARTS_WITH: ("", "%"),
    _O.ENDS_WITH: ("%", ""),
}
