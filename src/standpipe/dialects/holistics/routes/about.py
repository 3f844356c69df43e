"""The caller, and the data sources that he reaches."""

from typing import Final

from standpipe.dialects.holistics.requests.paths import source_id
from standpipe.dialects.holistics.responses.about import (
    SourceShown,
    UserShown,
    show_source,
    show_user,
)
from standpipe.dialects.holistics.responses.bodies import render_json
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services


def get_user(services: Services, inbound: Inbound) -> Outbound:
    """Tell the caller who he is."""
    principal = inbound.principal
    user = services.accounts.user_of(principal)
    return render_json(show_user(user, is_admin=principal.is_admin))


def list_sources(services: Services, inbound: Inbound) -> Outbound:
    """List the data sources that the caller reaches."""
    return render_json(list(map(show_source, services.data_sources.visible(inbound.principal))))


def get_source(services: Services, inbound: Inbound) -> Outbound:
    """Read a data source."""
    return render_json(
        show_source(services.data_sources.get(inbound.principal, source_id(inbound)))
    )


ROUTES: Final = (
    described(
        "GET /users/info.json", get_user, About(tag="about", answer=UserShown, refusals=(403,))
    ),
    described(
        "GET /data_sources.json",
        list_sources,
        About(tag="about", answer=list[SourceShown], refusals=(403,)),
    ),
    described(
        "GET /data_sources/{source_id}.json",
        get_source,
        About(tag="about", answer=SourceShown, refusals=(403, 404)),
    ),
)
