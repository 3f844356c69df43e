"""The text of a query's default run, which every list of queries shows."""

from tests.web.site import Site


def test_query_whose_run_cannot_be_told_shows_its_own_text(ready: Site) -> None:
    """An engine, a list or a result that is gone must not take whole lists with it."""
    query = ready.add_query(data_source_id=ready.add_source().id)
    assert ready.services.submit.default_text(query) == query.sql
