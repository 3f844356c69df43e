"""Checks that files, classes, functions and route handlers stay small.

python tools/sizes.py            offenders only; exit 1 when a hard limit is broken
python tools/sizes.py --report   also medians, 95th percentiles and the largest of each kind
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "standpipe"

# kind -> (warn above, stop above), in lines. Functions are counted without their docstring;
# handlers without signature and docstring.
LIMITS = {
    "file": (400, 600),
    "class": (200, 200),
    "function": (60, 60),
    "handler": (12, 12),
}

# What may be larger, and why. A key is a path under src/standpipe, with "::qualified.name" for
# anything smaller than the file.
ALLOWED: dict[str, str] = {
    "core/ports.py": "all interfaces on one page, mostly docstrings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing and its size in lines."""

    kind: str
    key: str
    line: int
    lines: int


def main(arguments: list[str]) -> int:
    """Print what is too large; 1 when a hard limit is broken, else 0."""
    measures = [m for path in sorted(SOURCE.rglob("*.py")) for m in measure_file(path)]
    too_large = [m for m in measures if m.lines > LIMITS[m.kind][0] and m.key not in ALLOWED]
    stops = 0
    for measure in too_large:
        stop = measure.lines > LIMITS[measure.kind][1]
        stops += stop
        print_offender(measure, stop=stop)
    stale = sorted(set(ALLOWED) - {m.key for m in measures if m.lines > LIMITS[m.kind][0]})
    for key in stale:
        print(f"tools/sizes.py: {key} is allowed to be large, but is not: take it off the list")
    if "--report" in arguments:
        print_report(measures)
    return 1 if stops or stale else 0


def measure_file(path: Path) -> Iterator[Measure]:
    """The file itself, then every class, function and handler in it."""
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(SOURCE).as_posix()
    yield Measure(kind="file", key=place, line=1, lines=text.count("\n"))
    in_routes = is_routes(place)
    for name, node in definitions(ast.parse(text, filename=str(path)), prefix=""):
        key = f"{place}::{name}"
        if isinstance(node, ast.ClassDef):
            yield Measure(kind="class", key=key, line=node.lineno, lines=span(node))
            continue
        lines = span(node) - docstring_lines(node)
        yield Measure(kind="function", key=key, line=node.lineno, lines=lines)
        if in_routes and "." not in name and not name.startswith("_"):
            yield Measure(kind="handler", key=key, line=node.lineno, lines=body_lines(node))


def is_routes(place: str) -> bool:
    """Is this the file, or a file of the folder, with the handlers of a dialect?"""
    parts = place.split("/")
    return len(parts) > 2 and parts[0] == "dialects" and parts[2] in ("routes.py", "routes")


def definitions(
    tree: ast.AST, *, prefix: str
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every class and function at any depth, with its qualified name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from definitions(node, prefix=f"{name}.")
        else:
            yield from definitions(node, prefix=prefix)


def span(node: ast.stmt) -> int:
    """Lines from the first word to the last, decorators not counted."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the docstring; 0 without one."""
    return span(node.body[0]) if ast.get_docstring(node, clean=False) is not None else 0


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the last, without the docstring."""
    start = 1 if docstring_lines(node) else 0
    if len(node.body) == start:
        return 0
    return (node.end_lineno or node.lineno) - node.body[start].lineno + 1


def print_offender(measure: Measure, *, stop: bool) -> None:
    """One line that an editor can jump to."""
    path, _, name = measure.key.partition("::")
    warn_at, stop_at = LIMITS[measure.kind]
    limit = stop_at if stop else warn_at
    word = "too large" if stop else "growing"
    what = f"{measure.kind} {name}" if name else measure.kind
    print(f"src/standpipe/{path}:{measure.line}: {what}: {measure.lines} lines ({word}: {limit})")


def print_report(measures: list[Measure]) -> None:
    """Counts, medians, 95th percentiles and the five largest of each kind."""
    for kind in LIMITS:
        found = sorted((m for m in measures if m.kind == kind), key=lambda m: m.lines)
        if not found:
            continue
        middle, high = found[len(found) // 2].lines, found[(len(found) * 95) // 100].lines
        total = sum(m.lines for m in found)
        print(f"{kind}: {len(found)}, {total} lines, median {middle}, p95 {high}; largest:")
        for measure in reversed(found[-5:]):
            print(f"  {measure.lines:4d}  {measure.key}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
