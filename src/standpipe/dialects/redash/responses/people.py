"""Users and groups. Who is no user sees neither e-mail addresses nor what is made from them."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.core.ids import GroupId
from standpipe.core.workspaces import Group, User
from standpipe.dialects.redash.responses.bodies import (
    render_json,
    show_optional_time,
    show_time,
)
from standpipe.http.messages import Outbound

NO_PICTURE = "/static/images/avatar.svg"


def user_body(user: User, *, shows_email: bool = True) -> dict[str, Any]:
    """Return a user as other objects hold it."""
    return {
        **user_head(user, shows_email=shows_email),
        "groups": list(user.group_ids),
        "updated_at": show_time(user.updated_at),
        "created_at": show_time(user.created_at),
        "disabled_at": show_optional_time(user.disabled_at),
        "is_disabled": user.is_disabled,
        "active_at": show_optional_time(user.active_at),
        "is_invitation_pending": is_pending(user),
        "is_email_verified": True,
        "auth_type": "password" if user.password_phc else "external",
    }


def user_head(user: User, *, shows_email: bool = True) -> dict[str, Any]:
    """Return the four fields that stand for a user in a dashboard."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email if shows_email else "",
        "profile_image_url": picture_url(user) if shows_email else NO_PICTURE,
    }


def picture_url(user: User) -> str:
    """Return the address of a user's picture, made from the e-mail as Gravatar has it."""
    if user.is_disabled:
        return NO_PICTURE
    digest = hashlib.md5(user.email.lower().encode(), usedforsecurity=False).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?s=40&d=identicon"


def is_pending(user: User) -> bool:
    """Whether a user was invited and has not chosen a password yet."""
    return user.password_phc is None


def render_user(user: User, key: str | None) -> Outbound:
    """Return a user, with the key for those who may see it."""
    body = user_body(user)
    if key is not None:
        body["api_key"] = key
    return render_json(body)


def listed_user_body(user: User, names: Mapping[GroupId, str]) -> dict[str, Any]:
    """Return a user as lists show it, with the names of the groups."""
    groups = [{"id": id, "name": names.get(id, "")} for id in user.group_ids]
    return {**user_body(user), "groups": groups}


def render_groups(groups: Sequence[Group]) -> Outbound:
    """Return groups in order of id."""
    return render_json([_group_body(group) for group in groups])


def _group_body(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "permissions": list(group.permissions),
        "type": "builtin" if group.is_builtin else "regular",
        "created_at": show_time(group.created_at),
    }
