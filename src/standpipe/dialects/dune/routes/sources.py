"""Where queries of this room run: Dune has one engine, a workspace may have many sources."""

from standpipe.core.datasources import DataSource
from standpipe.core.errors import SourceMissing
from standpipe.core.ids import DataSourceId
from standpipe.core.principals import Principal
from standpipe.core.workspaces import DUNE_SOURCE
from standpipe.services.directory import Services


def default_source(services: Services, principal: Principal) -> DataSource:
    """Return the source that the workspace names for this room, else the oldest one in reach.

    SourceMissing if there is none; NotFound, NotAllowed for one that was named.
    """
    named = services.accounts.workspace_of(principal).settings.get(DUNE_SOURCE)
    if isinstance(named, int):
        return services.data_sources.get(principal, DataSourceId(named))
    visible = services.data_sources.visible(principal)
    if not visible:
        raise SourceMissing(hint="Add a data source, or ask for access to one.")
    return min(visible, key=lambda source: source.id)
