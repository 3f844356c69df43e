"""From saved text and given values to the statement that runs: the one place where they meet."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from standpipe.core.dynamic_dates import is_dynamic
from standpipe.core.errors import ParameterInvalid, ParameterMissing, StatementRefused
from standpipe.core.executions import Statement
from standpipe.core.ids import DataSourceId
from standpipe.core.parameter_values import check_values
from standpipe.core.parameters import Parameter
from standpipe.core.tables import TablePin
from standpipe.sql.auto_limit import with_auto_limit
from standpipe.sql.bind import DUCKDB, TRINO, bind
from standpipe.sql.fingerprint import fingerprint
from standpipe.sql.statements import strip_terminator
from standpipe.sql.template import check_places, parse
from standpipe.sql.transpile import to_duckdb
from standpipe.sql.undeclared import with_undeclared
from standpipe.sql.uploads import find_uploads

Members = Callable[[Parameter], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryText:
    """SQL with parameter definitions, for one data source.

    ``policy`` names who may share the results: the same statement under another one runs apart.
    ``is_trino`` has the bound statement translated from Trino's SQL; ``is_plain`` says that braces
    in it are no placeholders.
    """

    sql: str
    sql_dialect: str
    parameters: tuple[Parameter, ...]
    data_source_id: DataSourceId
    has_auto_limit: bool = False
    policy: str = ""
    is_trino: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundText:
    """A statement ready to run, and its identity.

    ``tables`` are the uploaded ones that it reads. ``names_tables`` says that it may name some,
    whether they exist or not: its identity changes with them. ``hides_tables`` says that it names
    some that are not for this caller.
    """

    statement: Statement
    fingerprint: str
    tables: tuple[TablePin, ...] = ()
    names_tables: bool = False
    hides_tables: bool = False


def declare(sql: str, sql_dialect: str, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the declared parameters and a text one for every placeholder nobody declared.

    PlaceholderUnbindable where a placeholder stands in a place that cannot be bound.
    """
    template = parse(sql, sql_dialect)
    declared = tuple(parameter for parameter in parameters if parameter.is_declared)
    complete = with_undeclared(template, declared)
    check_places(template, complete)
    return complete


def bind_text(
    text: QueryText, given: Mapping[str, Any], *, members: Members | None, now: datetime | None
) -> BoundText:
    """Check the values and bind them; ParameterInvalid, ParameterMissing, StatementRefused.

    What is not given takes its default; dynamic dates are resolved at ``now``.
    """
    sql = strip_terminator(text.sql, text.sql_dialect)
    if text.has_auto_limit:
        sql = with_auto_limit(sql, text.sql_dialect)
    statement = (
        Statement(text=sql, display=sql)
        if text.is_plain
        else _filled(text, sql, given, members, now)
    )
    if text.is_trino:
        statement = replace(statement, text=to_duckdb(statement.text))
    return BoundText(
        statement=statement,
        fingerprint=fingerprint(statement, text.data_source_id, text.policy, text.sql_dialect),
    )


def _filled(
    text: QueryText,
    sql: str,
    given: Mapping[str, Any],
    members: Members | None,
    now: datetime | None,
) -> Statement:
    template = parse(sql, text.sql_dialect)
    values = check_values(
        text.parameters,
        given,
        members=members,
        use_defaults=True,
        now=now,
        needed=template.names,
    )
    style = TRINO if text.is_trino else DUCKDB
    return bind(template, values, text.parameters, style=style)


def default_fingerprint(text: QueryText) -> str | None:
    """Return the identity of a run with all default values; None when one is missing or wrong.

    Dynamic dates have no lasting identity, and list members and uploaded tables may change: all
    give None until such a run is asked for (``QueryStore.set_default_run``).
    """
    try:
        bound = bind_text(text, {}, members=None, now=None)
    except (ParameterMissing, ParameterInvalid, StatementRefused):
        return None
    return None if find_uploads(bound.statement.text, text.sql_dialect) else bound.fingerprint


def moves(parameters: Sequence[Parameter]) -> bool:
    """Whether the default values may mean something else tomorrow."""
    return any(
        parameter.query_id is not None or is_dynamic(parameter.default, parameter.kind)
        for parameter in parameters
    )
