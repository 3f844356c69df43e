"""Whatever is written, a translation is given or refused, and its placeholders are the same."""

import random
import re
from contextlib import suppress
from pathlib import Path

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standpipe.core.errors import StandpipeError
from standpipe.sql.tokens import tokenize
from standpipe.sql.transpile import to_duckdb
from standpipe.sql.trino.lines import keep_lines

_CORPUS = Path(__file__).parent.parent / "unit" / "sql" / "trino_corpus.sql"
QUERIES = [
    block.split("\n")[1] for block in _CORPUS.read_text(encoding="utf-8").strip().split("\n\n")[1:]
]
PIECES = sorted(
    {piece for query in QUERIES for piece in re.findall(r"\w+|'[^']*'|\s|[^\w\s]", query)}
    | {"$p1", "?", "--", "/*", "*/", "'", '"', "$$", ";", "\n", "{{x}}", "0x", "::", "\\", "\u00e9"}
)

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map(lambda each: "SELECT " + " ".join(each)),
)


@st.composite
def broken_queries(draw: st.DrawFn) -> str:
    """Return a query of the corpus with pieces taken out, doubled and put in."""
    pieces = re.findall(r"\w+|'[^']*'|\s+|[^\w\s]", draw(st.sampled_from(QUERIES)))
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(pieces) + 1)
        pieces[place : place + chance.randint(0, 2)] = chance.choices(
            PIECES, k=chance.randint(0, 2)
        )
    return "".join(pieces)


@settings(max_examples=400, deadline=None)
@given(sql=texts | broken_queries())
@example(sql="SELECT INTERVAL 'x' YEAR TO MONTH")
@example(sql="SELECT INTERVAL '' DAY TO SECOND")
@example(sql="SELECT date_add()")
@example(sql="SELECT approx_percentile()")
@example(sql="SELECT ROW()[1]")
@example(sql="VALUES ()")
def test_a_text_is_translated_or_refused(sql: str) -> None:
    """Nothing but an error of the core leaves the room."""
    with suppress(StandpipeError):
        assert isinstance(to_duckdb.__wrapped__(sql), str)


@settings(max_examples=150, deadline=None)
@given(query=st.sampled_from(QUERIES), data=st.data())
def test_bound_placeholders_stay_the_same(query: str, data: st.DataObject) -> None:
    """With binds in the place of literals, the same binds come out, or the statement is refused."""
    literals = list(re.finditer(r"'(?:[^']|'')*'|(?<![\w.])\d+(?![\w.])", query))
    chosen = data.draw(st.lists(st.sampled_from(literals or [None]), unique_by=id, max_size=4))
    sql, names = query, set()
    for each in sorted((each for each in chosen if each), key=lambda each: -each.start()):
        name = f"$p{len(names) + 1}"
        names.add(name)
        sql = f"{sql[: each.start()]}{name}{sql[each.end() :]}"
    try:
        text = to_duckdb.__wrapped__(sql)
    except StandpipeError:
        return
    assert set(re.findall(r"\$p\d+", re.sub(r"'(?:[^']|'')*'", "''", text))) == names


@settings(max_examples=150, deadline=None)
@given(query=st.sampled_from(QUERIES), data=st.data())
def test_line_ends_change_no_word(query: str, data: st.DataObject) -> None:
    """The tokens are those of the same query on one line, each on its own line or later."""
    source = "".join(
        "\n" if piece == " " and data.draw(st.booleans()) else piece
        for piece in re.findall(r"'[^']*'|\"[^\"]*\"|.", query)
    )
    plain = to_duckdb(query)
    apart = keep_lines(source, plain)
    one, other = tokenize(plain, "duckdb"), tokenize(apart, "duckdb")
    assert one is not None
    assert other is not None
    assert [each.raw for each in one] == [each.raw for each in other]
    assert apart.count("\n") <= source.count("\n")
    assert len(duckdb.extract_statements(apart)) == 1
