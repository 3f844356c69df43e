"""Finding the tags of Mustache in a text."""

import pytest

from standpipe.sql.tags import TagKind, find_tags, placeholder_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select {{x}}, {{ y }}, {{\n x\n}}", ("x", "y")),
        ("{{{x}}} {{{ y }}} {{& z }}", ("x", "y", "z")),
        ("{{ r.start }} {{r.end}}", ("r.start", "r.end")),
        ('{{ it\'s "odd"? (yes/no) }}', ('it\'s "odd"? (yes/no)',)),
        ("{{#x}}{{y}}{{/x}}{{^z}}{{/z}}", ("x", "y", "z")),
        ("-- {{x}}\n/* {{y}} */", ("x", "y")),
        ("{{! no }} {{> no }} {{= < > =}}", ()),
        ("{{x", ()),
        ("{x} }} {", ()),
        ("{'a': {'b': 1}}", ()),
        ("{{a}}}", ("a",)),
        ("", ()),
    ],
)
def test_the_names_of_a_text_are_what_it_asks_for(text, names):
    """Once each, in order, sections included, comments and partials not."""
    assert placeholder_names(text) == names


def test_a_tag_knows_its_span_and_line():
    """Messages name the line, the template cuts at the span."""
    first, second = find_tags("a\n{{x}}\n\n {{{y}}}b")
    assert (first.start, first.end, first.line) == (2, 7, 2)
    assert (second.start, second.end, second.line) == (10, 17, 4)
    assert second.kind is TagKind.VARIABLE


@pytest.mark.parametrize(
    "text", ["{{" * 100_000, "{{{x}}" * 50_000, "{{ " + " " * 500_000, "}}" * 9]
)
def test_hostile_braces_are_read_in_one_pass(text):
    """This test would not end if reading were quadratic."""
    assert sum(1 for _ in find_tags(text)) <= 50_000
