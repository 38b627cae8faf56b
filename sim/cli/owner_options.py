"""What the commands of `steward owner` share: their options, the passphrase, and how they fail."""

import enum
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from firmware.mandate.install import Link

PASSPHRASE = "STEWARD_OWNER_PASSPHRASE_FILE"


class Via(enum.StrEnum):
    """How a signed document gets to its thing."""

    FILE = "file"
    DESK = "desk"
    CONSOLE = "console"


Directory = Annotated[
    Path, typer.Option(envvar="STEWARD_OWNER", help="Folder of the owner's key.", file_okay=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(envvar=PASSPHRASE, help="First line is the passphrase.", exists=True),
]
Output = Annotated[Path | None, typer.Option("--out", "-o", help="Write the document here.")]
How = Annotated[Via, typer.Option(help="Pass it on through the desk, or as console lines.")]
Port = Annotated[
    str | None,
    typer.Option(envvar="STEWARD_PORT", help="Type the console's lines into the thing here."),
]
Desk = Annotated[str, typer.Option(help="REST address of the desk.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Thing = Annotated[str, typer.Argument(help="The thing's id.")]

Order = Annotated[str, typer.Argument(help="The order: its id, or as many digits as tell it.")]
Wait = Annotated[
    int, typer.Option("--wait", min=0, help="Seconds to wait for the thing's word on it.")
]

UNHEARD = 3  # exit code
LOOK_S = 1.0  # between two looks at the desk for the thing's word
HERE = Path(typer.get_app_dir("steward")) / "owner"
LOCAL = "http://127.0.0.1:8080"


def passphrase(file: Path | None, new: bool = False) -> str:
    """The passphrase: the first line of a file, or typed; a new one twice."""
    if file is not None:
        return file.read_text("utf-8").split("\n")[0].rstrip("\r")
    return _asked("--passphrase-file", lambda: typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=new, err=True))  # fmt: skip


def _asked(instead: str, ask: Callable[[], Any]) -> Any:
    """What a person answers; where nobody can be asked, the option that says it is named."""
    try:
        return ask()
    except typer.Abort:
        if not sys.stdin.isatty():
            typer.secho(f"\nnobody to ask here: say it with {instead}", fg="red", err=True)
        raise


def agree(lines: list[tuple[str, str]], word: str, sure: bool, as_json: bool) -> None:
    """Show what is to be signed, and leave with exit code 1 unless that is agreed to."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for topic, words in lines:
        table.add_row(topic, words)
    Console(stderr=as_json, highlight=False).print(table, markup=False)
    if not sure and not _asked("--yes", lambda: typer.confirm(f"{word} this?", err=True)):
        raise typer.Exit(1)


def link_to(desk: str, thing: str) -> Link:
    """Where the desk is that a thing's answers go through, with its key from the environment."""
    return Link(desk, os.environ.get("STEWARD_DESK_API_KEY"), thing)


def say(
    facts: dict[str, Any], words: Callable[[dict[str, Any]], str], as_json: bool
) -> None:
    """Tell what became of it: one object, a line for who types it, or words on standard error."""
    if as_json:
        print(json.dumps(facts))
    elif "line" in facts:
        print(facts["line"])
    else:
        typer.echo(words(facts), err=True)


def stop(error: Exception) -> NoReturn:
    """Say what is wrong and leave with exit code 1."""
    typer.secho(str(error), fg="red", err=True)
    raise typer.Exit(1) from error
