"""`steward sim thing`: a board that is not there, to be provisioned like one that is.

Exit codes: 0 stopped by a person, 1 it could not start or ended by itself, 2 wrong usage. With
--json standard output carries one JSON object when it is switched on, one when an output of it is
switched, and one when it is off.
"""

import json
import os
import queue
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from sim.cli.playing import usage_errors

if TYPE_CHECKING:
    from sim.board.surroundings import Surroundings
    from sim.board.thing import Thing

FAILED, USAGE = 1, 2
THINGS = Path("build/things")
LOOK_S = 0.25
PASSWORD = "STEWARD_WIFI_PASSWORD"


def thing(
    product: Annotated[str, typer.Argument(help="A name in boards/products, or a TOML file.")],
    board: Annotated[
        str | None, typer.Option(help="A file, a name in boards/, or a chip; default: an ESP32.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Where its flash is kept; default: build/things/PRODUCT."),
    ] = None,
    runtime: Annotated[
        Literal["micropython", "cpython"],
        typer.Option(help="As on an ESP32, or as on a Raspberry Pi."),
    ] = "micropython",
    wifi: Annotated[
        str, typer.Option(help=f"The network that is there; {PASSWORD}, if set, its password.")
    ] = "home",
    speed: Annotated[
        float, typer.Option(min=0.1, max=600, help="How fast people use it, and it wears.")
    ] = 1.0,
    begin: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=NUMBER: a setting of its plant, such as beans_g=400."),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Forget its keys and memory first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Switch a simulated thing on, with its serial console on a terminal; until Ctrl+C.

    It is the firmware as it is flashed, in real time, with simulated chips on the board's buses.
    What is in its flash stays: Ctrl+C is a power cut, and the same command switches it on again.
    """
    from sim.board import surroundings
    from sim.board import thing as things

    error = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    with _told(error):
        kind = things.kind_of(product, board, runtime)
        where = folder or THINGS / kind.product.stem
        with usage_errors():
            around = surroundings.Surroundings(kind.described(), _numbers(begin or []), speed)
        if erase:
            things.erase(where)
        made = things.Thing(kind, where, around, {wifi: os.environ.get(PASSWORD)})
        ends: queue.Queue[str] = queue.Queue()
        made.on_end = ends.put
        made.building = lambda: print("building what it carries …", file=sys.stderr, flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        why = None
        try:
            with made:
                _announce(made, wifi, as_json)
                around.told = _switched_as_json if as_json else _switched
                why = _attend(around, ends, error)
        except KeyboardInterrupt:
            print(file=sys.stderr)
    if as_json:
        print(json.dumps({"stopped": True, "error": why}), flush=True)
    if why:
        error.print(why, style="red")
        raise typer.Exit(FAILED)


@contextmanager
def _told(error: Console) -> Iterator[None]:
    """What keeps it from starting goes to standard error, and becomes the exit code."""
    from boards.problems import DescriptionError
    from firmware.image.build import BuildError
    from firmware.image.closure import Missing
    from sim.board.thing import ThingError

    try:
        yield
    except DescriptionError as wrong:
        for problem in wrong.problems:
            error.print(str(problem), style="red")
        raise typer.Exit(FAILED) from wrong
    except (BuildError, Missing, ThingError, OSError) as wrong:
        error.print(str(wrong), style="red")
        raise typer.Exit(FAILED) from wrong


def _announce(thing: "Thing", wifi: str, as_json: bool) -> None:
    console, protected = str(thing.console), bool(os.environ.get(PASSWORD))
    if as_json:
        facts = {
            "console": console, "terminal": os.path.realpath(console), "dir": str(thing.folder),
            "kept": thing.kept, "wifi": wifi, "product": str(thing.kind.product),
            "board": str(thing.kind.board), "runtime": thing.kind.runtime,
        }  # fmt: skip
        print(json.dumps({"ready": True, **facts}), flush=True)
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(f"console  {console}")
    out.print(f"flash    in {thing.folder}, {'as it was' if thing.kept else 'erased'}")
    if thing.kind.runtime == "micropython":
        out.print(f"wi-fi    {wifi}, {'its' if protected else 'any'} password")
    out.print(f"board    {thing.kind.board.stem}; what happens to it can be said here: list, set,")
    out.print("         fill, empty, break, mend; Ctrl+C switches it off")


def _switched(output: str, on: bool, mended: list[str]) -> None:
    put_right = f", which put right: {', '.join(mended)}" if mended else ""
    print(f"{output} is {'on' if on else 'off'}{put_right}", flush=True)


def _switched_as_json(output: str, on: bool, mended: list[str]) -> None:
    print(json.dumps({"output": output, "on": on, "mended": mended}), flush=True)


def _attend(around: "Surroundings", ends: "queue.Queue[str]", error: Console) -> str:
    """Obey what is typed, until it ends by itself; returns why it did."""
    typing = True
    while True:
        try:
            return ends.get(timeout=LOOK_S)
        except queue.Empty:
            line = _line() if typing else None
        if line == "":
            typing = False
        elif line and line.strip():
            try:
                print(around.obey(line), flush=True)
            except ValueError as wrong:
                error.print(str(wrong), style="red")


def _line() -> str | None:
    """A line that was typed, None when there is none, "" when nobody will type any more."""
    try:
        if sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
            return None  # in the background: what is typed is meant for others
        ready = select.select([sys.stdin], [], [], 0)[0]
    except (OSError, ValueError):
        return ""
    return sys.stdin.readline() if ready else None


def _numbers(pairs: list[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise ValueError(f"--set {pair}: not NAME=NUMBER") from None
    return found
