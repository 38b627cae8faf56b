"""`steward flash`: put MicroPython and what `steward build` made onto a board.

Exit codes: 0 done, 1 a step failed or cannot be done, 2 wrong usage.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from boards.load import load
from boards.wiring import Board
from firmware.image import release
from firmware.image.build import BuildError, board_file
from firmware.image.flash import BAUD, Firmware, FlashError, Step, described, steps
from firmware.image.flash import flash as flash_image
from firmware.mandate.owner import OwnerError
from firmware.serial.console_tool import ConsoleError, find_port
from sim.cli.options import Json

app = typer.Typer()


@app.command()
def flash(
    port: Annotated[
        str | None, typer.Argument(envvar="STEWARD_PORT", help="Default: the one board.")
    ] = None,
    named: Annotated[str | None, typer.Option("--port", help="The same, as an option.")] = None,
    board: Annotated[
        str | None, typer.Option(help="Refuse an image that is not for this board.")
    ] = None,
    image: Annotated[Path, typer.Option(help="Folder of the build.", file_okay=False)] = Path(
        "build/device"
    ),
    firmware: Annotated[
        Path | None,
        typer.Option(help="MicroPython for the chip (.bin); put there first.", dir_okay=False),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase all flash before; keys and memory go as well.")
    ] = False,
    baud: Annotated[int, typer.Option(help="Of esptool; MicroPython's is fixed.")] = BAUD,
    way: Annotated[
        str, typer.Option(help="files; romfs where there is a partition; frozen in the firmware.")
    ] = "files",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the steps, no more.")] = False,
    as_json: Json = False,
) -> None:
    """Copy an image onto a board and start it. What the thing remembers stays, without --erase."""
    if erase and firmware is None:
        raise typer.BadParameter("nothing could start from erased flash: name --firmware as well")
    todo: list[Step] = []
    try:
        described(image, None if board is None else _board(board))
        where = named or port or find_port()
        first = None if firmware is None else Firmware(firmware, erase, baud)
        todo = steps(image, where, way, first, release.number(image))
        if dry_run and not as_json:
            for step in todo:
                print(step.tool, shlex.join(step.words))
        if not dry_run:
            flash_image(todo, lambda text: print(text, file=sys.stderr))
    except (
        BuildError, ConsoleError, FlashError, OSError, OwnerError, subprocess.TimeoutExpired
    ) as error:  # fmt: skip
        if as_json:
            print(json.dumps(_facts(todo, False) | {"error": str(error)}))
        else:
            typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    if as_json:
        print(json.dumps(_facts(todo, not dry_run)))


def _facts(todo: list[Step], done: bool) -> dict:
    return {"done": done, "steps": [step.as_dict() for step in todo]}


def _board(name: str) -> str:
    """What the file of a board calls it; raises BuildError for one that does not exist."""
    found = load(board_file(name, Path("coffee_machine.toml"))).model
    if not isinstance(found, Board):
        raise BuildError(f"{name} describes no board")
    return found.board
