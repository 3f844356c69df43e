"""People: first-run set-up, sign-in with a session, accounts."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import (
    Conflict,
    FieldInvalid,
    FieldMissing,
    NotAuthenticated,
    NotFound,
    UserNeeded,
)
from standpipe.core.events import SignedIn, SignInFailed
from standpipe.core.ids import GroupId, Uid, UserId, WorkspaceId, new_uid
from standpipe.core.permissions import require_permission, require_user
from standpipe.core.ports import (
    OAuthGrantStore,
    Observer,
    Passwords,
    PeopleStore,
    SessionStore,
    WorkspaceStore,
)
from standpipe.core.principals import (
    ADMIN_PERMISSIONS,
    DEFAULT_PERMISSIONS,
    Permission,
    Principal,
)
from standpipe.core.workspaces import Group, Session, User, Workspace
from standpipe.services.keys import Keys

DEFAULT_SLUG = "default"
SESSION_LIFE = timedelta(hours=12)
REMEMBERED_LIFE = timedelta(days=31)
MINIMUM_PASSWORD_LENGTH = 8


class AccountsStore(WorkspaceStore, PeopleStore, SessionStore, OAuthGrantStore, Protocol):
    """The slice of the metadata store that accounts need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody types who makes an account."""

    name: str
    email: str
    password: str | None


class Accounts:
    """Workspaces' people and their sessions."""

    def __init__(
        self,
        store: AccountsStore,
        *,
        keys: Keys,
        passwords: Passwords,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports and the keys service."""
        self._store = store
        self._keys = keys
        self._passwords = passwords
        self._clock = clock
        self._observe = observe

    def workspace(self, slug: str = DEFAULT_SLUG) -> Workspace:
        """Return a workspace by slug; NotFound."""
        found = self._store.find_workspace(slug)
        if found is None:
            raise NotFound(f"There is no workspace {slug!r}.")
        return found

    def workspace_of(self, principal: Principal) -> Workspace:
        """Return the workspace a principal belongs to."""
        return self._store.get_workspace(principal.workspace_id)

    def is_set_up(self) -> bool:
        """Whether the first administrator exists."""
        found = self._store.find_workspace(DEFAULT_SLUG)
        return found is not None and bool(self._store.find_users(found.id))

    def set_up(self, account: NewAccount, *, workspace_name: str = "Standpipe") -> User:
        """Make the workspace, its two built-in groups and the first administrator; once only."""
        if not account.password:
            raise FieldMissing("The first administrator needs a password.")
        with self._store.transaction():
            if self.is_set_up():
                raise Conflict("The server is already set up.", hint="Sign in instead.")
            workspace = self.prepare(workspace_name)
            groups = self._store.get_groups(workspace.id)
            return self._add(workspace.id, account, tuple(group.id for group in groups))

    def prepare(self, workspace_name: str = "Standpipe") -> Workspace:
        """Return the workspace, made with its two built-in groups if there is none yet."""
        with self._store.transaction():
            workspace = self._store.find_workspace(DEFAULT_SLUG) or _add_workspace(
                self._store, workspace_name, self._clock.now()
            )
            if not self._store.get_groups(workspace.id):
                _add_groups(self._store, workspace.id, self._clock.now())
        return workspace

    def add_user(self, principal: Principal, account: NewAccount, *, is_admin: bool) -> User:
        """Make an account; administrators only. NameTaken for a used e-mail."""
        require_permission(principal, Permission.ADMIN)
        groups = self._store.get_groups(principal.workspace_id)
        chosen = groups[:2] if is_admin else groups[1:2]
        with self._store.transaction():
            return self._add(principal.workspace_id, account, tuple(group.id for group in chosen))

    def users(self, principal: Principal) -> tuple[User, ...]:
        """Return everybody in the workspace."""
        require_permission(principal, Permission.LIST_USERS)
        return self._store.find_users(principal.workspace_id)

    def groups(self, principal: Principal) -> tuple[Group, ...]:
        """Return the groups the principal may know of: all for administrators, else his own."""
        require_user(principal)
        return tuple(
            group
            for group in self._store.get_groups(principal.workspace_id)
            if principal.is_admin or group.id in principal.group_ids
        )

    def group_names(self, principal: Principal) -> Mapping[GroupId, str]:
        """Return the names of all groups, for lists of people."""
        require_permission(principal, Permission.LIST_USERS)
        return {group.id: group.name for group in self._store.get_groups(principal.workspace_id)}

    def see_user(self, principal: Principal, user_id: UserId) -> User:
        """Return a user of the workspace to himself and to whoever may list people; NotFound."""
        require_user(principal)
        user = self._store.get_user(user_id)
        if user.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no user {user_id}.")
        if user_id != principal.user_id:
            require_permission(principal, Permission.LIST_USERS)
        return user

    def user_of(self, principal: Principal) -> User:
        """Return the user that a principal is; UserNeeded for keys that are no user's."""
        if principal.user_id is None:
            raise UserNeeded()
        return self._store.get_user(principal.user_id)

    def get_user(self, user_id: UserId) -> User:
        """Return a user, for showing who owns a thing."""
        return self._store.get_user(user_id)

    def find_user(self, email: str, slug: str = DEFAULT_SLUG) -> User:
        """Return a user by e-mail; NotFound."""
        user = self._store.find_user_by_email(self.workspace(slug).id, email)
        if user is None:
            raise NotFound(f"There is no user {email!r}.")
        return user

    def set_password(self, user: User, password: str) -> User:
        """Set a new password and end all of the user's sessions and of what he granted programs."""
        changed = self._store.update_user(
            replace(user, password_phc=self._hash(password), updated_at=self._clock.now())
        )
        self._end_all(user)
        return changed

    def set_disabled(self, user: User, *, is_disabled: bool) -> User:
        """Lock a user out, keys, sessions and tokens included, or let him in again.

        His keys are good again then; sessions and tokens are not.
        """
        now = self._clock.now()
        since = now if is_disabled else None
        changed = self._store.update_user(
            replace(user, is_disabled=is_disabled, disabled_at=since, updated_at=now)
        )
        if is_disabled:
            self._end_all(user)
        return changed

    def sign_in(
        self, slug: str, email: str, password: str, *, remember: bool, client: str
    ) -> tuple[str, Session]:
        """Return a new cookie and its session; NotAuthenticated, equally slow for every reason."""
        workspace = self._store.find_workspace(slug)
        user = self._store.find_user_by_email(workspace.id, email.strip()) if workspace else None
        phc = user.password_phc if user and user.password_phc else ""
        if not self._passwords.verify(password, phc) or user is None or user.is_disabled:
            self._observe(SignInFailed(client=client))
            raise NotAuthenticated("Wrong email or password.")
        now = self._clock.now()
        self._store.update_user(replace(user, active_at=now))
        cookie = secrets.token_urlsafe(32)
        session = Session(
            user_id=user.id,
            csrf_token=secrets.token_urlsafe(24),
            expires_at=now + (REMEMBERED_LIFE if remember else SESSION_LIFE),
        )
        self._store.put_session(_digest(cookie), session)
        self._observe(SignedIn(user_id=user.id))
        return cookie, session

    def authenticate(self, cookie: str) -> tuple[Principal, Session]:
        """Return who a session cookie stands for; NotAuthenticated."""
        session = self._store.find_session(_digest(cookie), self._clock.now())
        if session is None:
            raise NotAuthenticated("The session has ended.")
        return self._keys.principal_of(self._store.get_user(session.user_id)), session

    def sign_out(self, cookie: str) -> None:
        """End a session; an unknown one is fine."""
        self._store.delete_session(_digest(cookie))

    def principal(self, user: User) -> Principal:
        """Return a user as a principal, for the terminal and the scheduler."""
        return self._keys.principal_of(user)

    def _end_all(self, user: User) -> None:
        self._store.delete_sessions_of(user.id)
        self._store.revoke_grants_of(user.id, self._clock.now())

    def _add(
        self, workspace_id: WorkspaceId, account: NewAccount, group_ids: tuple[GroupId, ...]
    ) -> User:
        now = self._clock.now()
        user = self._store.add_user(
            User(
                id=UserId(0),
                uid=Uid(new_uid(now)),
                workspace_id=workspace_id,
                name=_check_name(account.name),
                email=_check_email(account.email),
                group_ids=group_ids,
                password_phc=self._hash(account.password) if account.password else None,
                created_at=now,
                updated_at=now,
            )
        )
        self._keys.issue_for_user(user)
        return user

    def _hash(self, password: str) -> str:
        if len(password) < MINIMUM_PASSWORD_LENGTH:
            raise FieldInvalid(
                f"The password has {len(password)} characters.",
                detail=f"It needs at least {MINIMUM_PASSWORD_LENGTH}.",
            )
        return self._passwords.hash(password)


def _add_workspace(store: WorkspaceStore, name: str, now: datetime) -> Workspace:
    return store.add_workspace(
        Workspace(id=WorkspaceId(0), uid=new_uid(now), slug=DEFAULT_SLUG, name=name, created_at=now)
    )


def _add_groups(store: PeopleStore, workspace_id: WorkspaceId, now: datetime) -> tuple[Group, ...]:
    builtin = (("admin", ADMIN_PERMISSIONS), ("default", DEFAULT_PERMISSIONS))
    return tuple(
        store.add_group(
            Group(
                id=GroupId(0),
                workspace_id=workspace_id,
                name=name,
                permissions=tuple(str(permission) for permission in permissions),
                is_builtin=True,
                created_at=now,
            )
        )
        for name, permissions in builtin
    )


def _check_name(name: str) -> str:
    if not name.strip():
        raise FieldInvalid("The name is empty.")
    return name.strip()


def _check_email(email: str) -> str:
    local, _, domain = email.strip().partition("@")
    if not local or "." not in domain.strip(".") or any(c.isspace() for c in local + domain):
        raise FieldInvalid(
            f"{email!r} is not an e-mail address.", detail="It looks like name@example.org."
        )
    return email.strip().lower()


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
