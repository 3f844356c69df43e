"""Which names of a statement may be uploaded tables."""

import pytest

from standpipe.sql.uploads import find_uploads


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select * from dune.ada.rates", [("ada", "rates")]),
        ('select 1 from "Dune"."ADA".Rates r join DUNE . ada /* x */ . b', ["b", "rates"]),
        ("with t as (from dune.ada.b) select (select max(x) from dune.ada.a) from t", ["a", "b"]),
        ("select dune.ada.rates.day from dune.ada.rates", ["rates"]),
        ('from dune."1inch"."x""y"', [("1inch", 'x"y')]),
        ("pivot dune.ada.date on x using sum(y)", ["date"]),
        ("describe dune.ada.t", ["t"]),
        ("show dune.ada.t", ["t"]),
        ("summarize dune.ada.t", ["t"]),
        ("select $p1 from dune.ada.t where a = $p2", ["t"]),
        ("from ada.rates", []),
        ("from dune.ada", []),
        ("from x.dune.ada.t", ["t"]),
        ("select 'dune.ada.t' -- dune.ada.t", []),
        ("select 'dune' . ada . t", []),
        ("select dune from t", []),
        ("select 'dune.ada.t", []),
    ],
)
def test_names_of_three_parts_are_found(sql: str, names: list[object]) -> None:
    """However they are quoted and spaced; never in texts and comments."""
    expected = [("ada", name) if isinstance(name, str) else name for name in names]
    assert list(find_uploads(sql)) == expected
