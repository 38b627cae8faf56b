"""`steward sim sweep`, `cut` and `fleet`: one scenario many times, and how often it went well.

Exit codes as in sim/cli/playing.py; what was played until an interruption is shown.
With --json standard output carries one JSON object and nothing else.
"""

import json
import os
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from sim.cli.options import Json
from sim.cli.playing import FAILED, INTERRUPTED, PASSED, progress_bar, usage_errors

Name = Annotated[str, typer.Argument(help="A name (see `list`) or a TOML file.")]
Runtime = Annotated[
    Literal["cpython", "micropython"], typer.Option(help="What the thing runs on.")
]
Days = Annotated[
    float | None, typer.Option(min=0, help="Stop after so many days; expect nothing then.")
]
Workers = Annotated[int, typer.Option(min=1, help="Runs side by side.")]
CORES = len(os.sched_getaffinity(0))


def sweep(
    scenario: Name,
    runs: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds.")] = 20,
    first: Annotated[int, typer.Option(help="The first of them.")] = 1,
    runtime: Runtime = "cpython",
    days: Days = None,
    workers: Workers = CORES,
    as_json: Json = False,
) -> None:
    """Play a scenario from many seeds: how often it passes, and how late the worst was."""
    from sim.world import sweep as sweeps

    with usage_errors():
        wanted = _loaded(scenario, days)
    _play(wanted, sweeps.seeds(runs, first), runtime, workers, as_json)


def cut(
    scenario: Name,
    count: Annotated[int, typer.Option("--cuts", min=1, help="At most so many.")] = 40,
    seed: Annotated[int | None, typer.Option(help="Draw everything from this number.")] = None,
    runtime: Runtime = "cpython",
    days: Days = None,
    workers: Workers = CORES,
    as_json: Json = False,
) -> None:
    """Play a scenario again and again, with the power cut at another flash operation each time."""
    from sim.world import sweep as sweeps

    with usage_errors():
        wanted = _loaded(scenario, days)
    number = wanted.seed if seed is None else seed
    told = Console(stderr=True)
    try:
        with told.status("uncut, to count the operations on flash"):
            operations = sweeps.operations(wanted, number, runtime)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    told.print(f"{operations} operations on flash, {min(count, operations)} of them cut")
    _play(wanted, sweeps.cuts(operations, count, number), runtime, workers, as_json)


def fleet(
    scenario: Name,
    things: Annotated[int, typer.Option(min=1, help="How many of them.")] = 10,
    seed: Annotated[int | None, typer.Option(help="Draw everything from this number.")] = None,
    runtime: Runtime = "cpython",
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Play a scenario with many things in one world, at one desk, and judge each of them."""
    from sim.world.fleet import Fleet
    from sim.world.run import CHUNK_S

    with usage_errors():
        wanted = _loaded(scenario, days)
        playing = Fleet(wanted, things, seed, runtime)
    console = Console(stderr=as_json)
    finished = True
    try:
        with progress_bar(console) as bar:
            task = bar.add_task(wanted.name, total=wanted.duration)
            while not playing.over:
                playing.advance(playing.now + CHUNK_S)
                bar.update(task, completed=playing.now)
    except KeyboardInterrupt:
        console.print(f"interrupted on day {playing.now / 86_400:.1f}", style="yellow")
        finished = False
    try:
        rows = playing.rows()
    finally:
        playing.close()
    for row in rows:
        if not row["passed"]:
            console.print(_failure(row), style="red", markup=False, soft_wrap=True)
    _tell(wanted.name, runtime, rows, console, finished, as_json)


def _loaded(scenario: str, days: float | None):
    from sim.world import scenario as scenarios

    wanted = scenarios.load(scenario)
    return wanted if days is None else scenarios.shortened(wanted, max(1, int(days * 86_400)))


def _play(wanted, variants: list, runtime: str, workers: int, as_json: bool) -> None:
    from sim.world import sweep as sweeps

    console = Console(stderr=as_json)
    rows: list[dict] = []
    finished = True
    try:
        with (
            sweeps.playing_all(wanted, variants, runtime, workers) as played,
            progress_bar(console) as bar,
        ):
            task = bar.add_task(wanted.name, total=len(variants))
            for row in played:
                rows.append(row)
                bar.update(task, completed=len(rows))
                if not row["passed"]:
                    bar.console.print(_failure(row), style="red", markup=False, soft_wrap=True)
    except KeyboardInterrupt:
        console.print(f"interrupted after {len(rows)} of {len(variants)} runs", style="yellow")
        finished = False
    _tell(wanted.name, runtime, rows, console, finished, as_json)


def _tell(name: str, runtime: str, rows: list[dict], console: Console, finished: bool,
          as_json: bool) -> None:
    """Show what the rows come to, and leave with the exit code that says it."""
    from sim.world.sweep import summary

    told = summary(rows)
    if as_json:
        print(json.dumps({"scenario": name, "runtime": runtime, "rows": rows} | told))
    else:
        _show(told, console)
    if not finished:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(PASSED if told["passed"] == told["runs"] else FAILED)


def _failure(row: dict) -> str:
    """Which run failed, so that it can be played again, and why."""
    where = row.get("thing") or f"seed {row['seed']}"
    where += f", cut at operation {row['cut']}" if row["cut"] else ""
    return f"{where}: {'; '.join(row['failed'])}"


def _show(told: dict, console: Console) -> None:
    figures = Table(box=None, pad_edge=False)
    for heading in ("a run", "least", "median", "most"):
        figures.add_column(heading, justify="left" if heading == "a run" else "right")
    for name, spread in told["figures"].items():
        figures.add_row(name.replace("_", " "), *(f"{spread[key]:g}" for key in spread))
    console.print(figures)
    if told["faults"]:
        faults = Table(box=None, pad_edge=False)
        for heading in ("fault", "found", "median", "slowest"):
            faults.add_column(heading, justify="left" if heading == "fault" else "right")
        for fault, row in told["faults"].items():
            faults.add_row(fault, f"{row['found']} of {row['injected']}", _span(row["median_s"]),
                           _span(row["slowest_s"]))
        console.print()
        console.print(faults)
    console.print(f"\n{told['passed']} of {told['runs']} passed", highlight=False)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} d"
