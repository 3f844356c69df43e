"""Writes the generated pages of the documentation, and the code map of ARCHITECTURE.md.

python tools/docs.py           write them
python tools/docs.py --check   only say what has drifted; exit 1 if anything has
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import click

from standpipe.cli import root
from standpipe.config import ENVIRONMENT_PREFIX, Settings
from standpipe.core import errors, events
from standpipe.dialects.dune.routes import ROOM as DUNE_ROOM
from standpipe.dialects.holistics.routes import ROOM as HOLISTICS_ROOM
from standpipe.dialects.holistics.v2.routes import ROOM as HOLISTICS_V2
from standpipe.dialects.myreports.routes import ROOM as MYREPORTS_ROOM
from standpipe.http.messages import Room

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "standpipe"
REFERENCE = ROOT / "docs" / "reference"
MAP_START = "<!-- code map: written by tools/docs.py -->"
MAP_END = "<!-- end of the code map -->"
WIDTH = 96


def main(arguments: list[str]) -> int:
    """Write or check every page; 1 if a check found drift."""
    pages = {
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "events.md": events_page(),
        REFERENCE / "dune.md": endpoints_page(DUNE, DUNE_ROOM),
        REFERENCE / "holistics.md": endpoints_page(HOLISTICS, HOLISTICS_ROOM, HOLISTICS_V2),
        REFERENCE / "myreports.md": endpoints_page(MYREPORTS, MYREPORTS_ROOM),
        ROOT / "ARCHITECTURE.md": architecture_page(),
    }
    drifted = [
        path for path, text in pages.items() if not path.exists() or path.read_text() != text
    ]
    for path in drifted:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)}: run `make docs`")
        else:
            path.write_text(text := pages[path])
            print(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")
    return 1 if drifted and "--check" in arguments else 0


def cli_page() -> str:
    """What every command says of itself."""
    codes = "Exit codes: 0 done, 1 it did not work, 2 wrong input, 130 interrupted."
    parts = [f"# The terminal\n\nMade from the program by `make docs`. {codes}\n"]
    for words, command in walk(root, ()):
        level = "##" if len(words) == 1 else "###"
        name = " ".join(("standpipe", *words))
        context = click.Context(command, info_name=name, terminal_width=WIDTH)
        context.max_content_width = WIDTH
        parts.append(f"{level} {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def walk(
    group: click.Group, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, parents first."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


def settings_page() -> str:
    """Every setting with its default and its three spellings."""
    lines = [
        "# Settings",
        "",
        "Made from `config.py` by `make docs`. An option wins over the environment, that over",
        "the file `standpipe.toml` in the home (or `--config FILE`), that over the default. An",
        "unknown name is an error at start. `standpipe config` shows what is in force.",
        "",
        "| In the file | Option | Environment | Default | Meaning |",
        "|---|---|---|---|---|",
    ]
    for item in fields(Settings):
        option = item.name.replace("_", "-")
        default = f"`{item.default}`" if item.default != "" else ""
        lines.append(
            f"| `{item.name}` | `--{option}` | `{ENVIRONMENT_PREFIX}{item.name.upper()}` "
            f"| {default} | {item.metadata['help']} |"
        )
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Every error class with its code."""
    lines = [
        "# Errors",
        "",
        "Made from `core/errors.py` by `make docs`. Codes are stable: they never get another",
        "meaning. Each dialect says which status and body it makes of a code; the terminal prints",
        "the message, its detail and the next step. *Retry*: may succeed later as it is.",
        "",
        "| Code | Class | Kind of | Means | Retry |",
        "|---|---|---|---|---|",
    ]
    for kind in classes_of(errors):
        parent = kind.__mro__[1].__name__
        retry = "yes" if kind.retryable else ""
        lines.append(f"| `{kind.code}` | {kind.__name__} | {parent} | {summary(kind)} | {retry} |")
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every event with its fields."""
    lines = [
        "# Events",
        "",
        "Made from `core/events.py` by `make docs`: all that can happen, as the log tells it.",
        "",
        "| Event | Means | Fields |",
        "|---|---|---|",
    ]
    for kind in classes_of(events):
        names = ", ".join(f"`{item.name}`" for item in fields(kind))
        lines.append(f"| {kind.__name__} | {summary(kind)} | {names} |")
    return "\n".join(lines) + "\n"


DUNE = """# The Dune API

