"""What was used: runs, and bytes of results that were read."""

from standpipe.dialects.native.requests.usage import Scope, UsageArguments
from standpipe.dialects.native.responses.bodies import render_json
from standpipe.dialects.native.responses.usage import UsageShown, show_usage
from standpipe.dialects.native.routes.notes import json_notes
from standpipe.http.endpoints import Asked, endpoint
from standpipe.http.messages import Outbound
from standpipe.http.operations import NoBody
from standpipe.services.directory import Services


def get_usage(services: Services, asked: Asked[UsageArguments, NoBody]) -> Outbound:
    """Find out what was used: runs that were asked for, and bytes of results that were read.

    Periods are whole and end before their `end`; days are those of UTC. What was read in the last
    second may not be counted yet.
    """
    usage, principal, arguments = services.usage, asked.principal, asked.arguments
    of_workspace = arguments.scope is Scope.WORKSPACE
    periods = usage.used(
        principal,
        arguments.start,
        arguments.end,
        period=arguments.by,
        of_workspace=of_workspace,
    )
    holdings = usage.holdings(principal, of_workspace=of_workspace)
    return render_json(show_usage(periods, holdings, usage.rates))


ROUTES = (endpoint("GET /v1/usage", get_usage, json_notes("usage", UsageShown)),)
