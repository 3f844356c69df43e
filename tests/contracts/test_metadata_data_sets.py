"""Contract of the queue for submissions that ask a data set."""

from dataclasses import replace

import pytest
from tests.contracts.house import House

from standpipe.core.data_set_queries import DataSetQuery, Dimension, Filter, Metric, Ordering
from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import DataSetId

ASKED = DataSetQuery(
    data_set_id=DataSetId(1_000_000_001),
    model="orders",
    dimensions=(Dimension(field="day", transformation="datetrunc month", id="d"),),
    metrics=(Metric(field="amount", aggregation="running sum"),),
    filters=(
        Filter(field="n", operator="is", values=("a", True, 1, 1.0, 10**18, -0.5)),
        Filter(field="day", operator="last", values=(2,), modifier="day"),
    ),
    order=(Ordering(id="d", is_descending=True),),
    limit=10,
    page=2,
    page_size=-1,
    timezone="Europe/Berlin",
)


def test_what_is_asked_is_kept(house: House) -> None:
    """To the type of each value."""
    job = house.enqueue(data_set_query=ASKED)
    kept = house.store.get_submission(job.uid)
    assert kept.data_set_query == ASKED
    assert kept.data_set_query is not None
    values = kept.data_set_query.filters[0].values
    assert [type(value) for value in values] == [str, bool, int, float, int, float]
    assert house.enqueue().data_set_query is None


def test_an_equal_ask_is_the_same_submission(house: House) -> None:
    """Of one run; other pages, plain rows and other callers have submissions of their own."""
    first = house.enqueue(data_set_query=ASKED)
    assert house.enqueue(data_set_query=replace(ASKED)).uid == first.uid
    others = [
        house.enqueue(data_set_query=replace(ASKED, page=3)),
        house.enqueue(),
        house.enqueue(format="csv"),
        house.enqueue(user=2, data_set_query=ASKED),
    ]
    assert {other.execution.id for other in others} == {first.execution.id}
    assert len({first.uid, *(other.uid for other in others)}) == 5
    assert house.enqueue().uid == others[1].uid


def test_what_no_text_holds_is_refused(house: House) -> None:
    """Before anything is queued."""
    torn = replace(ASKED, filters=(Filter(field="s", operator="is", values=("\ud800",)),))
    with pytest.raises(FieldInvalid):
        house.enqueue(data_set_query=torn)
    assert sum(house.store.count_states().values()) == 0
