"""Every subcommand of `steward` explains itself, serves programs, and says what is wrong."""

import io
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sim.cli import COMMANDS, COMPLETION, app, main

ROOT: Any = typer.main.get_command(app)


def walk(command: Any, words: list[str], parent: Any = None) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that call it."""
    context = typer.Context(command, parent=parent)
    leaf = not hasattr(command, "list_commands")
    if leaf or (command.invoke_without_command and words):
        yield " ".join(words), command
    if leaf:
        return
    for word in command.list_commands(context):
        yield from walk(command.get_command(context, word), [*words, word], context)


LEAVES = dict(walk(ROOT, []))


def test_there_is_something_to_look_at():
    assert len(LEAVES) >= len(COMMANDS)
    assert {"demo", "desk", "sim run", "product check"} <= LEAVES.keys()


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_says_what_it_does_and_what_each_word_means(words):
    command = LEAVES[words]
    assert command.help
    unexplained = [each.name for each in command.params if not each.help]
    assert unexplained == []
    assert not {each.name for each in command.params} & set(COMPLETION)
    assert "--json" in {option for each in command.params for option in each.opts}


@pytest.mark.parametrize("words", ["", *COMMANDS, "sim run", "product check"])
def test_help_is_shown_and_has_no_noise(words):
    shown = CliRunner().invoke(app, [*words.split(), "-h"])
    assert shown.exit_code == 0
    assert "Usage: steward" in shown.output or words
    assert not words or "completion for the current shell" not in shown.output


def test_the_version_is_that_of_the_package():
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.stdout) == (0, f"steward {metadata.version('steward')}\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("dmeo", "dmeo"),
        ("sim run", "scenario"),
        ("sim run nowhere", "nowhere"),
        ("sim run coffee_machine --runtime jython", "jython"),
        ("demo --scenario nowhere", "nowhere"),
        ("demo --speed 0", "--speed"),
        ("desk --port 70000", "--port"),
    ],
)
def test_wrong_words_are_named_on_standard_error_and_end_with_2(words, named):
    answer = CliRunner().invoke(app, words.split())
    assert answer.exit_code == 2
    assert named in answer.stderr and not answer.stdout
    assert "Traceback" not in answer.output


def test_a_product_is_told_from_a_story():
    """The README shows a product, and then `steward sim run`."""
    told = CliRunner().invoke(app, ["sim", "run", "boards/products/coffee_machine.toml"])
    assert told.exit_code == 2 and len(told.stderr.strip().splitlines()) == 1
    assert "describes a product; write a scenario" in told.stderr


def test_the_help_of_all_is_there_at_once():
    """No command's machinery is loaded for a line of help: neither web server nor database."""
    probe = "import sys; from sim.cli import app; print([m for m in sys.modules if m in {names!r}])"
    names = {"nicegui", "sqlalchemy", "uvicorn", "numpy", "cwt"}
    done = subprocess.run(
        [sys.executable, "-c", probe.format(names=names)], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize("words, said", [
    (["product", "compile", "boards/products/water_pump.toml", "-o", "/proc/none"],
     "/proc/none: No such file or directory"),
    (["owner", "init", "--directory", "{folder}"], "say it with --passphrase-file"),
    (["desk", "migrate", "--database", "{folder}/text"], "/text: file is not a database"),
    (["desk", "--database", "/proc/none.db", "--port", "0"],
     "the database /proc/none.db cannot be used: unable to open database file"),
    (["market", "perception", "--desk", "http://127.0.0.1:9"],
     "http://127.0.0.1:9: Connection refused"),
])  # fmt: skip
def test_what_the_world_denies_is_named_without_a_trace(tmp_path, monkeypatch, capsys, words, said):
    (tmp_path / "text").write_text("no database " * 100)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: input())
    monkeypatch.setattr(sys, "argv", ["steward", *(w.format(folder=tmp_path) for w in words)])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    assert (left.value.code, told.out) == (1, "")
    assert said in told.err and "Traceback" not in told.err
