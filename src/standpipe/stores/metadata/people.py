"""Users and groups."""

from dataclasses import replace

from sqlalchemy import bindparam, insert, select, update

from standpipe.core.errors import NameTaken, NotFound
from standpipe.core.ids import GroupId, UserId, WorkspaceId, new_uid
from standpipe.core.workspaces import Group, User
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered_for_long
from standpipe.stores.metadata.rows import read_group, read_user, write_user
from standpipe.stores.metadata.tables import groups, users
from standpipe.stores.metadata.values import to_json, to_time

_USER = select(users).where(users.c.id == bindparam("id"))
_GROUPS = select(groups).where(groups.c.workspace_id == bindparam("id")).order_by(groups.c.id)


class People(Database):
    """Implements PeopleStore."""

    @remembered_for_long
    def get_user(self, user_id: UserId) -> User:
        """Return a user by id; NotFound."""
        row = self._one(_USER, {"id": user_id})
        if row is None:
            raise NotFound(f"There is no user {user_id}.")
        return read_user(row)

    def find_user_by_email(self, workspace_id: WorkspaceId, email: str) -> User | None:
        """Return a user by e-mail, whatever its case."""
        row = self._one(
            select(users).where(
                users.c.workspace_id == workspace_id, users.c.email_key == email.casefold()
            )
        )
        return None if row is None else read_user(row)

    def find_users(self, workspace_id: WorkspaceId) -> tuple[User, ...]:
        """Return all users by id."""
        found = select(users).where(users.c.workspace_id == workspace_id).order_by(users.c.id)
        return tuple(read_user(row) for row in self._all(found))

    def add_user(self, user: User) -> User:
        """Store a new user; NameTaken if the e-mail exists."""
        added = replace(user, uid=new_uid(user.created_at))
        statement = insert(users).values(
            uid=str(added.uid), workspace_id=added.workspace_id, **write_user(added)
        )
        return replace(added, id=UserId(self._insert(statement, taken=_taken(user))))

    def update_user(self, user: User) -> User:
        """Replace everything but ids; NotFound, NameTaken if the e-mail is another user's."""
        statement = update(users).where(users.c.id == user.id).values(**write_user(user))
        try:
            with self.transaction():
                self._write(statement)
                return self.get_user(user.id)
        except NameTaken as error:
            raise NameTaken(_taken(user)) from error

    @remembered_for_long
    def get_groups(self, workspace_id: WorkspaceId) -> tuple[Group, ...]:
        """Return all groups by id."""
        return tuple(read_group(row) for row in self._all(_GROUPS, {"id": workspace_id}))

    def add_group(self, group: Group) -> Group:
        """Store a new group."""
        statement = insert(groups).values(
            workspace_id=group.workspace_id,
            name=group.name,
            permissions=to_json(group.permissions),
            is_builtin=group.is_builtin,
            created_at=to_time(group.created_at),
        )
        return replace(group, id=GroupId(self._insert(statement)))


def _taken(user: User) -> str:
    return f"There already is a user with the e-mail {user.email!r}."
