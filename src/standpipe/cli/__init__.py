"""The terminal: parse, call a service, print. Heavy modules are imported inside the commands."""

import os
import sys
from collections.abc import Sequence

import click

from standpipe import __version__
from standpipe.cli.checks import check, config
from standpipe.cli.custom_endpoints import endpoint
from standpipe.cli.demo import demo
from standpipe.cli.keys import key
from standpipe.cli.oauth import oauth_client, oauth_key
from standpipe.cli.people import init, user
from standpipe.cli.queries import query
from standpipe.cli.serving import serve, worker
from standpipe.cli.sources import source
from standpipe.cli.workspaces import workspace
from standpipe.core.errors import (
    ConfigurationInvalid,
    Conflict,
    InvalidRequest,
    NotFound,
    StandpipeError,
)

WRONG_INPUT = (InvalidRequest, NotFound, Conflict, ConfigurationInvalid)


class Ordered(click.Group):
    """A group that lists its commands in the order of a first visit."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they were added."""
        return list(self.commands)


@click.group(
    cls=Ordered, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "-V", "--version", prog_name="standpipe")
def root() -> None:
    """Serve saved SQL reports to the clients that already exist.

    Start with `standpipe demo`, or with your own files: `standpipe serve data/ sales.parquet`.
    Every option of a setting is also an environment variable (STANDPIPE_PORT) and a line of
    standpipe.toml in the home; `standpipe config` shows what is in force.
    """


_FIRST = (serve, worker, demo, init, workspace, user, key, source, query)
for _command in (*_FIRST, endpoint, oauth_client, oauth_key, config, check):
    root.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 2 for wrong input, 130 when interrupted, else 1."""
    try:
        result = root.main(args=arguments, prog_name="standpipe", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("standpipe: stopped", err=True)
        return 130
    except StandpipeError as error:
        click.echo(f"standpipe: {one_line(error)}", err=True)
        return 2 if isinstance(error, WRONG_INPUT) else 1
    except BrokenPipeError:  # `| head` has seen enough; keep the interpreter from flushing again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        click.echo(f"standpipe: {error.filename or ''} {error.strerror or error}".strip(), err=True)
        return 1
    return result if isinstance(result, int) else 0


def one_line(error: StandpipeError) -> str:
    """Return what was wrong, what is allowed and the next step, without line breaks."""
    return " ".join(str(error).split())
