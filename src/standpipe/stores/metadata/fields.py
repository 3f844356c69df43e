"""Kinds of columns that tables are made of."""

import sqlalchemy as sa

# SQLite only counts up by itself for INTEGER, which holds 64 bits there.
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def numbered() -> sa.Column[int]:
    """Return the number of a row, which counts up by itself."""
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def unique() -> sa.Column[str]:
    """Return the uid of a row."""
    return sa.Column("uid", sa.String(36), nullable=False, unique=True)


def refers(
    name: str, target: str, *, optional: bool = False, on_delete: str | None = None
) -> sa.Column[int]:
    """Return the number of a row of another table."""
    return sa.Column(
        name, BigId, sa.ForeignKey(f"{target}.id", ondelete=on_delete), nullable=optional
    )


def time(name: str, *, optional: bool = False) -> sa.Column[int]:
    """Return a moment, in microseconds since 1970 in UTC."""
    return sa.Column(name, sa.BigInteger, nullable=optional)


def text(name: str, *, optional: bool = False) -> sa.Column[str]:
    """Return a text."""
    return sa.Column(name, sa.Text, nullable=optional)


def whole(name: str, *, optional: bool = False) -> sa.Column[int]:
    """Return a whole number."""
    return sa.Column(name, sa.BigInteger, nullable=optional)


def number(name: str, *, optional: bool = False) -> sa.Column[float]:
    """Return a number with a fraction."""
    return sa.Column(name, sa.Double, nullable=optional)


def flag(name: str) -> sa.Column[bool]:
    """Return a claim."""
    return sa.Column(name, sa.Boolean, nullable=False)
