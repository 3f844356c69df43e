"""Queries whose whole SQL is a parameter: some of Dune's clients send every statement so.

Such a query exists only if its owner set the flag, and runs for him alone: what he sends is SQL of
his own, for which he needs the same rights as for any statement that is not saved. It is private,
since what his statements gave is no more for others than the statements are.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from standpipe.core.datasources import DataSource
from standpipe.core.errors import FieldInvalid, NotAllowed, ParameterInvalid, ParameterMissing
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.permissions import Access, require_permission, require_source
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Query, Visibility

RAW_SQL_FLAG: Final = "raw_sql"
_WHOLE: Final = re.compile(r"\s*\{\{\s*([^{}]+?)\s*\}\}\s*;?\s*")


def is_raw(query: Query) -> bool:
    """Whether the query's SQL is what its caller sends."""
    return RAW_SQL_FLAG in query.flags


def require_raw(principal: Principal, query: Query, source: DataSource) -> None:
    """Raise NotAllowed unless this is the query's owner, who may run statements of his own."""
    if principal.user_id is None or principal.user_id != query.owner_id:
        raise NotAllowed("This query takes whole statements, and only from its owner.")
    require_permission(principal, Permission.EXECUTE_QUERY)
    require_source(principal, source, Access.FULL)


def raw_parameter(query: Query) -> Parameter:
    """Return the parameter that holds the statement.

    FieldInvalid if the SQL is anything else, or if others may see what the statements gave.
    """
    if query.visibility is not Visibility.PRIVATE:
        raise FieldInvalid(
            "A query that takes whole statements must be private.",
            detail="Others would read what its owner asked.",
            hint="Make it private, or let it take none.",
        )
    found = _WHOLE.fullmatch(query.sql)
    if found is None:
        raise FieldInvalid(
            "The SQL of a query that takes whole statements must be one placeholder.",
            detail="Allowed: {{query}}.",
        )
    known = {parameter.name: parameter for parameter in query.parameters}
    return known.get(found[1], Parameter(name=found[1], kind=ParameterKind.TEXT))


def raw_statement(query: Query, values: Mapping[str, Any]) -> str:
    """Return the SQL that was sent; ParameterMissing, ParameterInvalid."""
    parameter = raw_parameter(query)
    unknown = [name for name in values if name != parameter.name]
    if unknown:
        raise ParameterInvalid(unknown)
    sql = values.get(parameter.name, parameter.default)
    if sql is None or sql == "":
        raise ParameterMissing([parameter.name])
    if not isinstance(sql, str):
        raise ParameterInvalid([parameter.name], detail="It must be a text.")
    return sql
