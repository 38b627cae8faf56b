"""`steward bench`: the shipped monitors and rules on public data, and what the agent costs.

Exit codes: 0 measured, 2 wrong usage, 130 interrupted. With --json standard output carries one JSON
object and nothing else. Every detection bench reads the files it is given and nothing besides.
"""

import csv
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sim.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Measure detection, forecasts and cost.")

USAGE, INTERRUPTED = 2, 130
PLAIN_WIDTH = 140  # of tables that go into a file: nothing in them is cut short

Runtime = Annotated[str, typer.Option(help="cpython or micropython.")]
Alarms = Annotated[
    Path | None, typer.Option(help="Write every alarm here as CSV: file, row.", dir_okay=False)
]
Since = Annotated[str | None, typer.Option(help="Score from this day on (YYYY-MM-DD).")]
Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The data's folder.")]
Data = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The data's file.")]
Engines = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="Engines that still run.")
]
Lives = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="How long each of them had left.")
]


@app.command()
def nab(folder: Folder, as_json: Json = False, alarms: Alarms = None,
        runtime: Runtime = "cpython",
        profile: Annotated[
            str | None, typer.Option(help="standard, low_fp or low_fn becomes the score.")
        ] = None,
        choices: Annotated[
            int, typer.Option(min=0, help="Candidates for the out-of-fold figure (seconds each; "
                                          "0: leave it out).")
        ] = 8) -> None:  # fmt: skip
    """Numenta Anomaly Benchmark: one signal, `novelty`, one pass, no label seen."""
    options = {"profile": profile, "choices": choices, "runtime": runtime}
    _bench("nab", (folder,), options, as_json, alarms)


@app.command()
def skab(folder: Folder, as_json: Json = False, alarms: Alarms = None,
         runtime: Runtime = "cpython") -> None:  # fmt: skip
    """Skoltech Anomaly Benchmark: eight channels of one machine, `joint`."""
    _bench("skab", (folder,), {"runtime": runtime}, as_json, alarms)


@app.command()
def life(train: Data, test: Engines = None, rul: Lives = None, as_json: Json = False,
         runtime: Runtime = "cpython") -> None:  # fmt: skip
    """C-MAPSS: remaining life, `life`; TEST and RUL go together, without them cross-validation."""
    if (test is None) != (rul is None):
        _wrong("TEST and RUL go together: the engines, and how long each of them had left")
    _bench("life", (train, test, rul), {"runtime": runtime}, as_json)


@app.command()
def onset(data: Data, as_json: Json = False, alarms: Alarms = None, runtime: Runtime = "cpython",
          failed: Annotated[
              list[str] | None, typer.Option(help="A column whose bearing failed; repeatable.")
          ] = None) -> None:  # fmt: skip
    """A bearing's run to failure: when does `onset` see it begin?"""
    _bench("onset", (data,), {"failed": failed or None, "runtime": runtime}, as_json, alarms)


@app.command()
def runout(data: Data, as_json: Json = False, score_from: Since = None,
           starts: Annotated[
               int, typer.Option(min=1, max=100, help="First levels to measure from; 1: full.")
           ] = 4,
           hourly: Annotated[
               bool, typer.Option("--hourly", help="Take the sales of an hour as one.")
           ] = False,
           runtime: Runtime = "cpython") -> None:  # fmt: skip
    """Days left of consumables on real sales."""
    options = {"score_from": score_from, "starts": starts, "hourly": hourly, "runtime": runtime}
    _bench("runout", (data,), options, as_json)


@app.command()
def reorder(data: Data, as_json: Json = False, score_from: Since = None,
            runtime: Runtime = "cpython") -> None:  # fmt: skip
    """What reordering costs on real sales, against one who knows the demand."""
    _bench("reorder", (data,), {"score_from": score_from, "runtime": runtime}, as_json)


@app.command()
def cost(as_json: Json = False,
         part: Annotated[
             list[str] | None,
             typer.Option(help="code, heap, readings, wire, decision, week; repeatable, else all"),
         ] = None) -> None:  # fmt: skip
    """Code, heap, time and garbage of a reading, bytes of messages, time of a decision."""
    from sim.bench.cost import PARTS

    unknown = [word for word in part or () if word not in PARTS]
    if unknown:
        _wrong(f"--part {unknown[0]!r} is none of {', '.join(PARTS)}")
    _bench("cost", (), {"parts": tuple(part or PARTS)}, as_json)


@app.command()
def device(as_json: Json = False,
           part: Annotated[
               list[str] | None, typer.Option(help="image, boot or wear; repeatable, else all."),
           ] = None) -> None:  # fmt: skip
    """Bytes of images, time from a start to the first reading, wear of flash in ten years."""
    from sim.bench.device import PARTS

    unknown = [word for word in part or () if word not in PARTS]
    if unknown:
        _wrong(f"--part {unknown[0]!r} is none of {', '.join(PARTS)}")
    _bench("device", (), {"parts": tuple(part or PARTS)}, as_json)


def _bench(name: str, files: tuple, options: dict, as_json: bool,
           alarms: Path | None = None) -> None:  # fmt: skip
    """Run sim.bench.<name> with a progress bar, and show or print what it found."""
    if alarms is not None and not alarms.parent.is_dir():
        _wrong(f"--alarms: there is no folder {alarms.parent}")
    module = importlib.import_module("sim.bench." + name)
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    try:
        with _bar(console) as bar:
            task = bar.add_task(name, total=None)
            options["progress"] = _reporter(bar, task)
            result = module.run(*files, **options)
    except KeyboardInterrupt as interrupt:
        console.print("interrupted", style="yellow")
        raise typer.Exit(INTERRUPTED) from interrupt
    except (ValueError, KeyError, OSError) as error:
        _wrong(f"{type(error).__name__}: {error}")
    if alarms is not None:
        _write(alarms, result["alarms"])
    if as_json:
        print(json.dumps(result, ensure_ascii=False, default=str))
    else:
        console.print(module.table(result))


def _reporter(bar: Progress, task) -> Callable[[int, int], None]:
    return lambda done, of: bar.update(task, completed=done, total=of)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _write(path: Path, alarms: list) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "row"))
        writer.writerows(alarms)


def _wrong(text: str) -> None:
    Console(stderr=True, soft_wrap=True).print(
        text, style="red", markup=False, highlight=False
    )
    raise typer.Exit(USAGE)
