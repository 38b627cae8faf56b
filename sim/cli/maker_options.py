"""What commands that speak for a maker share: the key's folder, the desk, and how they fail."""

import json
import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from firmware.mandate.install import Link

HERE = Path(typer.get_app_dir("steward")) / "maker"
LOCAL = "http://127.0.0.1:8080"

Directory = Annotated[
    Path, typer.Option(envvar="STEWARD_MAKER", help="Folder of the maker's key.", file_okay=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        envvar="STEWARD_MAKER_PASSPHRASE_FILE", help="First line is the passphrase.", exists=True
    ),
]
Desk = Annotated[str, typer.Option(help="REST address of the desk.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


def link(desk: str) -> Link:
    """The desk, and the API key in the environment."""
    return Link(desk, os.environ.get("STEWARD_DESK_API_KEY"), "")


def table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Print a table; what is missing is a dash."""
    shown = Table(box=None, pad_edge=False)
    for column in columns:
        shown.add_column(column)
    for row in rows:
        shown.add_row(*("-" if row[each] is None else str(row[each]) for each in columns))
    Console(highlight=False).print(shown, markup=False)


def passphrase(file: Path | None, new: bool = False) -> str:
    """The first line of a file, or typed; a new one twice."""
    if file is not None:
        return file.read_text("utf-8").split("\n")[0].rstrip("\r")
    return typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)


def say(facts: dict[str, Any], as_json: bool) -> None:
    """Print facts, a line each, or one JSON object."""
    if as_json:
        print(json.dumps(facts))
        return
    for word, value in facts.items():
        print(f"{word:12} {value}")


def stop(error: Exception) -> NoReturn:
    """Say what is wrong and leave with exit code 1."""
    typer.secho(str(error), fg="red", err=True)
    raise typer.Exit(1) from error
