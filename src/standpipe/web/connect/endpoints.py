"""What programs call: tokens, their revocation, who the user is, and what there is to know."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from standpipe.core.errors import NotAuthenticated, NotFound
from standpipe.core.oauth import SCOPES, GrantType
from standpipe.http.limits import RateLimiter
from standpipe.http.messages import Handler, Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.web.connect.asked import read_bearer, read_body

if TYPE_CHECKING:
    from standpipe.web.connect.protocol import Answered, Server

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_JSON = ("Content-Type", "application/json")
_UNPROVEN = "The client is not known, or has not proven who it is."


def exchange_within(failures: RateLimiter) -> Handler:
    """Return the handler that gives tokens; who fails too often waits."""

    def exchange(services: Services, inbound: Inbound) -> Outbound:
        failures.require_room(inbound.client)
        asked = read_body(inbound)
        with services.oauth_issuer.exchange():
            answered = make_server(services, inbound).exchange(asked, inbound.headers)
        return _counted(failures, inbound, answered)

    return exchange


def revoke_within(failures: RateLimiter) -> Handler:
    """Return the handler that revokes tokens; who fails too often waits."""

    def revoke(services: Services, inbound: Inbound) -> Outbound:
        failures.require_room(inbound.client)
        asked = read_body(inbound)
        answered = make_server(services, inbound).revoke(asked, inbound.headers)
        return _counted(failures, inbound, answered)

    return revoke


def show_user(services: Services, inbound: Inbound) -> Outbound:
    """Tell a program with the scope ``openid`` for whom it acts."""
    token = read_bearer(inbound)
    if not token:
        raise NotAuthenticated("There is no access token.")
    user = services.oauth_tokens.user_of(token)
    return send_json({"sub": str(user.uid), "name": user.name, "email": user.email})


def show_keys(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Show the keys with which others check tokens."""
    return send_json(services.oauth_issuer.public_keys(), headers=())


def show_metadata(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Say where everything is and what is understood (RFC 8414, OpenID Connect Discovery)."""
    return send_json(metadata(issuer_of(inbound)), headers=())


def metadata(issuer: str) -> Mapping[str, Any]:
    """Return the description of the token service of an address."""
    methods = ["client_secret_basic", "client_secret_post", "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/connect/authorize",
        "token_endpoint": f"{issuer}/connect/token",
        "revocation_endpoint": f"{issuer}/connect/revocation",
        "userinfo_endpoint": f"{issuer}/connect/userinfo",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [str(each) for each in GrantType],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "name", "email"],
        "prompt_values_supported": ["none", "consent"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }


def make_server(services: Services, inbound: Inbound) -> "Server":
    """Return the protocol for this request; NotFound before the server is set up."""
    from standpipe.web.connect.protocol import Server

    if inbound.workspace is None:
        raise NotFound("The server is not set up yet.")
    return Server(services, inbound.workspace.id, issuer_of(inbound))


def issuer_of(inbound: Inbound) -> str:
    """Return the name of this token service: the address of its workspace."""
    return f"{inbound.base_url}{inbound.prefix}"


def send_json(
    body: Mapping[str, Any],
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = NO_STORE,
) -> Outbound:
    """Return an answer for a program."""
    return Outbound(status=status, headers=(_JSON, *headers), body=msgspec.json.encode(body))


def _counted(failures: RateLimiter, inbound: Inbound, answered: "Answered") -> Outbound:
    """Send the answer; one that refuses a client is the same whatever was wrong, and counts."""
    error = answered.body.get("error")
    if error in {"invalid_client", "invalid_grant"}:
        failures.check(inbound.client)
    if error == "invalid_client":
        challenge = ("WWW-Authenticate", 'Basic realm="standpipe", charset="UTF-8"')
        body = {"error": error, "error_description": _UNPROVEN}
        return send_json(body, status=401, headers=(*NO_STORE, challenge))
    return send_json(answered.body, status=answered.status)
