"""Every setting: name, default, one line of help; from a file, the environment and flags."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from standpipe.core.errors import ConfigurationInvalid

ENVIRONMENT_PREFIX = "STANDPIPE_"


def _setting(default: Any, help: str, *, is_secret: bool = False) -> Any:
    return field(default=default, metadata={"help": help, "is_secret": is_secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The effective settings of one server."""

    home: Path = _setting(Path("standpipe-home"), "Folder that holds all state.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8400, "Port to listen on; 0 = any free one.")
    workers: int = _setting(-1, "Worker processes; -1 = one per core, 0 = none on this machine.")
    slots: int = _setting(2, "Runs at a time in each worker.")
    tls_cert: str = _setting("", "Certificate file (PEM) for HTTPS.")
    tls_key: str = _setting("", "Private key file (PEM) for HTTPS.")
    tls: str = _setting("", 'HTTPS without files: "self-signed" makes a certificate in the home.')
    public_url: str = _setting("", "Base URL that callers see, if a proxy hides it.")
    run_seconds: float = _setting(1800.0, "Time limit of one run, in seconds; 0 = none.")
    run_memory_mb: int = _setting(512, "Memory limit of one run, in MiB.")
    result_max_mb: int = _setting(32768, "Largest stored result, in MiB.")
    queue_max_wait_seconds: float = _setting(43200.0, "Runs that waited longer expire.")
    lease_seconds: float = _setting(10.0, "A worker silent for this long loses its run.")
    stop_seconds: float = _setting(
        5.0, "Runs have this long to end when the server stops; then they wait for its next start."
    )
    result_days: float = _setting(7.0, "Results that are no query's latest are kept this long.")
    execution_days: float = _setting(30.0, "Runs without a stored result are remembered this long.")
    encodings_max_mb: int = _setting(
        4096, "Room for encoded results that are ready to be sent again, in MiB; 0 = keep none."
    )
    requests_per_minute: int = _setting(
        0, "Requests of one user or one query key within a minute; more are 429. 0 = any number."
    )
    body_max_mb: float = _setting(4.0, "Largest request body, in MiB.")
    credits_per_execution: float = _setting(0.0, "Credits that a run counts for in usage.")
    credits_per_gb: float = _setting(
        0.0, "Credits that a gigabyte (10^9 bytes) of results read counts for in usage."
    )
    credits_included: int = _setting(
        0, "Credits of a month that usage tells as included; nothing is refused beyond them."
    )
    bytes_allowed: int = _setting(
        1_000_000_000,
        "Bytes of uploaded tables that usage tells as allowed; nothing is refused beyond them.",
    )
    upload_max_mb: float = _setting(
        1200.0, "Largest body of rows that are inserted into an uploaded table, in MiB."
    )
    csv_upload_max_mb: float = _setting(
        500.0, "Largest JSON body that makes a table of a CSV, in MiB."
    )
    holistics_download: str = _setting(
        "file",
        'Downloads of the Holistics API: "file", or "redirect" to an address that is good for a '
        "minute without a key.",
    )
    source_roots: str = _setting(
        "", "Folders (':' between them) whose files data sources made over the API may name."
    )
    access_token_seconds: int = _setting(3600, "Access tokens of OAuth end after so many seconds.")
    refresh_token_days: float = _setting(
        30.0, "Refresh tokens of OAuth that nobody uses end after so many days."
    )
    log_format: str = _setting("text", 'Log lines as "text" or "json".')
    log_level: str = _setting("info", 'Least log level: "debug", "info", "warning" or "error".')
    access_log: bool = _setting(False, "Log a line per request.")


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return settings: flags win over the environment, that over the file, that over defaults.

    The file is ``standpipe.toml`` in the home unless one is named. ConfigurationInvalid names an
    unknown setting, a value of the wrong type, or a file that cannot be read.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    from_environment = _from_environment(os.environ if environment is None else environment)
    home = Path(given.get("home") or from_environment.get("home") or Settings().home)
    from_file = _from_file(file, home / "standpipe.toml")
    return _settings({**from_file, "home": home, **from_environment, **given})


def _settings(values: Mapping[str, Any]) -> Settings:
    known = {item.name: item for item in fields(Settings)}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise ConfigurationInvalid(
            f"There is no setting {unknown[0]!r}.", detail=f"There are: {', '.join(known)}."
        )
    return Settings(**{name: _cast(name, value) for name, value in values.items()})


def _cast(name: str, value: Any) -> Any:
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        return _cast_bool(name, value)
    try:
        return type(default)(value) if not isinstance(default, Path) else Path(value)
    except (TypeError, ValueError) as error:
        raise ConfigurationInvalid(
            f"The setting {name} is {value!r}.", detail=f"It takes a {type(default).__name__}."
        ) from error


def _cast_bool(name: str, value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise ConfigurationInvalid(f"The setting {name} is {value!r}.", detail="true or false.")
    return found


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }


def _from_file(named: Path | None, usual: Path) -> dict[str, Any]:
    path = named or usual
    if named is None and not usual.exists():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(f"{path} cannot be read.", detail=str(error)) from error
