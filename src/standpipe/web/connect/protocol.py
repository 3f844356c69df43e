"""Authlib's half: what RFC 6749, 7636 and 7009 say, over our clients, codes and tokens.

Imported when the first program comes. Authlib has no types, so nothing of it leaves this module
but ``Answered`` and ``Refused``.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from standpipe.core.errors import NotAuthenticated
from standpipe.core.ids import UserId, WorkspaceId
from standpipe.core.oauth import (
    OFFLINE,
    ONBOARDING,
    SCOPES,
    CodeTerms,
    GrantType,
    HeldToken,
    OAuthClient,
    OAuthGrant,
    read_scope,
)
from standpipe.services.directory import Services
from standpipe.services.oauth_clients import is_secret_of
from standpipe.services.oauth_issuing import Issued
from standpipe.web.connect.asked import Asked

# It would write tokens at the level "debug".
logging.getLogger("authlib").setLevel(logging.WARNING)

_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
# How an address looks does not tell whether a proxy speaks TLS: that is the operator's matter.
_ANY_ADDRESS = "https://localhost/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer of the protocol: a body of JSON, or an address to send the browser to."""

    status: int
    body: Mapping[str, Any]
    location: str | None = None


class Refused(Exception):
    """The program asked for what it cannot get; ``location`` tells it so."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Client(ClientMixin):
    """A registered client, as Authlib wants to see it."""

    def __init__(self, known: OAuthClient) -> None:
        self.known = known
        self.client_id = known.client_id

    def get_client_id(self) -> str:
        """See ClientMixin."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the only address there is; with several ones the client must say which."""
        uris = self.known.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def get_allowed_scope(self, scope: str) -> str:
        """Return what is asked for, but for what the client cannot use."""
        can_refresh = GrantType.REFRESH_TOKEN in self.known.grant_types
        asked = read_scope(scope)
        return " ".join(each for each in asked if each != OFFLINE or can_refresh)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """See ClientMixin."""
        return self.known.allows_redirect(redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        """See ClientMixin."""
        return is_secret_of(self.known, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        """See ClientMixin: public clients have no secret, all others must give it."""
        return (method == "none") is self.known.is_public

    def check_response_type(self, response_type: str) -> bool:
        """See ClientMixin."""
        return response_type == "code" and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """See ClientMixin."""
        return grant_type in self.known.grant_types


class _Request(OAuth2Request):
    """A request whose parameters have been read."""

    def __init__(self, method: str, asked: Asked, headers: Mapping[str, str]) -> None:
        shown = {"Authorization": headers.get("authorization", "")}
        super().__init__(method, _ANY_ADDRESS, headers=shown)
        self.payload = BasicOAuth2Payload(dict(asked.values))

    @property
    def args(self) -> Mapping[str, str]:
        return self.form

    @property
    def form(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.payload.data
        return found


class _Code:
    """A code that can be redeemed."""

    def __init__(self, grant: OAuthGrant) -> None:
        self.grant = grant
        self.code_challenge = grant.code_challenge
        self.code_challenge_method = None if grant.code_challenge is None else "S256"

    def get_redirect_uri(self) -> str | None:
        return self.grant.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope


class _Refresh:
    """A refresh token that can be used."""

    def __init__(self, held: HeldToken) -> None:
        self.held = held

    def check_client(self, client: Client) -> bool:
        return self.held.grant.client_id == client.known.id

    def get_scope(self) -> str:
        return self.held.grant.scope


class CodeGrant(grants.AuthorizationCodeGrant):
    """A person says yes, the program gets a code, and tokens for it."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS

    def generate_authorization_code(self) -> str:
        """Make the code and note what it stands for, in one."""
        server, request, values = self.server, self.request, self.request.form
        terms = CodeTerms(
            redirect_uri=values.get("redirect_uri") or request.client.get_default_redirect_uri(),
            scope=request.scope,
            code_challenge=values.get("code_challenge"),
            nonce=values.get("nonce"),
        )
        tokens = server.services.oauth_issuer
        code: str = tokens.make_code(request.client.known, request.user, terms)
        return code

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Nothing is left to do."""

    def query_authorization_code(self, code: str, client: Client) -> _Code | None:
        """See AuthorizationCodeGrant."""
        found = self.server.services.oauth_issuer.find_code(client.known, code)
        return None if found is None else _Code(found)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """Nothing is left to do: it has been used."""

    def authenticate_user(self, authorization_code: _Code) -> UserId | None:
        """See AuthorizationCodeGrant."""
        return _live_user(self.server.services, authorization_code.grant)

    def generate_token(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Redeem the code."""
        tokens, request = self.server.services.oauth_issuer, self.request
        try:
            issued = tokens.redeem(
                request.client.known, request.authorization_code.grant, self.server.issuer
            )
        except NotAuthenticated as error:
            raise InvalidGrantError from error
        return _body(issued)


class RefreshGrant(grants.RefreshTokenGrant):
    """Tokens for a refresh token, and the next refresh token."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Refresh | None:
        """See RefreshTokenGrant."""
        found = self.server.services.oauth_issuer.find_refresh_token(
            self.request.client.known, refresh_token
        )
        return None if found is None else _Refresh(found)

    def authenticate_user(self, refresh_token: _Refresh) -> UserId:
        """Return the user; InvalidGrantError for one who is not let in any more."""
        user_id = _live_user(self.server.services, refresh_token.held.grant)
        if user_id is None:
            raise InvalidGrantError("The user is disabled.")
        return user_id

    def generate_token(self, *_: Any, scope: str | None = None, **__: Any) -> dict[str, Any]:
        """Use the refresh token."""
        tokens, request = self.server.services.oauth_issuer, self.request
        try:
            issued = tokens.refresh(
                request.client.known, request.refresh_token.held, scope, self.server.issuer
            )
        except NotAuthenticated as error:
            raise InvalidGrantError from error
        return _body(issued)

    def revoke_old_credential(self, refresh_token: _Refresh) -> None:
        """Nothing is left to do: it has been used."""


class OwnerGrant(grants.ClientCredentialsGrant):
    """A program by itself: it acts for its owner."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS[:2]

    def generate_token(self, *_: Any, scope: str | None = None, **__: Any) -> dict[str, Any]:
        """Return an access token; there is nobody to know, and nothing to refresh."""
        services, client = self.server.services, self.request.client.known
        if ONBOARDING not in read_scope(scope):
            raise InvalidScopeError
        if not services.oauth_tokens.is_user_live(client.owner_id):
            raise InvalidGrantError("The owner of the client is disabled.")
        return _body(services.oauth_issuer.issue_for_owner(client, ONBOARDING, self.server.issuer))


class S256(CodeChallenge):
    """PKCE with S256 only; public clients must use it."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - as Authlib has it

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """See CodeChallenge."""
        values = grant.request.form
        if "code_challenge" in values and values.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if "code_challenge" not in values and grant.request.client.known.is_public:
            raise InvalidRequestError("A public client must send a code_challenge.")
        super().validate_code_challenge(grant, redirect_uri)


class Revocation(RevocationEndpoint):
    """Tokens that their client gives up."""

    CLIENT_AUTH_METHODS = _AUTH_METHODS

    def authenticate_token(self, request: _Request, client: Client) -> str:
        """Return the text; what it is and whose is looked up where it is revoked."""
        self.check_params(request, client)
        return str(request.form["token"])

    def revoke_token(self, token: str, request: _Request) -> None:
        """Revoke it; InvalidGrantError for a token of another client."""
        if not self.server.services.oauth_tokens.revoke(request.client.known, token):
            raise InvalidGrantError("The token was issued to another client.")


class Server(AuthorizationServer):
    """The protocol for one request."""

    def __init__(self, services: Services, workspace_id: WorkspaceId, issuer: str) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self.services = services
        self.issuer = issuer
        self._workspace_id = workspace_id
        self.register_grant(CodeGrant, [S256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(OwnerGrant)
        self.register_endpoint(Revocation)

    def exchange(self, asked: Asked, headers: Mapping[str, str]) -> Answered:
        """Answer a request for tokens."""
        request = _Request("POST", asked, headers)
        if asked.get("grant_type") is None:
            return self._refusal(request, InvalidRequestError("Missing 'grant_type' in request."))
        answered: Answered = self.create_token_response(request)
        return answered

    def revoke(self, asked: Asked, headers: Mapping[str, str]) -> Answered:
        """Answer a request to revoke a token."""
        request = _Request("POST", asked, headers)
        answered: Answered = self.create_endpoint_response("revocation", request)
        return answered

    def consent(self, asked: Asked, redirect_uri: str) -> CodeGrant:
        """Check what a program asks a person for; Refused."""
        request = _Request("GET", asked, {})
        try:
            if asked.repeated:
                raise InvalidRequestError("A parameter was given more than once.")
            if asked.get("response_type") is None:
                raise InvalidRequestError("Missing 'response_type' in request.")
            if asked.get("response_mode") not in {None, "query"}:
                raise InvalidRequestError("The response_mode must be query.")
            grant: CodeGrant = self.get_consent_grant(request)
        except OAuth2Error as error:
            raise Refused(self._error_location(error, asked, redirect_uri)) from error
        return grant

    def decide(self, grant: CodeGrant, user_id: UserId | None) -> str:
        """Return where the browser goes with the code, or with the refusal of a person (None)."""
        answered = self.create_authorization_response(grant.request, user_id, grant)
        return self._told(answered.location)

    def refusal(self, code: str, asked: Asked, redirect_uri: str) -> str:
        """Return where the browser goes with an error of OpenID Connect."""
        return self._error_location(OAuth2Error(error=code), asked, redirect_uri)

    def query_client(self, client_id: str) -> Client | None:
        """See AuthorizationServer."""
        found = self.services.oauth_clients.find(self._workspace_id, client_id)
        return None if found is None else Client(found)

    def create_oauth2_request(self, request: _Request) -> _Request:
        """Return the request: it is one already."""
        return request

    def handle_response(
        self, status: int, body: Any, headers: Sequence[tuple[str, str]]
    ) -> Answered:
        """See AuthorizationServer."""
        return Answered(status=status, body=body or {}, location=dict(headers).get("Location"))

    def save_token(self, token: Mapping[str, Any], request: _Request) -> None:
        """Nothing is left to do: what is issued is stored."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""

    def _refusal(self, request: _Request, error: OAuth2Error) -> Answered:
        answered: Answered = self.handle_error_response(request, error)
        return answered

    def _error_location(self, error: OAuth2Error, asked: Asked, redirect_uri: str) -> str:
        error.redirect_uri, error.state = redirect_uri, asked.get("state")
        _, _, headers = error()
        return self._told(dict(headers)["Location"])

    def _told(self, location: str | None) -> str:
        """Add who answers (RFC 9207), so that no program mixes up two servers."""
        told: str = add_params_to_uri(location, [("iss", self.issuer)])
        return told


def _body(issued: Issued) -> dict[str, Any]:
    body: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scope,
    }
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
    if issued.id_token is not None:
        body["id_token"] = issued.id_token
    return body


def _live_user(services: Services, grant: OAuthGrant) -> UserId | None:
    return grant.user_id if services.oauth_tokens.is_user_live(grant.user_id) else None
