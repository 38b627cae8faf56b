"""What the documents tell a reader to type exists, and so does every file that they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).resolve().parents[1]
MADE = {"node_modules", "build", "out"}  # others may be at work there
DOCUMENTS = sorted(
    file
    for folder in [ROOT, *ROOT.glob("[a-z]*")]
    if folder.name not in MADE
    for file in folder.glob("*.md" if folder == ROOT else "**/*.md")
    if not MADE & set(file.relative_to(ROOT).parts)
)
BLOCK = re.compile(r"^```(?:console|sh|shell|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
FOLDERS = ("agent", "boards", "docs", "firmware", "hal", "sim", "tests", ".ci")
NAMED = re.compile(r"`((?:" + "|".join(re.escape(name) for name in FOLDERS) + r")/[\w./*-]*)`")


def commands(text: str) -> Iterator[list[str]]:
    """Every command of a document's shell blocks, in words, without prompt and comment."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\||;", line.strip().removeprefix("$ ")):
                words = shlex.split(part, comments=True)
                while words and re.fullmatch(r"\w+=.*", words[0]):
                    words = words[1:]
                if words:
                    yield words


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def check_steward(words: list[str]) -> str | None:
    """What is wrong with `steward WORDS`, without running it."""
    from sim.cli import app

    command: Any = typer.main.get_command(app)
    context = None
    words = list(words)
    while hasattr(command, "get_command"):
        context = typer.Context(command, parent=context)
        word = words.pop(0) if words else "--help"
        if word.startswith("-"):
            break
        found = command.get_command(context, word)
        if found is None:
            return f"steward has no command {word!r}"
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in command.params for option in parameter.secondary_opts}
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known | {"--help"}:
            return f"{command.name} has no option {option}"
    return None


def check_command(words: list[str]) -> str | None:
    """What is wrong with a command that a document names; None for what is not ours."""
    program = words[0].rsplit("/", 1)[-1]
    if program == "make":
        targets = [word for word in words[1:] if not re.match(r"-|\w+=", word)]
        unknown = [word for word in targets if word not in make_targets()]
        return f"make has no target {unknown[0]!r}" if unknown else None
    if program == "steward":
        return check_steward(words[1:])
    if words[0].startswith(("./", ".ci/", "tests/")) and not (ROOT / words[0]).exists():
        return f"{words[0]} does not exist"
    return None


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_commands_exist(file):
    text = file.read_text("utf-8")
    wrong = {" ".join(words): check_command(words) for words in commands(text)}
    assert {line: why for line, why in wrong.items() if why} == {}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_that_are_named_exist(file):
    text = file.read_text("utf-8")
    missing = [link for link in LINK.findall(text) if not (file.parent / link).exists()]
    missing += [name for name in NAMED.findall(text) if not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []


def test_the_readme_has_commands():
    assert list(commands((ROOT / "README.md").read_text("utf-8")))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("make tset", "make has no target 'tset'"),
        ("make test demo HEADLESS=1", None),
        ("steward prodcut check x.toml", "steward has no command 'prodcut'"),
        ("steward product chek x.toml", "steward has no command 'chek'"),
        ("steward product check --jsno x.toml", "check has no option --jsno"),
        ("steward product check --json x.toml", None),
        (".venv/bin/steward product compile x.toml --out=y", None),
        ("./missing.sh", "./missing.sh does not exist"),
        ("git clone somewhere", None),
    ],
)
def test_the_check_bites(line, why):
    assert check_command(line.split()) == why


def test_blocks_are_read_as_a_reader_would():
    text = "```console\n$ RUNTIME=x make demo  # why\n# a remark\nmake a && make b \\\n -j2\n```\n"
    text += "```python\nmake nothing\n```\n"
    assert list(commands(text)) == [["make", "demo"], ["make", "a"], ["make", "b", "-j2"]]
