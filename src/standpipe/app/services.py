"""The services over their ports, in one visible list."""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from standpipe.config import Settings
from standpipe.core.clock import Clock
from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.executions import RunLimits
from standpipe.core.ports import (
    ArtifactStore,
    Connectors,
    Ingestion,
    Observer,
    Passwords,
    ResultReader,
    TokenSigner,
    Vault,
)
from standpipe.core.usage import Rates
from standpipe.services.accounts import Accounts
from standpipe.services.batches import Batches
from standpipe.services.binding import Binding
from standpipe.services.custom_endpoints import CustomEndpoints
from standpipe.services.dashboard_runs import DashboardRuns
from standpipe.services.dashboards import Dashboards
from standpipe.services.data_sets import DataSets
from standpipe.services.datasources import DataSources
from standpipe.services.directory import Services
from standpipe.services.download_links import DownloadLinks
from standpipe.services.dropdowns import Dropdowns
from standpipe.services.history import History
from standpipe.services.idempotency import Idempotency
from standpipe.services.jobs import Jobs
from standpipe.services.keys import Keys
from standpipe.services.latest import Latest
from standpipe.services.live import Live
from standpipe.services.materialized_views import MaterializedViews
from standpipe.services.oauth_clients import OAuthClients
from standpipe.services.oauth_issuing import Lives, OAuthIssuer
from standpipe.services.oauth_tokens import OAuthTokens
from standpipe.services.pipelines import Pipelines
from standpipe.services.planning import Planning
from standpipe.services.queries import Queries
from standpipe.services.read import Read
from standpipe.services.reports import Reports
from standpipe.services.submissions import Submissions
from standpipe.services.submit import Submit
from standpipe.services.uploads import Uploads
from standpipe.services.usage import Usage
from standpipe.services.workspaces import Workspaces
from standpipe.stores.metadata import MetadataStore

MIB = 1024**2
DOWNLOADS = ("file", "redirect")


class SourceConnectors(Connectors, Ingestion, Protocol):
    """What speaks to data sources, and takes in uploaded rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What services are made of."""

    store: MetadataStore
    artifacts: ArtifactStore
    reader: ResultReader
    connectors: SourceConnectors
    vault: Vault
    passwords: Passwords
    signer: TokenSigner
    clock: Clock
    observe: Observer


def make_services(settings: Settings, ports: Ports) -> Services:
    """Return all services; ConfigurationInvalid."""
    store, artifacts, reader = ports.store, ports.artifacts, ports.reader
    connectors, clock, observe = ports.connectors, ports.clock, ports.observe
    passwords = ports.passwords
    keys = Keys(store, vault=ports.vault, clock=clock, observe=observe)
    queries = Queries(store, connectors=connectors, keys=keys, clock=clock)
    dropdowns = Dropdowns(store, artifacts=artifacts, reader=reader)
    binding = Binding(tables=store, connectors=connectors, dropdowns=dropdowns, clock=clock)
    limits = run_limits(settings)
    submit = Submit(store, binding=binding, limits=limits, clock=clock, observe=observe)
    submissions = Submissions(store, clock=clock)
    views = MaterializedViews(store, submit=submit, keys=keys, clock=clock)
    read = Read(store, artifacts=artifacts, reader=reader, clock=clock)
    sources = DataSources(store, connectors=connectors, clock=clock)
    dashboards = Dashboards(store, queries=queries, clock=clock)
    history = History(store)
    jobs = Jobs(store, submit=submit, read=read, clock=clock)
    data_sets = DataSets(
        store, sources=sources, queries=queries, submit=submit, jobs=jobs, read=read
    )
    return Services(
        accounts=Accounts(store, keys=keys, passwords=passwords, clock=clock, observe=observe),
        keys=keys,
        links=DownloadLinks(
            keys, vault=ports.vault, clock=clock, is_wanted=redirects_downloads(settings)
        ),
        data_sources=sources,
        queries=queries,
        dashboards=dashboards,
        dashboard_runs=DashboardRuns(dashboards=dashboards, jobs=jobs, clock=clock),
        dropdowns=dropdowns,
        submit=submit,
        submissions=submissions,
        jobs=jobs,
        batches=Batches(store, jobs=jobs, clock=clock),
        data_sets=data_sets,
        read=read,
        reports=Reports(store, queries=queries, jobs=jobs, read=read, history=history, clock=clock),
        live=Live(store, submit=submit, submissions=submissions, binding=binding, clock=clock),
        history=history,
        planning=_make_planning(ports, submit, binding, limits),
        idempotency=Idempotency(store, clock=clock),
        latest=Latest(store, submissions=submissions, binding=binding),
        result_age=timedelta(days=settings.result_days),
        run_places=worker_count(settings) * settings.slots,
        uploads=_make_uploads(ports, limits),
        views=views,
        pipelines=Pipelines(
            store, submit=submit, binding=binding, views=views, keys=keys, clock=clock
        ),
        workspaces=Workspaces(store),
        endpoints=CustomEndpoints(store, queries=queries, clock=clock),
        usage=Usage(store, rates=usage_rates(settings), clock=clock),
        oauth_clients=OAuthClients(store, clock=clock),
        oauth_tokens=OAuthTokens(store, keys=keys, clock=clock),
        oauth_issuer=_make_issuer(settings, ports),
        clock=clock,
        versions=store,
    )


def _make_uploads(ports: Ports, limits: RunLimits) -> Uploads:
    return Uploads(
        ports.store,
        artifacts=ports.artifacts,
        ingestion=ports.connectors,
        limits=limits,
        clock=ports.clock,
    )


def _make_issuer(settings: Settings, ports: Ports) -> OAuthIssuer:
    return OAuthIssuer(
        ports.store,
        signer=ports.signer,
        lives=token_lives(settings),
        clock=ports.clock,
        observe=ports.observe,
    )


def _make_planning(ports: Ports, submit: Submit, binding: Binding, limits: RunLimits) -> Planning:
    return Planning(
        ports.store,
        submit=submit,
        binding=binding,
        connectors=ports.connectors,
        artifacts=ports.artifacts,
        limits=limits,
    )


def run_limits(settings: Settings) -> RunLimits:
    """Return what one run may use."""
    return RunLimits(
        seconds=settings.run_seconds or None,
        memory_bytes=settings.run_memory_mb * MIB,
        artifact_bytes=settings.result_max_mb * MIB or None,
    )


def usage_rates(settings: Settings) -> Rates:
    """Return what usage costs."""
    return Rates(
        per_execution=settings.credits_per_execution,
        per_gigabyte=settings.credits_per_gb,
        included=settings.credits_included,
        bytes_allowed=settings.bytes_allowed,
    )


def worker_count(settings: Settings) -> int:
    """Return how many worker processes this server has."""
    return (os.cpu_count() or 1) if settings.workers < 0 else settings.workers


def redirects_downloads(settings: Settings) -> bool:
    """Return whether downloads are answered with links; ConfigurationInvalid."""
    chosen = settings.holistics_download
    if chosen not in DOWNLOADS:
        raise ConfigurationInvalid(
            f"The setting holistics_download is {chosen!r}.", detail=f"{' or '.join(DOWNLOADS)}."
        )
    return chosen == "redirect"


def token_lives(settings: Settings) -> Lives:
    """Return how long tokens last."""
    return Lives(
        access=timedelta(seconds=settings.access_token_seconds),
        refresh=timedelta(days=settings.refresh_token_days),
    )
