"""A home with an administrator, a second user, and one data source over the given files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import standpipe
from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.principals import Principal
from standpipe.services.accounts import NewAccount
from standpipe.services.datasources import SourceDraft
from standpipe.services.queries import QueryDraft

DEMO_DATA = Path(standpipe.__file__).parent / "demo" / "data"


@dataclass(frozen=True)
class Seeded:
    """What a test needs to know of a home."""

    home: Path
    admin_key: str
    other_key: str
    source_id: int
    queries: Mapping[str, int]
    query_keys: Mapping[str, str]


def seed(
    home: Path,
    files: list[Path] | None = None,
    queries: dict[str, Any] | None = None,
    **settings: Any,
) -> Seeded:
    """Make a home; ``queries`` maps a name to SQL, or to (SQL, parameters).

    ``settings`` are those of its data source besides the files.
    """
    with opened(Settings(home=home, log_level="error"), is_operator=True) as house:
        services = house.services
        admin = services.accounts.set_up(
            NewAccount(name="Admin", email="admin@example.org", password="correct horse")
        )
        principal = services.accounts.principal(admin)
        other = services.accounts.add_user(
            principal,
            NewAccount(name="Other", email="other@example.org", password="battery staple"),
            is_admin=False,
        )
        if files:
            settings["paths"] = [str(path) for path in files]
        source = services.data_sources.create(
            principal, SourceDraft(name="Files", kind="duckdb", settings=settings)
        )
        saved = {
            name: services.queries.create(principal, _draft(name, given, source.id))
            for name, given in (queries or {}).items()
        }
        keys = services.keys.query_keys(principal, list(saved.values()))
        return Seeded(
            home=home,
            admin_key=services.keys.user_key(principal, admin),
            other_key=services.keys.user_key(_as(services, other), other),
            source_id=source.id,
            queries={name: query.id for name, query in saved.items()},
            query_keys={name: keys[query.id] for name, query in saved.items()},
        )


def number(name: str, default: Any = None) -> Parameter:
    """A number parameter."""
    return Parameter(name=name, kind=ParameterKind.NUMBER, default=default)


def text(name: str, default: Any = None) -> Parameter:
    """A text parameter."""
    return Parameter(name=name, kind=ParameterKind.TEXT, default=default)


def _as(services: Any, user: Any) -> Principal:
    principal: Principal = services.accounts.principal(user)
    return principal


def _draft(name: str, given: Any, source_id: Any) -> QueryDraft:
    sql, parameters = given if isinstance(given, tuple) else (given, ())
    return QueryDraft(
        name=name, sql=sql, parameters=parameters, data_source_id=source_id, is_draft=False
    )
