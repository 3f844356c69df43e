"""How often a client may call."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import RateLimited
from standpipe.http.limits import RateLimiter


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.seconds = 1000.0

    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


def allowed(limiter, client="192.0.2.1"):
    try:
        limiter.check(client)
    except RateLimited:
        return False
    return True


def test_limiter_refuses_the_call_after_the_limit():
    """The call after the last allowed one raises RateLimited with the rule and the wait."""
    clock = HandClock()
    limiter = RateLimiter(2, 3600, clock)
    limiter.check("192.0.2.1")
    clock.seconds += 600
    limiter.check("192.0.2.1")
    with pytest.raises(RateLimited) as caught:
        limiter.check("192.0.2.1")
    assert (caught.value.limit, caught.value.retry_after_seconds) == ("2 per 1 hour", 3000)


def test_limiter_allows_again_when_the_first_call_has_aged():
    """After the promised wait one call is allowed, and only one."""
    clock = HandClock()
    limiter = RateLimiter(2, 60, clock)
    limiter.check("a")
    clock.seconds += 10
    limiter.check("a")
    clock.seconds += 50
    assert [allowed(limiter, "a"), allowed(limiter, "a")] == [True, False]


def test_limiter_counts_clients_apart():
    """What one client did does not count for another."""
    limiter = RateLimiter(1, 60, HandClock())
    assert [allowed(limiter, name) for name in ("a", "b", "a", "b")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_limiter_takes_an_ipv6_subscriber_as_one_client(first, second, same):
    """Addresses of one IPv6 /64 share a limit, and so do the two spellings of an IPv4 address."""
    limiter = RateLimiter(1, 60, HandClock())
    limiter.check(first)
    assert allowed(limiter, second) is not same


def test_limiter_remembers_a_bounded_number_of_clients():
    """The client that was silent for longest is forgotten first."""
    limiter = RateLimiter(1, 60, HandClock(), max_clients=2)
    for name in ("a", "b", "c"):
        limiter.check(name)
    assert [allowed(limiter, name) for name in ("c", "b", "a")] == [False, False, True]


@pytest.mark.parametrize(
    ("seconds", "rule"),
    [
        (3600, "5 per 1 hour"),
        (86400, "5 per 1 day"),
        (60, "5 per 1 minute"),
        (90, "5 per 90 seconds"),
    ],
)
def test_limiter_says_its_rule_in_words(seconds, rule):
    """The rule reads as a person would say it."""
    assert RateLimiter(5, seconds, HandClock()).rule == rule


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=80))
def test_limiter_never_allows_more_than_the_limit_in_any_window(pauses):
    """However calls are spread, no window of the given length holds more than the limit."""
    clock = HandClock()
    limiter = RateLimiter(3, 60, clock)
    times = []
    for pause in pauses:
        clock.seconds += pause
        if allowed(limiter):
            times.append(clock.seconds)
    assert all(late - early >= 60 for early, late in zip(times, times[3:], strict=False))


def test_limiter_counts_exactly_across_threads():
    """Threads that call at once together get exactly the limit."""
    limiter = RateLimiter(50, 60, HandClock())
    answers = []

    def call():
        answers.extend(allowed(limiter) for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers) == 50
