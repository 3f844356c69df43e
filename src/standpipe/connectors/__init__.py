"""One room per kind of data source; this file only names them, so that a driver loads when used."""

import importlib
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.ports import Connector

__all__ = ["CONNECTORS", "load_connector"]

CONNECTORS: Mapping[str, str] = {
    "duckdb": "standpipe.connectors.duckdb.connector:DuckDBConnector",
}


def load_connector(kind: str) -> Callable[..., Connector]:
    """Import and return the class of a connector kind.

    Raises:
        ConfigurationInvalid: there is no such kind; names the nearest one.
    """
    if kind not in CONNECTORS:
        near = get_close_matches(kind, CONNECTORS, n=1)
        raise ConfigurationInvalid(
            f"There is no connector {kind!r}.",
            detail=f"Known: {', '.join(sorted(CONNECTORS))}.",
            hint=f"Did you mean {near[0]!r}?" if near else "",
        )
    module, name = CONNECTORS[kind].split(":")
    loaded: Callable[..., Connector] = getattr(importlib.import_module(module), name)
    return loaded
