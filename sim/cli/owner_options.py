"""What the commands of `steward owner` share: their options, what is agreed to and told."""

import enum
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sim.cli.options import asked

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
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
Thing = Annotated[str, typer.Argument(help="The thing's id.")]

Order = Annotated[str, typer.Argument(help="The order: its id, or as many digits as tell it.")]
Wait = Annotated[
    int, typer.Option("--wait", min=0, help="Seconds to wait for the thing's word on it.")
]

UNHEARD = 3  # exit code
LOOK_S = 1.0  # between two looks at the desk for the thing's word
HERE = Path(typer.get_app_dir("steward")) / "owner"


def agree(lines: list[tuple[str, str]], word: str, sure: bool, as_json: bool) -> None:
    """Show what is to be signed, and leave with exit code 1 unless that is agreed to."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for topic, words in lines:
        table.add_row(topic, words)
    Console(stderr=as_json, highlight=False).print(table, markup=False)
    if not sure and not asked("--yes", lambda: typer.confirm(f"{word} this?", err=True)):
        raise typer.Exit(1)


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
