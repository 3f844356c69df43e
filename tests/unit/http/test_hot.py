"""Small bodies in memory: found by tag, within a budget, the least recently sent go first."""

from standpipe.http.hot import HotBodies


def test_a_body_is_found_by_its_tag() -> None:
    """What was kept comes back, what was not is None."""
    hot = HotBodies()
    hot.keep("a", b"one")
    assert (hot.find("a"), hot.find("b")) == (b"one", None)


def test_the_least_recently_sent_goes_first() -> None:
    """The budget holds; a body that was asked for stays."""
    hot = HotBodies(budget_bytes=10)
    hot.keep("a", b"1234")
    hot.keep("b", b"1234")
    hot.find("a")
    hot.keep("c", b"1234")
    assert [hot.find(tag) is not None for tag in "abc"] == [True, False, True]


def test_a_body_larger_than_the_budget_is_not_kept() -> None:
    """It would push out everything else for nothing."""
    hot = HotBodies(budget_bytes=3)
    hot.keep("a", b"12")
    hot.keep("b", b"1234")
    assert [hot.find(tag) for tag in "ab"] == [b"12", None]
