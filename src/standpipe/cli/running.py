"""``standpipe query run``: one run of a saved query, like any client's, with its progress."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from standpipe.cli.finding import find_query
from standpipe.cli.homes import desk
from standpipe.cli.options import desk_options
from standpipe.cli.output import check_suffix, print_all, print_first, write_file
from standpipe.cli.progress import wait_for
from standpipe.core.errors import FieldInvalid
from standpipe.core.freshness import Freshness
from standpipe.core.parameters import Parameter
from standpipe.core.results import Result


@click.command("run")
@click.argument("name_or_id")
@click.option(
    "-p",
    "--parameter",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value; a range is START..END; repeat it for several values.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all rows to this file, in the format of its suffix: .csv, .xlsx, .parquet, ...",
)
@click.option(
    "--max-age",
    type=int,
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="Take a stored result up to this old; -1 = of any age, 0 = always run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
@desk_options
def run_query(
    name_or_id: str,
    pairs: Sequence[str],
    output: Path | None,
    max_age: int,
    as_json: bool,
    **flags: Any,
) -> None:
    """Run a query and print its first rows, or write all of them to a file."""
    from standpipe.services.submit import QueryAsk

    if output is not None:
        check_suffix(output)
    with desk(flags) as at:
        query = find_query(at, name_or_id)
        ask = QueryAsk(
            query_id=query.id,
            values=read_values(query.parameters, pairs),
            freshness=Freshness(None if max_age < 0 else max_age),
        )
        answer = at.services.submit.query(at.principal, ask)
        result = answer if isinstance(answer, Result) else wait_for(at, answer)
        if output is not None:
            write_file(at, result, output)
            click.echo(f"{result.row_count:,} rows are in {output}.", err=True)
        elif as_json:
            print_all(at, result)
        else:
            print_first(at, result)


def read_values(parameters: Sequence[Parameter], pairs: Sequence[str]) -> dict[str, Any]:
    """Return parameter values in wire form from NAME=VALUE words."""
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or name not in known:
            raise FieldInvalid(
                f"{pair!r} sets no parameter.",
                detail=f"Write NAME=VALUE; the query has: {', '.join(known) or 'none'}.",
            )
        if known[name].kind.is_range:
            values[name] = _range(name, text)
        elif known[name].multiple is not None:
            values[name] = [*values.get(name, []), text]
        else:
            values[name] = text
    return values


def _range(name: str, text: str) -> Mapping[str, str]:
    start, dots, end = text.partition("..")
    if not dots:
        raise FieldInvalid(f"{name} is {text!r}.", detail="A range is START..END.")
    return {"start": start, "end": end}
