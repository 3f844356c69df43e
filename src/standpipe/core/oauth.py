"""Programs that act for people by OAuth 2: clients, what people granted them, and their tokens.

Sources: RFC 6749, 7636, 8252, 9700. No protocol here: that is spoken in ``web/connect``.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import OAuthClientId, OAuthGrantId, OAuthTokenId, UserId, WorkspaceId

OPENID: Final = "openid"
OFFLINE: Final = "offline_access"
ONBOARDING: Final = "onboarding"
# What each scope lets a client do, in the words of the consent page.
SCOPES: Final = {
    OPENID: "Know who you are: your name and e-mail address",
    ONBOARDING: "Use the APIs with your rights: see, run and change what you may",
    OFFLINE: "Do so while you are away, until you sign it out",
}
DEFAULT_REDIRECT_URI: Final = "http://127.0.0.1:8000"
LONGEST_URI: Final = 1000
_LONGEST_NAME: Final = 200

_PATH = r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
_QUERY = r"(?:\?(?:[A-Za-z0-9._~!()*+,;=:@/&-]|%[0-9A-Fa-f]{2})*)?"
_PORT = r"(?::[0-9]{1,5})?"
_LOOPBACK_HOST = r"(?:127\.0\.0\.1|\[::1\])"
_NAMED_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_LOOPBACK = re.compile(rf"(http://{_LOOPBACK_HOST}){_PORT}({_PATH}{_QUERY})")
_WEB = re.compile(rf"https://(?:{_NAMED_HOST}|\[[0-9A-Fa-f:.]+\]){_PORT}{_PATH}{_QUERY}")
_LOCAL_NAME = re.compile(rf"http://localhost{_PORT}{_PATH}{_QUERY}")
# Of a program on the same machine: a reversed domain name, so that no browser gives it a meaning.
_PRIVATE = re.compile(
    rf"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/{{0,2}}(?:{_NAMED_HOST})?{_PATH}{_QUERY}"
)


class GrantType(StrEnum):
    """How a client may get tokens."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    CLIENT_CREDENTIALS = "client_credentials"


class TokenKind(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """A program; public ones (``secret_sha256`` is None) can keep no secret.

    ``client_id`` is the name it gives; by itself (client_credentials) it acts for its owner.
    """

    id: OAuthClientId
    workspace_id: WorkspaceId
    client_id: str
    name: str
    owner_id: UserId
    secret_sha256: str | None = field(default=None, repr=False)
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[GrantType, ...] = ()
    created_at: datetime

    @property
    def is_public(self) -> bool:
        """Whether it has no secret, and so must prove itself by PKCE."""
        return self.secret_sha256 is None

    def allows_redirect(self, uri: str) -> bool:
        """Whether codes may be sent there: exactly one of its addresses.

        The port of a loopback address is the program's choice of the moment (RFC 8252, 7.3).
        """
        if uri in self.redirect_uris:
            return True
        return any(_is_same_loopback(uri, known) for known in self.redirect_uris)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTerms:
    """What a code was asked with, and so must be redeemed with."""

    redirect_uri: str
    scope: str
    code_challenge: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthGrant:
    """What a user granted a client once: a code, and all tokens that came of it.

    ``expires_at`` is when the last of them ends. Without ``code_sha256`` a client asked for itself.
    """

    id: OAuthGrantId
    client_id: OAuthClientId
    user_id: UserId
    scope: str
    code_sha256: str | None = field(default=None, repr=False)
    code_expires_at: datetime | None = None
    code_used_at: datetime | None = None
    redirect_uri: str | None = None
    code_challenge: str | None = None
    nonce: str | None = None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthToken:
    """An access or refresh token; refresh tokens are used once."""

    id: OAuthTokenId
    grant_id: OAuthGrantId
    kind: TokenKind
    sha256: str = field(repr=False)
    scope: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldToken:
    """A token with the grant it belongs to."""

    token: OAuthToken
    grant: OAuthGrant


def check_client_name(name: str) -> str:
    """Return the name of a client without blanks around it; FieldInvalid."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > _LONGEST_NAME or not trimmed.isprintable():
        raise FieldInvalid(
            f"{trimmed[:_LONGEST_NAME]!r} is not the name of a client.",
            detail=f"1 to {_LONGEST_NAME} characters in one line.",
        )
    return trimmed


def check_redirect_uri(uri: str) -> str:
    """Return an address that codes may be sent to; FieldInvalid."""
    shapes = (_LOOPBACK, _LOCAL_NAME, _WEB, _PRIVATE)
    if len(uri) > LONGEST_URI or not any(shape.fullmatch(uri) for shape in shapes):
        raise FieldInvalid(
            f"{uri[:LONGEST_URI]!r} is not an address that codes can be sent to.",
            detail="https://..., http:// on 127.0.0.1, [::1] or localhost, or a scheme of your own"
            " with a dot in it (org.example.app:/...); without #fragment and user name.",
        )
    return uri


def read_scope(text: str | None) -> tuple[str, ...]:
    """Return the scopes of a request, each once; none asked for is the use of the APIs.

    ``open id`` stands in documents of MyReports and means ``openid`` (compat/myreports.md 1).
    """
    words = (text or "").split()
    if not words:
        return (ONBOARDING,)
    for place in range(len(words) - 2, -1, -1):
        if words[place : place + 2] == ["open", "id"]:
            words[place : place + 2] = [OPENID]
    return tuple(dict.fromkeys(words))


def _is_same_loopback(uri: str, known: str) -> bool:
    asked, registered = _LOOPBACK.fullmatch(uri), _LOOPBACK.fullmatch(known)
    return asked is not None and registered is not None and asked.groups() == registered.groups()
