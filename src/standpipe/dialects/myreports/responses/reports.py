"""Workspaces and reports: compat/myreports.md 3.1."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from standpipe.core.parameters import Parameter
from standpipe.core.queries import Query
from standpipe.core.reports.settings import ReportSettings
from standpipe.core.workspaces import Workspace


class WorkspaceShown(msgspec.Struct, kw_only=True, frozen=True):
    """A workspace; every caller has one, which is his default."""

    id: UUID
    name: str
    default: bool = True


class ParameterShown(msgspec.Struct, kw_only=True, frozen=True):
    """A parameter of a report: what a condition on its name may be absorbed by."""

    name: str
    title: str
    type: str
    default: Any = None
    options: list[str] = []


class ReportShown(msgspec.Struct, kw_only=True, frozen=True):
    """A report as lists show it."""

    id: UUID
    name: str
    description: str | None = None
    template: str = msgspec.field(name="reportTemplateName")


class ReportDetailShown(ReportShown, kw_only=True, frozen=True):
    """A report with what its requests inherit."""

    time_zone: str = msgspec.field(name="timeZoneId")
    country: str = msgspec.field(name="countryCode")
    locale: str
    row_limit: int = msgspec.field(name="rowLimit")
    default_filter: UUID | None = msgspec.field(name="defaultFilterId", default=None)
    parameters: list[ParameterShown]


def show_workspace(workspace: Workspace) -> WorkspaceShown:
    """Return a workspace as a body."""
    return WorkspaceShown(id=workspace.uid, name=workspace.name)


def show_report(query: Query, template: str) -> ReportShown:
    """Return a report as lists show it."""
    return ReportShown(**_named(query, template))


def show_report_detail(query: Query, settings: ReportSettings) -> ReportDetailShown:
    """Return a report with all that is to be known of it."""
    return ReportDetailShown(
        **_named(query, settings.template or query.name),
        time_zone=settings.time_zone,
        country=settings.country,
        locale=settings.locale,
        row_limit=settings.row_limit,
        default_filter=settings.default_filter,
        parameters=list(map(_show_parameter, query.parameters)),
    )


def _named(query: Query, template: str) -> Mapping[str, Any]:
    return {
        "id": query.uid,
        "name": query.name,
        "description": query.description,
        "template": template,
    }


def _show_parameter(parameter: Parameter) -> ParameterShown:
    return ParameterShown(
        name=parameter.name,
        title=parameter.title or parameter.name,
        type=parameter.kind.value,
        default=parameter.default,
        options=list(parameter.options),
    )
