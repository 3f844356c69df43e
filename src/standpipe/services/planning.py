"""Dry runs: what would be run, what it would give, and whether it may; nothing is executed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from standpipe.core.columns import Column
from standpipe.core.datasources import DataSource
from standpipe.core.errors import NotFound, StandpipeError
from standpipe.core.executions import RunLimits, Statement
from standpipe.core.parameters import Parameter
from standpipe.core.permissions import require_user, sees_query
from standpipe.core.ports import (
    ArtifactStore,
    Connectors,
    DataSourceStore,
    PartStore,
    QueryStore,
    ResultStore,
    TableStore,
)
from standpipe.core.principals import Principal
from standpipe.core.results import Result
from standpipe.services.binding import Binding
from standpipe.services.named_tables import open_tables
from standpipe.services.query_text import BoundText
from standpipe.services.submit import QueryAsk, StatementAsk, Submit

PLAN_SECONDS = 30.0


class PlanningStore(QueryStore, DataSourceStore, ResultStore, TableStore, PartStore, Protocol):
    """The slice of the metadata store that planning needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would be. ``verdict`` is the error it would meet first; None = it is allowed.

    What lies behind the error is not filled in: without the right to run there is nothing,
    without values for all parameters no statement, and so on. ``parameters`` are all that the text
    has placeholders for. ``text`` is the source's own plan,
    ``estimated_rows`` its guess; ``stored`` is the result that would be given at any age.
    """

    verdict: StandpipeError | None = None
    parameters: tuple[Parameter, ...] = ()
    statement: Statement | None = None
    fingerprint: str | None = None
    columns: tuple[Column, ...] = ()
    text: str = ""
    estimated_rows: int | None = None
    stored: Result | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether a run would be accepted and its statement makes sense to the source."""
        return self.verdict is None


class Planning:
    """Plans runs of saved queries and of statements; for users."""

    def __init__(
        self,
        store: PlanningStore,
        *,
        submit: Submit,
        binding: Binding,
        connectors: Connectors,
        artifacts: ArtifactStore,
        limits: RunLimits,
    ) -> None:
        """Take the ports; ``limits`` are those of runs, of which planning takes 30 s at most."""
        self._store = store
        self._submit = submit
        self._binding = binding
        self._connectors = connectors
        self._artifacts = artifacts
        seconds = PLAN_SECONDS if limits.seconds is None else min(limits.seconds, PLAN_SECONDS)
        self._limits = replace(limits, seconds=seconds)

    def query(self, principal: Principal, ask: QueryAsk) -> Plan:
        """Plan a run of a saved query; its freshness does not matter. NotFound if it is hidden."""
        query = self._store.get_query(ask.query_id)
        if not sees_query(principal, query):
            raise NotFound(f"There is no query {query.id}.")

        def check() -> DataSource:
            return self._submit.check_query(principal, query)

        def bind(source: DataSource) -> BoundText:
            limited = ask.has_auto_limit
            return self._binding.query(query, source, ask.values, has_auto_limit=limited)

        return self._plan(principal, check, lambda _: query.parameters, bind)

    def statement(self, principal: Principal, ask: StatementAsk) -> Plan:
        """Plan a run of SQL that is not saved. NotFound for a data source that is hidden."""
        source = self._store.get_data_source(ask.data_source_id)
        if source.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no data source {ask.data_source_id}.")

        def check() -> DataSource:
            return self._submit.check_statement(principal, ask)

        def declare(source: DataSource) -> tuple[Parameter, ...]:
            return self._binding.parameters(source, ask.sql, ask.parameters)

        def bind(source: DataSource) -> BoundText:
            return self._binding.statement(
                source,
                ask.sql,
                ask.values,
                parameters=ask.parameters,
                has_auto_limit=ask.has_auto_limit,
            )

        return self._plan(principal, check, declare, bind)

    def _plan(
        self,
        principal: Principal,
        check: Callable[[], DataSource],
        declare: Callable[[DataSource], tuple[Parameter, ...]],
        bind: Callable[[DataSource], BoundText],
    ) -> Plan:
        """Go as far as a run would; the first error is the verdict."""
        plan = Plan()
        try:
            require_user(principal)
            source = check()
            plan = replace(plan, parameters=declare(source))
            bound = self._binding.pin(principal, source, bind(source))
            plan = replace(plan, statement=bound.statement, fingerprint=bound.fingerprint)
            stored = self._store.find_latest(source.id, bound.fingerprint, None)
            plan = replace(plan, stored=stored)
            connector = self._connectors.get(source.kind)
            tables = open_tables(self._store, self._artifacts, bound.tables)
            found = connector.explain(source, bound.statement, self._limits, tables)
        except StandpipeError as error:
            return replace(plan, verdict=error)
        return replace(
            plan,
            columns=found.columns,
            text=found.text,
            estimated_rows=found.estimated_rows,
        )
