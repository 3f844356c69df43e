"""People as API v2 shows them: User of the document."""

import msgspec

from standpipe.core.workspaces import User
from standpipe.dialects.holistics.responses.bodies import show_optional_time, show_time


class UserShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A user. Sign-ins are the last time that anything was asked with his name."""

    id: int
    email: str
    name: str
    initials: str
    role: str
    is_deleted: bool
    is_activated: bool
    has_authentication_token: bool
    allow_authentication_token: bool
    enable_export_data: bool
    current_sign_in_at: str | None
    last_sign_in_at: str | None
    created_at: str
    title: str | None = None
    job_title: str | None = None


class UserBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The caller."""

    user: UserShown


def show_user(user: User, *, is_admin: bool) -> UserBody:
    """Return the caller, who has a key: else he could not ask."""
    return UserBody(
        user=UserShown(
            id=user.id,
            email=user.email,
            name=user.name,
            initials="".join(word[0] for word in user.name.split()[:2]).upper(),
            role="admin" if is_admin else "analyst",
            is_deleted=user.is_disabled,
            is_activated=True,
            has_authentication_token=True,
            allow_authentication_token=True,
            enable_export_data=True,
            current_sign_in_at=show_optional_time(user.active_at),
            last_sign_in_at=show_optional_time(user.active_at),
            created_at=show_time(user.created_at),
        )
    )
