"""Kinds of columns: how ids, times, texts and numbers lie in tables."""

import sqlalchemy as sa

# SQLite only counts up by itself for INTEGER, which holds 64 bits there.
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def number_key() -> sa.Column[int]:
    """Return a column of the number by which a row is known."""
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def uid() -> sa.Column[str]:
    """Return a column of the uid of a row."""
    return sa.Column("uid", sa.String(36), nullable=False, unique=True)


def reference(
    name: str, target: str, *, optional: bool = False, on_delete: str | None = None
) -> sa.Column[int]:
    """Return a column of a reference to a row of another table."""
    return sa.Column(
        name, BigId, sa.ForeignKey(f"{target}.id", ondelete=on_delete), nullable=optional
    )


def moment(name: str, *, optional: bool = False) -> sa.Column[int]:
    """Return a column of microseconds since 1970."""
    return sa.Column(name, sa.BigInteger, nullable=optional)


def text(name: str, *, optional: bool = False) -> sa.Column[str]:
    """Return a column of a text."""
    return sa.Column(name, sa.Text, nullable=optional)


def integer(name: str, *, optional: bool = False) -> sa.Column[int]:
    """Return a column of an integer of 64 bits."""
    return sa.Column(name, sa.BigInteger, nullable=optional)


def float_number(name: str, *, optional: bool = False) -> sa.Column[float]:
    """Return a column of a float."""
    return sa.Column(name, sa.Double, nullable=optional)


def flag(name: str) -> sa.Column[bool]:
    """Return a column of a truth value."""
    return sa.Column(name, sa.Boolean, nullable=False)
