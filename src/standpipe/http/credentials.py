"""From what a request carries to who is asking, once per request."""

import hmac

from standpipe.core.errors import CsrfFailed, NotAuthenticated, NotReady
from standpipe.core.principals import Principal
from standpipe.core.workspaces import Session
from standpipe.http.messages import Credentials, Inbound, Room
from standpipe.services.directory import Services
from standpipe.services.oauth_tokens import looks_like_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(
    services: Services, credentials: Credentials, inbound: Inbound
) -> tuple[Principal | None, Session | None]:
    """Return who asks, and his session if he came by cookie; NotAuthenticated for a wrong key.

    An access token is taken where a key is, but not in an address. A key wins over a cookie; a
    link stands for its maker. A principal of another workspace is nobody here.
    """
    if credentials.key is not None and looks_like_token(credentials.key):
        _require_unlisted(credentials.key, inbound)
    principal, session = _identify(services, credentials)
    home = inbound.workspace
    if principal and inbound.prefix and home and principal.workspace_id != home.id:
        raise NotAuthenticated("The key belongs to another workspace.")
    return principal, session


def require_same(services: Services, room: Room, inbound: Inbound) -> None:
    """Raise NotAuthenticated if the caller is nobody any more, NotReady if he may do other things.

    For whoever has waited: what he may do has been looked at when he came.
    """
    if inbound.caller is None:
        return
    credentials = room.read_credentials(inbound)
    caller, _ = services.versions.reading(lambda: authenticate(services, credentials, inbound))
    if caller != inbound.caller:
        raise NotReady(detail="The rights of the caller have changed while he waited.")


def identify(
    services: Services, room: Room, inbound: Inbound, *, is_public: bool
) -> tuple[Principal | None, Session | None]:
    """Return who asks, at one version of the metadata.

    NotAuthenticated for credentials that are wrong; on public routes those of nobody.
    """
    credentials = room.read_credentials(inbound)
    try:
        return services.versions.reading(lambda: authenticate(services, credentials, inbound))
    except NotAuthenticated:
        if not is_public:
            raise
        return None, None


def check_csrf(room: Room, inbound: Inbound) -> None:
    """Raise CsrfFailed for a write that came by cookie without the session's token."""
    if inbound.session is None or inbound.method in SAFE_METHODS:
        return
    token = room.read_csrf(inbound) or ""
    if not hmac.compare_digest(token.encode(), inbound.session.csrf_token.encode()):
        raise CsrfFailed()


def _require_unlisted(token: str, inbound: Inbound) -> None:
    """Raise NotAuthenticated for a token in the address, which logs and histories keep."""
    if any(token in values for values in inbound.args.values()):
        raise NotAuthenticated(
            "An access token is not taken in an address.",
            hint="Send it in the header 'Authorization: Bearer <token>'.",
        )


def _identify(
    services: Services, credentials: Credentials
) -> tuple[Principal | None, Session | None]:
    if credentials.key is not None and looks_like_token(credentials.key):
        return services.oauth_tokens.authenticate(credentials.key), None
    if credentials.key is not None:
        return services.keys.authenticate(credentials.key), None
    if credentials.link is not None:
        return services.links.authenticate(credentials.link), None
    if credentials.cookie is not None:
        return services.accounts.authenticate(credentials.cookie)
    return None, None
