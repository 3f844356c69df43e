"""What holds for every route: how far keys reach that are no user's, and keys in addresses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from standpipe.core.errors import NotFound, UserNeeded
from standpipe.core.principals import Principal
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Route
from standpipe.services.directory import Services

# Besides the paths of its own query. What it finds there, the services decide.
_OPEN_TO_QUERY_KEYS: Final = ("/v1/me", "/v1/executions/", "/v1/results/")
_NO_REFERRER: Final = ("Referrer-Policy", "no-referrer")


def within_reach(route: Route) -> Route:
    """Return the route with its handler behind these checks."""

    def handle(services: Services, inbound: Inbound) -> Answer:
        if inbound.caller is not None and not route.is_public:
            _check(inbound.caller, inbound, route)
        answer = route.handler(services, inbound)
        return _changed(answer, _without_referrer) if "api_key" in inbound.args else answer

    return replace(route, handler=handle)


def _check(caller: Principal, inbound: Inbound, route: Route) -> None:
    """Raise NotFound for the query of another key, UserNeeded where no query is named."""
    named = inbound.parts.get("query_id")
    if caller.is_user:
        return
    if named is None and not route.path.startswith(_OPEN_TO_QUERY_KEYS):
        raise UserNeeded(hint="The key of a query reaches that query alone.")
    if named is not None and caller.query_id != int(named):
        raise NotFound(f"There is no query {named}.")


def _changed(answer: Answer, change: Callable[[Outbound], Outbound]) -> Answer:
    """Return an answer that is changed when it is there."""
    if isinstance(answer, Outbound):
        return change(answer)
    if isinstance(answer, Onward):
        then = answer.then
        return replace(answer, then=lambda: _changed(then(), change))
    resume = answer.resume
    return replace(answer, resume=lambda is_over: _changed(resume(is_over), change))


def _without_referrer(outbound: Outbound) -> Outbound:
    """Keep the address, which holds a key, from pages that it leads to."""
    return replace(outbound, headers=(*outbound.headers, _NO_REFERRER))
