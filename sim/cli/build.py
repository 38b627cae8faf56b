"""`steward build`: what an ESP32 carries, as files, as a ROMFS image, and for a custom firmware.

Exit codes: 0 built, 1 the product, the board or a source is wrong, 2 wrong usage.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from boards.problems import DescriptionError
from firmware.build import OPTIMISE, STRIPPED, BuildError, Image, board_file, product_file
from firmware.build import build as build_image
from firmware.closure import Missing

app = typer.Typer()


@app.command()
def build(
    board: Annotated[
        str, typer.Option(help="A file, a name in boards/, or a chip: esp32.")
    ] = "esp32",
    product: Annotated[
        Path | None,
        typer.Option(help="Product file; default: the one of the board.", dir_okay=False),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to build into.", file_okay=False)
    ] = Path("build/device"),
    strip: Annotated[
        bool, typer.Option("--strip", help="Smaller; tracebacks lose their line numbers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Build .mpy files, a ROMFS image and a manifest, with only what product and board use."""
    try:
        wired = board_file(board, product or Path("coffee_machine.toml"))
        image = build_image(
            wired, product or product_file(wired), out, STRIPPED if strip else OPTIMISE
        )
    except DescriptionError as error:
        for problem in error.problems:
            typer.secho(str(problem), fg="red", err=True)
        raise typer.Exit(1) from error
    except (BuildError, Missing, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    if as_json:
        print(json.dumps(_facts(image)))
    else:
        _show(image)


def _facts(image: Image) -> dict:
    return {
        "build": image.build,
        "folder": str(image.folder),
        "files": str(image.folder / "files"),
        "romfs": str(image.folder / "romfs.img"),
        "manifest": str(image.folder / "frozen" / "manifest.py"),
        "bytes": sum(image.sizes.values()),
        "romfs_bytes": image.romfs_bytes,
        "rooms": image.rooms(),
        "modules": image.sizes,
    }


def _show(image: Image) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("part")
    table.add_column("bytes", justify="right")
    for room, size in image.rooms().items():
        table.add_row(room, f"{size:,}")
    table.add_row("all .mpy", f"{sum(image.sizes.values()):,}")
    table.add_row("ROMFS image", f"{image.romfs_bytes:,}")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"build {image.build} in {image.folder}", markup=False, soft_wrap=True)
