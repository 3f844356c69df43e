"""How far keys reach that are no user's: a query key only where the path names its query."""

from dataclasses import replace

from standpipe.core.errors import NotAuthenticated
from standpipe.core.principals import Principal
from standpipe.http.messages import Answer, Inbound, Route
from standpipe.services.directory import Services


def within_reach(route: Route) -> Route:
    """Return the route with its handler behind this check: who is out of reach is nobody."""

    def handle(services: Services, inbound: Inbound) -> Answer:
        return route.handler(services, _checked(inbound, is_public=route.is_public))

    return replace(route, handler=handle)


def _checked(inbound: Inbound, *, is_public: bool) -> Inbound:
    if inbound.caller is None or _reaches(inbound.caller, inbound):
        return inbound
    if is_public:
        return replace(inbound, caller=None)
    raise NotAuthenticated("The key does not reach this path.")


def _reaches(caller: Principal, inbound: Inbound) -> bool:
    named = inbound.parts.get("query_id")
    is_named = named is not None and caller.query_id is not None and int(named) == caller.query_id
    return caller.is_user or is_named
