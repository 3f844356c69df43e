"""Turns a template and checked values into the statement that a data source is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import add
from typing import Any, cast

from standpipe.core.errors import ParameterInvalid, ParameterMissing
from standpipe.core.executions import Statement
from standpipe.core.parameters import BoundParameters, BoundValue, Parameter, Range, Scalar
from standpipe.sql.places import ListRole, Place, PlaceKind
from standpipe.sql.template import PLAIN_NAME, WHOLE_NUMBER, Template, check_places


@dataclass(frozen=True, slots=True, kw_only=True)
class BindStyle:
    """How a driver wants its placeholders.

    ``mark`` is a format string over ``name`` and ``number``: ``${name}``, ``:{name}``,
    ``%({name})s``, ``${number}``, ``?``. Where ``reuses_names`` is False every mark takes the next
    value, in the order of ``Statement.values``. ``doubles_percent`` is for drivers that read ``%``
    in the text; ``quote`` is the quote around names. With ``types_literals`` a whole literal of a
    number or date is bound as such, for drivers that call every string a text. With ``reads_hex`` a
    text such as ``0xAb`` that stands without quotes is bound as the bytes that it writes.
    """

    mark: str
    reuses_names: bool = True
    doubles_percent: bool = False
    quote: str = '"'
    types_literals: bool = False
    reads_hex: bool = False


DUCKDB = BindStyle(mark="${name}")
TRINO = replace(DUCKDB, reads_hex=True)  # Dune's addresses and hashes, compat/dune.md 5.2
_HEX = re.compile(r"0x[0-9a-fA-F]*")


def bind(
    template: Template,
    bound: BoundParameters,
    parameters: Sequence[Parameter],
    *,
    style: BindStyle = DUCKDB,
) -> Statement:
    """Return the statement: no value is ever part of its text.

    Equal templates and values give equal statements. Binds are ``p1``, ``p2``, ... in order of
    appearance, and a placeholder that stands twice in the same form is one bind, so that an
    expression in SELECT and GROUP BY stays the same expression. ParameterMissing names what has no
    value; PlaceholderUnbindable and ParameterInvalid where a closed place does not take it.
    """
    missing = [name for name in template.names if name not in bound.written]
    if missing:
        raise ParameterMissing(missing, hint="Send a value for each of them.")
    check_places(template, parameters)
    binder = _Binder(bound=bound, style=style, prefix=_prefix(template.sql, style))
    text = "".join(
        binder.fill(piece) if isinstance(piece, Place) else binder.verbatim(piece)
        for piece in template.pieces
    )
    shown = "".join(
        piece if isinstance(piece, str) else bound.written[piece.name] for piece in template.display
    )
    return Statement(text=text, values=binder.values, display=shown)


def _prefix(sql: str, style: BindStyle) -> str:
    """Return a prefix for bind names whose mark the author's text does not hold."""
    before_name, has_name, _ = style.mark.partition("{name}")
    prefix = "p"
    while has_name and f"{before_name}{prefix}" in sql:
        prefix += "p"
    return prefix


