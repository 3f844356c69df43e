"""The table of connectors."""

import subprocess
import sys

import pytest

from standpipe.connectors import CONNECTORS, load_connector
from standpipe.core.errors import ConfigurationInvalid


@pytest.mark.parametrize("kind", CONNECTORS)
def test_every_connector_is_called_as_it_calls_itself(kind: str) -> None:
    """The name in the table is the name of the kind."""
    assert load_connector(kind).kind.name == kind  # type: ignore[attr-defined]


def test_an_unknown_kind_suggests_the_nearest() -> None:
    """A typing error is answered with the name that was meant."""
    with pytest.raises(ConfigurationInvalid, match="Did you mean 'duckdb'"):
        load_connector("dukdb")


def test_a_connector_loads_without_its_driver() -> None:
    """Settings can be checked in a process that never loads DuckDB."""
    code = (
        "import sys; from standpipe.connectors import load_connector;"
        "load_connector('duckdb'); print('duckdb' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"
