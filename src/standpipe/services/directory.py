"""All services in one value, as doors and the terminal receive them."""

from dataclasses import dataclass
from datetime import timedelta

from standpipe.core.clock import Clock
from standpipe.core.ports import Versions
from standpipe.services.accounts import Accounts
from standpipe.services.batches import Batches
from standpipe.services.custom_endpoints import CustomEndpoints
from standpipe.services.dashboard_runs import DashboardRuns
from standpipe.services.dashboards import Dashboards
from standpipe.services.data_sets import DataSets
from standpipe.services.datasources import DataSources
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
from standpipe.services.oauth_issuing import OAuthIssuer
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a door may ask for.

    ``result_age`` is how long results are kept that nothing keeps, ``run_places`` how many runs
    this server's workers do at a time.
    """

    accounts: Accounts
    keys: Keys
    links: DownloadLinks
    data_sources: DataSources
    queries: Queries
    dashboards: Dashboards
    dashboard_runs: DashboardRuns
    dropdowns: Dropdowns
    submit: Submit
    submissions: Submissions
    jobs: Jobs
    batches: Batches
    data_sets: DataSets
    reports: Reports
    read: Read
    live: Live
    history: History
    planning: Planning
    idempotency: Idempotency
    latest: Latest
    result_age: timedelta
    run_places: int
    uploads: Uploads
    views: MaterializedViews
    pipelines: Pipelines
    workspaces: Workspaces
    endpoints: CustomEndpoints
    usage: Usage
    oauth_clients: OAuthClients
    oauth_tokens: OAuthTokens
    oauth_issuer: OAuthIssuer
    clock: Clock
    versions: Versions