@dataclass(slots=True, kw_only=True)
class _Binder:
    """Collects the binds of one statement."""

    bound: BoundParameters
    style: BindStyle
    prefix: str
    values: dict[str, Scalar] = field(default_factory=dict)
    marks: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def verbatim(self, text: str) -> str:
        """Return the author's text as this driver must be given it."""
        return text.replace("%", "%%") if self.style.doubles_percent else text

    def fill(self, place: Place) -> str:
        """Return what stands in a place."""
        if place.is_closed:
            return self._closed(place)
        if place.kind is PlaceKind.TYPED:
            return f"CAST({self._mark(place, self._joined(place))} AS {place.type_name})"
        value = self._value(place.names[0]) if place.is_whole else None
        if isinstance(value, tuple) and self._expands(place):
            return self._several(place, value)
        mark = self._mark(place, self._single(place, value))
        return f"({mark})" if place.is_wrapped else mark

    def _expands(self, place: Place) -> bool:
        return place.kind is PlaceKind.VALUE or place.role is not ListRole.NONE

    def _several(self, place: Place, members: tuple[Scalar, ...]) -> str:
        """Return one bind for each member of a list."""
        name = place.names[0]
        if place.role is ListRole.NONE and len(members) != 1:
            raise ParameterInvalid(
                (name,),
                detail=f"{name}: {len(members)} values were given where one can stand "
                f"(line {place.line} of the SQL text).",
                hint="Send one value, or write col IN ({{ name }}) in the SQL text.",
            )
        if not members:
            return self._empty(place)
        as_text = place.kind is PlaceKind.LITERAL
        return ", ".join(
            self._mark(place, str(member) if as_text else self._bare(member), number)
            for number, member in enumerate(members)
        )

    def _empty(self, place: Place) -> str:
        """Return what matches nothing behind IN, and takes nothing away behind NOT IN."""
        if place.role is ListRole.ARRAY and place.is_alone:
            return ""
        if place.role is not ListRole.NOT_IN:
            return "NULL"
        if place.is_alone:
            return "SELECT NULL WHERE 1 = 0"
        raise ParameterInvalid(
            place.names,
            detail=f"{place.names[0]}: an empty list cannot stand beside other values in NOT IN.",
            hint="Send at least one value.",
        )

    def _single(self, place: Place, value: BoundValue) -> Scalar:
        if place.kind is PlaceKind.VALUE:
            return self._bare(cast("Scalar", value))
        if self.style.types_literals and value is not None and not isinstance(value, str | tuple):
            return cast("Scalar", value)
        return self._joined(place)

    def _bare(self, value: Scalar) -> Scalar:
        """Return what a value without quotes is; an odd number of digits begins with a 0."""
        if not (self.style.reads_hex and isinstance(value, str) and _HEX.fullmatch(value)):
            return value
        digits = value.removeprefix("0x")
        return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))

    def _joined(self, place: Place) -> str:
        """Return the text of a literal with the values written into it."""
        written = [self.bound.written[name] for name in place.names]
        return "".join(map(add, place.texts, (*written, "")))

    def _value(self, name: str) -> BoundValue:
        """Return the typed value of a placeholder, also one end of a range."""
        if name in self.bound.values:
            return self.bound.values[name]
        base, _, end = name.rpartition(".")
        value = self.bound.values[base]
        return value.start if isinstance(value, Range) and end == "start" else _end(value)

    def _mark(self, place: Place, value: Scalar, number: int = 0) -> str:
        key = (place.kind, place.texts, place.names, number)
        name = self.marks.get(key) if self.style.reuses_names else None
        if name is None:
            name = f"{self.prefix}{len(self.values) + 1}"
            self.marks[key] = name
            self.values[name] = value
        return self.style.mark.format(name=name, number=name.removeprefix(self.prefix))

    def _closed(self, place: Place) -> str:
        """Return a name or whole number: the only text of a caller that is not bound."""
        values = [self._value(name) for name in place.names]
        if place.kind is PlaceKind.QUOTED:
            parts = [_plain(place, value) for value in values]
            return self._quoted("".join(map(add, place.texts, (*parts, ""))))
        value = values[0]
        members = value if isinstance(value, tuple) else (value,)
        return ", ".join(self._name(place, _plain(place, member)) for member in members)

    def _name(self, place: Place, text: str) -> str:
        is_bare = place.kind is PlaceKind.WORD or WHOLE_NUMBER.fullmatch(text)
        return text if is_bare else self._quoted(text)

    def _quoted(self, text: str) -> str:
        quote = self.style.quote
        return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def _plain(place: Place, value: BoundValue) -> str:
    """Return the text of an allow-listed name or whole number; ParameterInvalid for others."""
    text = str(value)
    is_name = isinstance(value, str) and PLAIN_NAME.fullmatch(text)
    if is_name or WHOLE_NUMBER.fullmatch(text):
        return text
    raise ParameterInvalid(
        place.names,
        detail=f"{text[:80]!r} is not a plain name or whole number, and {place.why}.",
        hint="Send one of the options, or a whole number.",
    )


def _end(value: BoundValue) -> BoundValue:
    return value.end if isinstance(value, Range) else value
