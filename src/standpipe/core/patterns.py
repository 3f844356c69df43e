"""Full matches against patterns that strangers may have written, in time linear in the text."""

from importlib import import_module

_LONGEST_PATTERN = 1_000
_LONGEST_TEXT = 10_000


def fully_matches(pattern: str, text: str) -> bool | None:
    """Return whether all of ``text`` matches ``pattern``; None when the pattern cannot be used.

    Patterns are those of RE2 (no back-references, no look-around): Python's own engine backtracks,
    so a pattern such as ``(a+)+b`` and thirty letters would hold a thread for hours, and no cap on
    the length cures that. Patterns over 1,000 and texts over 10,000 characters are refused.
    """
    if len(pattern) > _LONGEST_PATTERN:
        return None
    # The pattern alone first: "a)|(?:b" would otherwise break out of the anchoring group.
    if _found(pattern, "") is None:
        return None
    return _found(rf"\A(?:{pattern})\z", text) if len(text) <= _LONGEST_TEXT else False


def _found(pattern: str, text: str) -> bool | None:
    """Search with RE2 as Arrow carries it; loaded late, since few reports have patterns."""
    arrow, compute = import_module("pyarrow"), import_module("pyarrow.compute")
    try:
        return bool(compute.match_substring_regex(arrow.array([text]), pattern)[0].as_py())
    except (arrow.ArrowInvalid, UnicodeEncodeError):
        return None