The endpoints of Dune's API that are answered, made from the URL table by `make docs`. The same
table gives the OpenAPI 3.1 document at `/api/v1/openapi.json`. What they mean here, and what
differs from the original, stands beside the code:
[dialects/dune/README.md](../../src/standpipe/dialects/dune/README.md). How to connect clients:
[use-dune-clients.md](../howto/use-dune-clients.md).

Keys: the header `X-Dune-API-Key`, or the argument `api_key`. All are there below `/api/alpha/v1`
too, those of queries and executions also below `/v1`; a slash at the end is nothing. Rows take
`limit`, `offset`, `columns`, `filters`, `sort_by`, `sample_count` and `seed`: filters and sorts
are those of [windows.md](windows.md), nulls last in both directions. Values of parameters are
`params.<name>`.

| Method | Path | What it does |
|---|---|---|
"""


HOLISTICS = """# The Holistics API

The endpoints of Holistics' API that are answered, made from the URL table by `make docs`. The same
table gives the OpenAPI 3.1 documents at `/holistics/openapi.json` and, for what lies below
`/api/v2`, `/api/v2/openapi.json`. What they mean here, and what differs from the original, stands
beside the code:
[dialects/holistics/README.md](../../src/standpipe/dialects/holistics/README.md).

Keys: the header `X-Holistics-Key`, a bearer token, or the argument `_utoken`. Filters are values of
the query's parameters, as arguments or as a JSON body.

| Method | Path | What it does |
|---|---|---|
"""


MYREPORTS = """# The MyReports API

The endpoints of the MyReports API that are answered, made from the URL table by `make docs`. The
same table gives the OpenAPI 3.1 document at `/api/v1.0/openapi.json`. What they mean here, and what
differs from the original, stands beside the code:
[dialects/myreports/README.md](../../src/standpipe/dialects/myreports/README.md). How to move an
integration: [myreports.md](../howto/myreports.md).

Keys: `Authorization: Bearer` or `Authorisation: Bearer`, with an access token or any key. All paths
are there below `/v1.0` too; ids are GUIDs in any case, with or without braces.

| Method | Path | What it does |
|---|---|---|
"""


def endpoints_page(head: str, *rooms: Room) -> str:
    """Every endpoint of some rooms with its summary."""
    lines = [
        f"| {route.method} | {route.path} | {route.operation.summary} |"
        for room in rooms
        for route in room.routes
        if route.operation is not None
    ]
    return head + "\n".join(lines) + "\n"


def architecture_page() -> str:
    """ARCHITECTURE.md with a code map of today."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    before, _, rest = text.partition(MAP_START)
    _, _, after = rest.partition(MAP_END)
    return f"{before}{MAP_START}\n\n{code_map()}\n{MAP_END}{after}"


def code_map() -> str:
    """One line for each folder of the package: what it is for, and its modules."""
    lines = ["| Room | What lives there | Modules |", "|---|---|---|"]
    for folder in sorted({path.parent for path in SOURCE.rglob("*.py")}):
        modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        name = f"{folder.relative_to(SOURCE.parent).as_posix()}/".removeprefix("standpipe/")
        shown = " ".join(f"`{module}`" for module in modules)
        lines.append(f"| **{name or 'standpipe/'}** | {folder_summary(folder)} | {shown} |")
    return "\n".join(lines) + "\n"


def folder_summary(folder: Path) -> str:
    """The first sentence of a package's docstring."""
    path = folder / "__init__.py"
    text = (ast.get_docstring(ast.parse(path.read_text())) or "") if path.exists() else ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def classes_of(module: ModuleType) -> list[type]:
    """The classes that a module defines, in its order."""
    found = [item for _, item in inspect.getmembers(module, inspect.isclass)]
    own = [item for item in found if item.__module__ == module.__name__]
    return sorted(own, key=lambda item: inspect.getsourcelines(item)[1])


def summary(kind: type) -> str:
    """The first line of a class docstring."""
    return (kind.__doc__ or "").strip().split("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
