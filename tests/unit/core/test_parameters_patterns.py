"""Full matches against patterns of strangers."""

import pytest

from standpipe.core.patterns import fully_matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d+", "12", True),
        (r"\d+", "12\n", False),
        (r"\d+", "12a", False),
        (r"a|b", "b", True),
        (r"a|b", "bx", False),
        (r"^a$", "a", True),
        (r"(?i)north", "NORTH", True),
        (r".*", "é\x00", True),
        (r"", "", True),
        (r"", "a", False),
    ],
)
def test_a_pattern_matches_the_whole_text_or_not(pattern, text, matches):
    """No part of the text may be left over, not even a line end."""
    assert fully_matches(pattern, text) is matches


@pytest.mark.parametrize(
    "pattern",
    ["(", "a)|(?:b", r"(a)\1", "(?=a)b", r"\Qa", "[", "(a{1,999}){1,999}", "a" * 1001, "\ud800"],
)
def test_a_pattern_that_cannot_be_used_is_told_apart(pattern):
    """Broken, not linear, too long, or meant to break out of the anchors."""
    assert fully_matches(pattern, "a") is None


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", "(a*)*b", ".*" * 100 + "x", "(?:a?){400}b"])
def test_a_pattern_that_would_backtrack_for_ever_answers(pattern):
    """The engine is linear: this test would not end otherwise."""
    assert fully_matches(pattern, "a" * 9_999 + "!") is False


def test_an_overlong_text_matches_nothing():
    """The length is capped on top."""
    assert fully_matches("a*", "a" * 10_001) is False
