"""`steward flash`: put what `steward build` made onto a board that runs MicroPython.

Exit codes: 0 done, 1 a step failed, 2 wrong usage.
"""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from firmware.console_tool import ConsoleError, find_port
from firmware.flash import FlashError, steps
from firmware.flash import flash as flash_image

app = typer.Typer()


@app.command()
def flash(
    port: Annotated[
        str | None, typer.Argument(envvar="STEWARD_PORT", help="Default: the one board.")
    ] = None,
    image: Annotated[Path, typer.Option(help="Folder of the build.", file_okay=False)] = Path(
        "build/device"
    ),
    way: Annotated[str, typer.Option(help="files, or romfs where there is a partition.")] = "files",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the steps, no more.")] = False,
) -> None:
    """Copy an image onto a board and start it. What the thing remembers is not touched."""
    try:
        where = port or find_port()
        if dry_run:
            for words, _ in steps(image, where, way):
                print("mpremote", shlex.join(words))
            return
        flash_image(image, where, way, lambda text: print(text, file=sys.stderr))
    except (ConsoleError, FlashError, subprocess.TimeoutExpired) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
