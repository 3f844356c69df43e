"""One owner's public and private query, and everybody who might look at them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from standpipe.app.house import House, opened, run_one
from standpipe.config import Settings
from standpipe.core.dashboards import Visualization, Widget
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import GroupId, VisualizationId, WidgetId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.principals import DEFAULT_PERMISSIONS, Principal
from standpipe.core.queries import Query, Visibility
from standpipe.core.workspaces import Group
from standpipe.services.accounts import NewAccount
from standpipe.services.datasources import SourceDraft
from standpipe.services.queries import QueryDraft
from standpipe.services.submit import QueryAsk

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Scene:
    """Ids by name, keys and e-mails by who carries them, and the owner's session."""

    home: Path
    ids: Mapping[str, str]
    keys: Mapping[str, str | None]
    user_keys: Mapping[str, str]
    query_keys: Mapping[str, str]
    emails: Mapping[str, str]
    cookie: str
    csrf: str


def set_scene(home: Path, files: list[Path]) -> Scene:
    """Make the home: people, a source that some reach, queries with results, a dashboard."""
    with opened(Settings(home=home, log_level="error"), is_operator=True) as house:
        return _Director(house, files).scene(home)


class _Director:
    def __init__(self, house: House, files: list[Path]) -> None:
        self._house = house
        self._services: Any = house.services
        self._admin = self._services.accounts.set_up(_account("admin"))
        self._people = {"admin": self._admin}
        for name in ("owner", "second", "viewer", "stranger", "locked"):
            self._people[name] = self._services.accounts.add_user(
                self._as("admin"), _account(name), is_admin=False
            )
        settings = {"paths": [str(path) for path in files]}
        self._source = self._services.data_sources.create(
            self._as("admin"), SourceDraft(name="Files", kind="duckdb", settings=settings)
        )
        self._grant("viewer", "viewers", reaches=True)
        self._grant("stranger", "strangers", reaches=False)

    def scene(self, home: Path) -> Scene:
        """Make everything else and return it."""
        queries = self._queries()
        results = {name: self._run(query) for name, query in queries.items()}
        dashboard = self._dashboard(queries)
        endpoints = self._endpoints(queries)
        keys = {name: self._key_of(name) for name in self._people}
        revoked = keys["owner"]
        keys["owner"] = self._services.keys.replace_user_key(
            self._as("owner"), self._people["owner"]
        )
        self._services.accounts.set_disabled(self._people["locked"], is_disabled=True)
        query_keys = self._services.keys.query_keys(self._as("owner"), list(queries.values()))
        by_name = {name: query_keys[query.id] for name, query in queries.items()}
        cookie, session = self._services.accounts.sign_in(
            "default", "owner@example.org", PASSWORD, remember=False, client="test"
        )
        ids = {
            "source": str(self._source.id),
            "now": "2999-01-01T00:00:00Z",
            **{name: str(query.id) for name, query in queries.items()},
            **{f"{name}_result": result for name, (result, _, _) in results.items()},
            **{f"{name}_uid": uid for name, (_, uid, _) in results.items()},
            **{f"{name}_job": job for name, (_, _, job) in results.items()},
            **dashboard,
            **endpoints,
            **{f"{name}_user": str(user.id) for name, user in self._people.items()},
        }
        return Scene(
            home=home,
            ids=ids,
            keys={
                **keys,
                "nobody": None,
                "revoked": revoked,
                "wrong": "x" * 40,
                "key": by_name["public"],
                "otherkey": by_name["other"],
            },
            user_keys=keys,
            query_keys=by_name,
            emails={name: user.email for name, user in self._people.items()},
            cookie=cookie,
            csrf=session.csrf_token,
        )

    def _queries(self) -> dict[str, Query]:
        made = {
            "other": self._query("Other", "select 'other rows' as v"),
            "list": self._query("List", "select * from (values ('a'), ('b')) t(value)"),
            "unrelated": self._query("Unrelated list", "select 'unlisted' as value"),
        }
        chosen = Parameter(
            name="x", kind=ParameterKind.QUERY, query_id=made["list"].id, default="a"
        )
        for name, visibility in (
            ("public", Visibility.WORKSPACE),
            ("private", Visibility.PRIVATE),
        ):
            sql = f"select '{name} rows' as v, {{{{x}}}} as x from facts"
            made[name] = self._query(name.title(), sql, chosen, visibility=visibility)
        return made

    def _query(
        self,
        name: str,
        sql: str,
        *parameters: Parameter,
        visibility: Visibility = Visibility.WORKSPACE,
    ) -> Query:
        draft = QueryDraft(
            name=name,
            sql=sql,
            data_source_id=self._source.id,
            parameters=parameters,
            visibility=visibility,
            is_draft=False,
        )
        query: Query = self._services.queries.create(self._as("owner"), draft)
        return query

    def _run(self, query: Query) -> tuple[str, str, str]:
        ask = QueryAsk(query_id=query.id, values={}, freshness=MUST_RUN)
        held = self._services.submit.query(self._as("owner"), ask)
        assert isinstance(held, Submission)
        assert run_one(self._house, held.execution.id)
        ended = self._house.store.get_execution(held.execution.id)
        assert ended.result_id is not None, ended.error_message
        result = self._house.store.get_result(ended.result_id)
        return str(result.id), str(result.uid), str(held.uid)

    def _dashboard(self, queries: Mapping[str, Query]) -> dict[str, str]:
        dashboards = self._services.dashboards
        owner = self._as("owner")
        board = dashboards.create(owner, "Board")
        dashboards.edit(owner, board.id, {"is_draft": False})
        draft = dashboards.create(owner, "Draft")
        ids = {"board": str(board.id), "draft": str(draft.id)}
        for name in ("public", "private"):
            shown: Visualization = self._services.queries.visualizations(queries[name])[0]
            widget = dashboards.add_widget(owner, _widget(board.id, shown.id, shown.created_at))
            ids[f"{name}_vis"] = str(shown.id)
            ids[f"{name}_widget"] = str(widget.widget.id)
        return ids

    def _endpoints(self, queries: Mapping[str, Query]) -> dict[str, str]:
        slugs = {"public_slug": "public-rows", "slug": "private-rows"}
        create, owner = self._services.endpoints.create, self._as("owner")
        made = create(owner, slugs["public_slug"], queries["public"].id)
        create(owner, slugs["slug"], queries["private"].id)
        return {"handle": made.handle, **slugs}

    def _grant(self, name: str, group: str, *, reaches: bool) -> None:
        store, user = self._house.store, self._people[name]
        made = store.add_group(
            Group(
                id=GroupId(0),
                workspace_id=user.workspace_id,
                name=group,
                permissions=tuple(str(permission) for permission in DEFAULT_PERMISSIONS),
                is_builtin=False,
                created_at=user.created_at,
            )
        )
        self._people[name] = store.update_user(replace(user, group_ids=(made.id,)))
        if reaches:
            grants = {**self._source.grants, made.id: True}
            self._source = store.update_data_source(replace(self._source, grants=grants))

    def _key_of(self, name: str) -> str:
        key: str = self._services.keys.user_key(self._as("admin"), self._people[name])
        return key

    def _as(self, name: str) -> Principal:
        principal: Principal = self._services.accounts.principal(self._people[name])
        return principal


def _account(name: str) -> NewAccount:
    return NewAccount(name=name.title(), email=f"{name}@example.org", password=PASSWORD)


def _widget(dashboard_id: Any, visualization_id: VisualizationId, now: Any) -> Widget:
    return Widget(
        id=WidgetId(0),
        dashboard_id=dashboard_id,
        visualization_id=visualization_id,
        created_at=now,
        updated_at=now,
    )
