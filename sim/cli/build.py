"""`steward build`: what an ESP32 carries, as files, as a ROMFS image, and for a custom firmware.

Exit codes: 0 built, 1 the product, the board or a source is wrong, 2 wrong usage, 130 interrupted.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from boards.problems import DescriptionError
from firmware.image.build import OPTIMISE, STRIPPED, BuildError, Image, board_file, product_file
from firmware.image.build import build as build_image
from firmware.image.closure import Missing
from sim.cli.options import Json
from sim.cli.playing import INTERRUPTED
from sim.mpy import heap as measured_heap

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
    heap: Annotated[
        bool, typer.Option("--heap", help="Measure the heap on 32 bits as well (wants node, npm).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build .mpy files, a ROMFS image and a manifest, with only what product and board use."""
    try:
        wired = board_file(board, product or Path("coffee_machine.toml"))
        carried = product or product_file(wired)
        image = build_image(wired, carried, out, STRIPPED if strip else OPTIMISE)
        taken = _heap(carried, wired, strip) if heap else {}
    except DescriptionError as error:
        for problem in error.problems:
            typer.secho(str(problem), fg="red", err=True)
        raise typer.Exit(1) from error
    except (BuildError, Missing, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as interrupt:
        typer.secho(f"interrupted: nothing half built is left in {out}", fg="yellow", err=True)
        raise typer.Exit(INTERRUPTED) from interrupt
    if as_json:
        print(json.dumps(_facts(image) | ({"heap": taken} if heap else {})))
    else:
        _show(image, taken)


def _heap(product: Path, board: Path, strip: bool) -> dict[str, dict[str, int]]:
    """Bytes that modules and objects take on a 32-bit MicroPython, by way. OSError without Node."""
    ending = ", stripped" if strip else ""
    found = {}
    for way, name in (("files", "copied"), ("romfs", "in ROM")):
        steps = measured_heap.measure(product, board, name + ending)
        found[way] = {
            kind: sum(size for step, size in steps.items() if step.startswith(kind))
            for kind in ("modules", "objects")
        }
    return found


def _facts(image: Image) -> dict:
    return {
        "build": image.build,
        "board": image.board,
        "chip": image.chip,
        "folder": str(image.folder),
        "files": str(image.folder / "files"),
        "romfs": str(image.folder / "romfs.img"),
        "manifest": str(image.folder / "frozen" / "manifest.py"),
        "mip": str(image.folder / "package.json"),
        "wokwi": str(image.folder / "wokwi"),
        "not_in_wokwi": image.not_in_wokwi,
        "bytes": sum(image.sizes.values()),
        "romfs_bytes": image.romfs_bytes,
        "rooms": image.rooms(),
        "modules": image.sizes,
    }


def _show(image: Image, heap: dict[str, dict[str, int]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("part")
    table.add_column("bytes", justify="right")
    for room, size in image.rooms().items():
        table.add_row(room, f"{size:,}")
    table.add_row("all .mpy", f"{sum(image.sizes.values()):,}")
    table.add_row("ROMFS image", f"{image.romfs_bytes:,}")
    for way, kinds in heap.items():
        for kind, size in kinds.items():
            table.add_row(f"heap, {way}: {kind}", f"{size:,}")
    console = Console(highlight=False)
    console.print(table)
    for part in image.not_in_wokwi:
        console.print(f"left out of the Wokwi diagram: {part}", markup=False, soft_wrap=True)
    console.print(f"build {image.build} in {image.folder}", markup=False, soft_wrap=True)
