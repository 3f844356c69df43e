"""Contract of the store of usage."""

from datetime import date

from tests.contracts.house import NOW, House, new_part, new_workspace

from standpipe.core.executions import Holder
from standpipe.core.ids import KeyId, QueryId, UserId
from standpipe.core.queries import Visibility
from standpipe.core.usage import Account, Holdings, Reads, Used

DAY = NOW.date()
EVER = (date(2000, 1, 1), date(2100, 1, 1))


def used(day: int, executions: int = 0, reads: int = 0, result_bytes: int = 0) -> Used:
    """What was used on a day of January."""
    return Used(
        start=date(2026, 1, day),
        end=date(2026, 1, day + 1),
        executions=executions,
        reads=reads,
        result_bytes=result_bytes,
    )


def test_reads_add_up_by_owner_and_day(house: House) -> None:
    """Those of one user, or of everybody in the workspace; days without any are not there."""
    workspace = house.workspace.id
    his, hers = Account(workspace, UserId(1)), Account(workspace, UserId(2))
    house.store.add_reads({his: Reads(1, 10), hers: Reads(5, 2**40)}, date(2026, 1, 2))
    house.store.add_reads({his: Reads(2, 30)}, date(2026, 1, 2))
    house.store.add_reads({his: Reads(1, 0)}, date(2026, 1, 4))
    find = house.store.find_usage
    assert find(workspace, UserId(1), *EVER) == (
        used(2, reads=3, result_bytes=40),
        used(4, reads=1),
    )
    total = used(2, reads=8, result_bytes=2**40 + 40)
    assert find(workspace, None, date(2026, 1, 2), date(2026, 1, 4)) == (total,)
    elsewhere = house.store.add_workspace(new_workspace("elsewhere"))
    assert find(elsewhere.id, None, *EVER) == ()


def test_every_submission_counts_itself(house: House) -> None:
    """Joining another one's run too; getting one's earlier submission back does not."""
    workspace = house.workspace.id
    house.enqueue(user=1)
    house.enqueue(user=1)
    house.enqueue(user=2)
    house.enqueue("other", user=1)
    find = house.store.find_usage
    assert find(workspace, UserId(1), *EVER) == (used(1, executions=2),)
    assert find(workspace, None, *EVER) == (used(1, executions=3),)


def test_what_the_key_of_a_query_uses_is_its_owners(house: House) -> None:
    """Runs and reads alike; of a query that is not there it is nobody's, and the workspace's."""
    query = house.add_query()
    by_key = Holder(user_id=None, key_id=KeyId(7))
    house.store.enqueue(house.request(query_id=query.id, query_revision=1), by_key, NOW)
    accounts = [Account(house.workspace.id, None, id) for id in (query.id, QueryId(10**6), None)]
    house.store.add_reads({each: Reads(1, 10) for each in accounts}, DAY)
    find = house.store.find_usage
    own = used(1, executions=1, reads=1, result_bytes=10)
    assert find(house.workspace.id, query.owner_id, *EVER) == (own,)
    total = used(1, executions=1, reads=3, result_bytes=30)
    assert find(house.workspace.id, None, *EVER) == (total,)


def test_holdings_are_those_of_the_owner(house: House) -> None:
    """Or of the whole workspace."""
    store, workspace = house.store, house.workspace.id
    assert store.get_holdings(workspace, house.user.id) == Holdings()
    house.add_query(visibility=Visibility.PRIVATE)
    house.add_query(visibility=Visibility.PRIVATE, is_archived=True)
    house.add_query()
    store.add_part(house.add_table(), new_part("a", rows=3))
    found = Holdings(private_queries=1, table_bytes=30)
    assert store.get_holdings(workspace, house.user.id) == found
    assert store.get_holdings(workspace, None) == found
    assert store.get_holdings(workspace, UserId(99)) == Holdings()
