"""How large a condition may be, wherever it comes from: nobody can exhaust the stack with one."""

from collections.abc import Container, Iterator
from typing import Final

from standpipe.core.errors import WindowInvalid
from standpipe.core.windows.syntax import (
    Between,
    Both,
    Call,
    Cast,
    Comparison,
    Either,
    Is,
    Likeness,
    Membership,
    Negation,
    Node,
)

MAX_DEPTH: Final = 100
MAX_NODES: Final = 10_000


def require_modest(node: Node, part: str) -> None:
    """WindowInvalid for a tree of more than 100 levels or 10,000 nodes."""
    count = 0
    level = [node]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            raise _too_large(part, f"At most {MAX_NODES:,} names, values and operators.", level[-1])
        level = [child for parent in level for child in children(parent)]
        if not level:
            return
    raise too_deep(part, level[0].position)


def has_call(node: Node, names: Container[str]) -> bool:
    """Whether one of these functions is called anywhere in a node."""
    return (isinstance(node, Call) and node.name in names) or any(
        has_call(child, names) for child in children(node)
    )


def too_deep(part: str, position: int) -> WindowInvalid:
    """Return the error of more than 100 levels."""
    return WindowInvalid(
        f"The {part} is nested too deep.",
        part=part,
        position=position,
        detail=f"At most {MAX_DEPTH} levels of parentheses and operators.",
        hint="AND and OR take any number of conditions without parentheses; IN takes a list.",
    )


def _too_large(part: str, detail: str, node: Node) -> WindowInvalid:
    return WindowInvalid(
        f"The {part} is too large.", part=part, position=node.position, detail=detail
    )


def children(node: Node) -> Iterator[Node]:
    """Return the nodes that stand directly in a node, in order."""
    match node:
        case Both() | Either():
            yield from node.parts
        case Comparison():
            yield node.left
            yield node.right
        case Between():
            yield node.operand
            yield node.low
            yield node.high
        case Membership():
            yield node.operand
            yield from node.members
        case Call():
            yield from node.arguments
        case Cast() | Is() | Likeness() | Negation():
            yield node.operand
