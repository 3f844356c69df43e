"""The page that asks a person whether a program may act for him."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from standpipe.core.errors import InvalidRequest
from standpipe.core.ids import UserId
from standpipe.core.oauth import SCOPES, OAuthClient
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.connect.asked import Asked, read_fields, read_query
from standpipe.web.connect.endpoints import make_server
from standpipe.web.session import CSRF_FIELD
from standpipe.web.show import redirect, show_page

PATH: Final = "/connect/authorize"
DECISION: Final = "decision"
_OWN = frozenset({CSRF_FIELD, DECISION})
_ORIGIN = re.compile(r"(https?://[A-Za-z0-9.-]+(?::[0-9]+)?)(?=[/?]|$)|([a-z][a-z0-9.+-]*:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A program that is known, and where it is told what comes of it."""

    client: OAuthClient
    redirect_uri: str


def ask(services: Services, inbound: Inbound) -> Outbound:
    """Ask whoever is signed in; others sign in first and come back."""
    asked = read_query(inbound)
    arrival = _arrival(services, inbound, asked)
    return _ask(services, inbound, asked, arrival)


def decide(services: Services, inbound: Inbound) -> Outbound:
    """Send the browser back to the program, with a code if the answer was yes."""
    asked = read_fields(inbound)
    arrival = _arrival(services, inbound, asked)
    if inbound.caller is None or asked.get(DECISION) not in {"allow", "deny"}:
        return _ask(services, inbound, asked, arrival)
    return _decide(services, inbound, asked, arrival)


def _ask(services: Services, inbound: Inbound, asked: Asked, arrival: Arrival) -> Outbound:
    from standpipe.web.connect.protocol import Refused

    server = make_server(services, inbound)
    try:
        grant = server.consent(asked, arrival.redirect_uri)
    except Refused as refused:
        return redirect(refused.location, status=303)
    if asked.get("prompt") == "none":
        error = "login_required" if inbound.caller is None else "consent_required"
        return redirect(server.refusal(error, asked, arrival.redirect_uri), status=303)
    if inbound.caller is None:
        return redirect(_login(inbound, asked), status=303)
    return _show(services, inbound, asked, arrival, grant.request.scope)


def _decide(services: Services, inbound: Inbound, asked: Asked, arrival: Arrival) -> Outbound:
    from standpipe.web.connect.protocol import Refused

    server = make_server(services, inbound)
    user_id: UserId | None = inbound.principal.user_id
    try:
        grant = server.consent(asked, arrival.redirect_uri)
    except Refused as refused:
        return redirect(refused.location, status=303)
    granted = user_id if asked.get(DECISION) == "allow" else None
    return redirect(server.decide(grant, granted), status=303)


def _arrival(services: Services, inbound: Inbound, asked: Asked) -> Arrival:
    """Return who asks; InvalidRequest, which is shown here: never sent to an unknown address."""
    server = make_server(services, inbound)
    client = server.query_client(asked.get("client_id") or "")
    if client is None or "client_id" in asked.repeated:
        raise InvalidRequest(
            "The program that sent you here is not known.",
            hint="Whoever administrates this server registers it: standpipe oauth-client add.",
        )
    wanted = asked.get("redirect_uri")
    redirect_uri = client.get_default_redirect_uri() if wanted is None else wanted
    if redirect_uri is None or "redirect_uri" in asked.repeated:
        raise InvalidRequest("The program does not say where it wants its answer.")
    if not client.check_redirect_uri(redirect_uri):
        raise InvalidRequest(
            f"The program {client.known.name!r} wants its answer at an address that is not its"
            " own.",
            detail="An address must be exactly as it was registered.",
        )
    return Arrival(client=client.known, redirect_uri=redirect_uri)


def _show(
    services: Services, inbound: Inbound, asked: Asked, arrival: Arrival, scope: str
) -> Outbound:
    return show_page(
        inbound,
        "consent.html",
        form_action=f"'self' {_source(arrival.redirect_uri)}",
        client=arrival.client,
        owner=services.accounts.get_user(arrival.client.owner_id),
        goes_to=_source(arrival.redirect_uri),
        wishes=[SCOPES[each] for each in scope.split()],
        fields={name: value for name, value in asked.values.items() if name not in _OWN},
        path=PATH,
    )


def _login(inbound: Inbound, asked: Asked) -> str:
    """Return the address of the sign-in page that comes back here with the same question."""
    values = {name: value for name, value in asked.values.items() if name not in _OWN}
    here = f"{inbound.prefix}{PATH}?{urlencode(values, quote_via=quote)}"
    return f"{inbound.prefix}/login?next={quote(here, safe='')}"


def _source(uri: str) -> str:
    """Return what a browser must be allowed to be sent to, as Content-Security-Policy writes it."""
    found = _ORIGIN.match(uri)
    return "'none'" if found is None else found[1] or found[2]
