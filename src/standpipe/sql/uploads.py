"""Which uploaded tables a statement may mean: names of three parts below one catalog."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from standpipe.core.tables import CATALOG
from standpipe.sql.tokens import REST_OF_COMMAND, Token, tokenize

Name = tuple[str, str]

_NO_NAMES = frozenset({"STRING", "NUMBER", "DOT", REST_OF_COMMAND})


@lru_cache(maxsize=256)
def find_uploads(sql: str, sql_dialect: str = "duckdb") -> tuple[Name, ...]:
    """Return ``(namespace, name)`` in small letters of all that stands as ``dune.a.b``, sorted.

    Quoted parts, blanks and comments between them make no difference. Something else may be
    called so too (a column of a struct, a table of the data source): a name need not exist. What
    stands in a string is never a name, so ``query_table('dune.a.b')`` finds no uploaded table.
    """
    if CATALOG not in sql.lower():
        return ()
    return tuple(sorted(set(_names(tokenize(sql, sql_dialect) or (), sql_dialect))))


def _names(tokens: Sequence[Token], sql_dialect: str) -> Iterator[Name]:
    for number, token in enumerate(tokens):
        if token.kind == REST_OF_COMMAND:
            yield from find_uploads(token.raw, sql_dialect)
        elif _is_name(token) and token.text.lower() == CATALOG:
            first, namespace, second, name = [*tokens[number + 1 : number + 5], *[None] * 4][:4]
            if _is_dot(first) and _is_dot(second) and _is_name(namespace) and _is_name(name):
                yield _text(namespace), _text(name)


def _is_dot(token: Token | None) -> bool:
    return token is not None and token.kind == "DOT"


def _is_name(token: Token | None) -> bool:
    return token is not None and token.kind not in _NO_NAMES


def _text(token: Token | None) -> str:
    return "" if token is None else token.text.lower()
