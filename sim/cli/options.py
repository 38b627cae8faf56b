"""What commands of all kinds share: their options, the desk and its key, and how they fail."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from firmware.mandate.install import Link

LOCAL = "http://127.0.0.1:8080"
DESK_KEY = "STEWARD_DESK_API_KEY"  # in the environment, never among the words of a command

Desk = Annotated[str, typer.Option(help="REST address of the desk.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


def link_to(desk: str, thing: str = "") -> Link:
    """The desk, with its key from the environment, and the thing that is spoken about."""
    return Link(desk, os.environ.get(DESK_KEY), thing)


def passphrase(file: Path | None, new: bool = False) -> str:
    """The passphrase: the first line of a file, or typed; a new one twice."""
    if file is not None:
        return file.read_text("utf-8").split("\n")[0].rstrip("\r")
    return asked("--passphrase-file", lambda: typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=new, err=True))  # fmt: skip


def asked(instead: str, ask: Callable[[], Any]) -> Any:
    """What a person answers; where nobody can be asked, the option that says it is named."""
    try:
        return ask()
    except typer.Abort:
        if not sys.stdin.isatty():
            typer.secho(f"\nnobody to ask here: say it with {instead}", fg="red", err=True)
        raise


def stop(error: Exception) -> NoReturn:
    """Say what is wrong and leave with exit code 1."""
    typer.secho(str(error), fg="red", err=True)
    raise typer.Exit(1) from error
