"""The commands as words: help, settings as options, and errors as one line."""

from dataclasses import fields
from pathlib import Path

import click
import pytest

from standpipe.cli import main, root
from standpipe.cli.sources import read_settings
from standpipe.config import Settings
from standpipe.core.datasources import ConnectorKind, SettingField
from standpipe.core.errors import FieldInvalid

KIND = ConnectorKind(
    name="box",
    title="Box",
    sql_dialect="duckdb",
    fields=(
        SettingField(name="paths", type="list", title="Paths"),
        SettingField(name="port", type="number", title="Port"),
        SettingField(name="tls", type="boolean", title="TLS"),
        SettingField(name="password", type="string", title="Password", is_secret=True),
    ),
)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the words of every command."""
    found = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("words", commands(root), ids=" ".join)
def test_every_command_explains_itself(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """--help of each command has a sentence and ends well."""
    assert main([*words, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: standpipe " + " ".join(words))
    assert "\n\n  " in said


def test_serve_has_an_option_for_every_setting() -> None:
    """A setting cannot be added without its flag and help."""
    options = {
        name: option.help
        for option in root.commands["serve"].params
        if isinstance(option, click.Option)
        for name in [option.name]
    }
    for item in fields(Settings):
        assert (options[item.name] or "").startswith(item.metadata["help"])


def test_every_listing_can_be_json() -> None:
    """Scripts never have to read a table."""
    for words in commands(root):
        command: click.Command = root
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        if words[-1] in {"list", "tables", "config", "check", "export", "import"}:
            assert any(option.name == "as_json" for option in command.params), words


def test_missing_home_is_wrong_input_with_a_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no traceback, exit code 2, and what to do."""
    assert main(["query", "list", "--home", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("standpipe: There is no Standpipe home in")
    assert said.endswith("make one with: standpipe init\n")
    assert said.count("\n") == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["serv"],
        ["serve", "--port", "many"],
        ["serve", "there/is/no/such.parquet"],
        ["query", "run"],
        ["config", "--log-level", "loud", "--config", "there/is/no.toml"],
        ["key", "show"],
    ],
)
def test_wrong_words_end_with_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant is refused before anything happens."""
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_config_shows_options_over_the_file_over_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The effective values are shown, from wherever they come."""
    (tmp_path / "standpipe.toml").write_text('port = 9000\nhost = "0.0.0.0"\n')
    assert main(["config", "--json", "--home", str(tmp_path), "--port", "9001"]) == 0
    shown = capsys.readouterr().out
    assert '"port": 9001' in shown
    assert '"host": "0.0.0.0"' in shown
    assert '"slots": 2' in shown


def test_source_settings_are_typed_by_their_kind(tmp_path: Path) -> None:
    """Lists grow, numbers and booleans are read, @ takes a value from a file."""
    secret = tmp_path / "secret"
    secret.write_text("p=w\n")
    pairs = ["paths=a", "paths=b", "port=5432", "tls=true", f"password=@{secret}"]
    assert read_settings(KIND, pairs) == {
        "paths": ["a", "b"],
        "port": 5432,
        "tls": True,
        "password": "p=w",
    }


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("host=x", "'host=x' is no setting of box. Write NAME=VALUE; there are: paths, port"),
        ("port", "'port' is no setting of box."),
        ("port=many", "port is 'many'. It takes a number."),
        ("tls=maybe", "tls is 'maybe'. It takes true or false."),
    ],
)
def test_wrong_source_setting_is_refused(pair: str, said: str) -> None:
    """The error has the word, and what is allowed."""
    with pytest.raises(FieldInvalid) as caught:
        read_settings(KIND, [pair])
    assert said in str(caught.value)
