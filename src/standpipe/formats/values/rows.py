"""Encoded rows between a head and a tail."""

from collections.abc import Callable, Iterator, Sequence

from standpipe.core.errors import TooManyRows

TABLE_ROWS = 1_000

_SHORT_SQL = 100


def joined(
    texts: Iterator[tuple[int, memoryview]], head: bytes, separator: bytes = b"", tail: bytes = b""
) -> Iterator[bytes | memoryview]:
    """Yield head, rows and tail. Each row begins with the separator; that of the first is cut."""
    yield head
    skip = len(separator)
    for _, text in texts:
        yield text[skip:]
        skip = 0 if len(text) else skip
    yield tail


def counted(
    texts: Iterator[tuple[int, memoryview]], format_name: str, max_rows: int
) -> Iterator[tuple[int, memoryview]]:
    """Pass rows on; TooManyRows as soon as there are more than a format holds."""
    total = 0
    for count, text in texts:
        total += count
        if total > max_rows:
            raise too_many_rows(format_name, max_rows)
        yield count, text


def too_many_rows(format_name: str, max_rows: int, total: int | None = None) -> TooManyRows:
    """Return the error for more rows than a format holds; ``total`` is how many, if known."""
    asked = "more" if total is None else f"{total:,}"
    return TooManyRows(
        f"The format {format_name!r} holds {max_rows:,} rows, and these are {asked}.",
        detail="It is made to be read by people.",
        hint="Ask for fewer rows with a limit, or for another format such as csv.",
    )


def with_texts(
    texts: Sequence[str],
    change: Callable[[str], str],
    row: Callable[[Sequence[str]], str],
    *,
    few: int = 6,
) -> str:
    """Return the SQL of a row that is built from texts, each of them changed in the same way.

    Many texts are changed by one lambda over their list: written out for each, the change takes
    longer to plan than a page to read. For a ``few`` that would only be slower to run.
    """
    if len(texts) <= few:
        return row([changed_text(text, change) for text in texts])
    changed = f"list_transform([{', '.join(texts)}], lambda txt: {change('txt')})"
    names = [f"txts[{number}]" for number in range(1, len(texts) + 1)]
    return f"list_transform([{changed}], lambda txts: {row(names)})[1]"


def changed_text(text: str, change: Callable[[str], str]) -> str:
    """Return the SQL of a changed text, in which the text stands only once if it is long."""
    if len(text) <= _SHORT_SQL:
        return change(text)
    return f"list_transform([{text}], lambda txt: {change('txt')})[1]"
