"""`steward sim`: play scenarios in virtual time, replay recorded data.

Exit codes as in sim/cli/playing.py. With --json standard output carries one JSON object
and nothing else.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from sim.cli.options import Json
from sim.cli.playing import FAILED, INTERRUPTED, PASSED, progress_bar, usage_errors
from sim.cli.sweep import cut, fleet, sweep
from sim.cli.thing import thing

app = typer.Typer(help="Run scenarios in virtual time; replay recorded data.",
                  no_args_is_help=True)


@app.command("list")
def list_scenarios(
    as_json: Json = False,
) -> None:
    """Show the scenarios that come along."""
    from sim.world import scenario

    found = {name: scenario.load(name) for name in scenario.names()}
    if as_json:
        print(json.dumps({name: {"title": s.title, "days": s.duration / 86_400,
                                 "product": s.product} for name, s in found.items()}))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("scenario", "days", "title"):
        table.add_column(heading)
    for name, s in found.items():
        table.add_row(name, f"{s.duration / 86_400:g}", s.title)
    Console().print(table)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A name (see `list`) or a TOML file.")],
    seed: Annotated[int | None, typer.Option(help="Draw everything from this number.")] = None,
    runtime: Annotated[
        Literal["cpython", "micropython"], typer.Option(help="What the thing runs on.")
    ] = "cpython",
    days: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many days; expect nothing then.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="Virtual seconds a second, to watch it happen.")
    ] = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No timeline.")] = False,
) -> None:
    """Play a scenario to its end and judge it."""
    from sim.world import report
    from sim.world import scenario as scenarios
    from sim.world.run import Run

    with usage_errors():
        wanted = scenarios.load(scenario)
        if days is not None:
            wanted = scenarios.shortened(wanted, max(1, int(days * 86_400)))
        playing = Run(wanted, seed, runtime)
    console = Console(stderr=as_json)
    try:
        finished = _play(playing, console, speed, not (as_json or quiet))
        result = playing.result() if finished else playing.result().interrupted()
    finally:
        playing.close()
    if as_json:
        print(json.dumps(result.as_dict(), ensure_ascii=False))
    else:
        report.show(result, console, timeline=False)
    if not finished:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(PASSED if result.passed else FAILED)


def _play(playing, console: Console, speed: float | None, timeline: bool) -> bool:
    """Move the run on to its end, showing it; False when the person interrupted it."""
    from sim.world.clock import RealTime
    from sim.world.report import line
    from sim.world.run import CHUNK_S

    end = playing.scenario.duration
    paced = RealTime(playing.world, speed) if speed else None
    shown = 0
    with progress_bar(console) as bar:
        task = bar.add_task(playing.scenario.name, total=end)
        try:
            while not playing.over:
                if paced:
                    paced.run(min(playing.world.now + max(1, int(speed or 1)), end))
                else:
                    playing.advance(playing.world.now + CHUNK_S)
                for happening in playing.observer.timeline[shown:] if timeline else ():
                    bar.console.print(line(happening), soft_wrap=True)
                shown = len(playing.observer.timeline)
                bar.update(task, completed=playing.world.now)
        except KeyboardInterrupt:
            console.print(f"interrupted on day {playing.world.now / 86_400:.1f}", style="yellow")
            return False
    return True


app.command()(sweep)
app.command()(cut)
app.command()(fleet)
app.command()(thing)


@app.command()
def replay(
    csv: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="Recorded data: a time column, a column a channel."
        ),
    ],
    product: Annotated[
        Path | None, typer.Option(help="Product file; without one every column is watched.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=CHANNEL, as often as needed.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help='JSON: {"file": [["from", "to"], ...]}.')
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts here.")] = None,
    as_json: Json = False,
) -> None:
    """Feed recorded data through the agent and show what it finds and asks for."""
    from sim.recorded import chart, recording
    from sim.recorded.replay import Replay

    console = Console(stderr=as_json)
    with usage_errors():
        data = recording.read(csv, labels)
        replaying = Replay(data, compiled(product), pairs(mapping or []))
    with progress_bar(console) as bar:
        task = bar.add_task(data.name, total=len(data.times))
        result = replaying.run(lambda row, rows: bar.update(task, completed=row))
    if html:
        with usage_errors():
            html.write_text(chart.render(result), encoding="utf-8")
    if as_json:
        print(json.dumps(result.as_dict(), ensure_ascii=False))
        return
    _show_replay(result, console)
    if html:
        console.print(f"charts: {html}", highlight=False)


def compiled(product: Path | None) -> bytes | None:
    from boards.compiler import compile_product
    from sim.world.scenario import PRODUCTS

    if product is None:
        return None
    named = PRODUCTS / f"{product}.toml"
    return compile_product(named if named.exists() else product)


def pairs(mapping: list[str]) -> dict[str, str]:
    found = {}
    for pair in mapping:
        column, equals, channel = pair.rpartition("=")
        if not equals or not column:
            raise ValueError(f"--map {pair!r} is not COLUMN=CHANNEL")
        found[column] = channel
    return found


def _later(moment: str, begun: str) -> str:
    """A moment without the day when it is the same: a terminal is narrow."""
    day, _, clock = moment.partition(" ")
    return clock if begun.startswith(day) else moment


def _show_replay(result, console: Console) -> None:
    from sim.recorded.chart import astray, moment

    times = result.recording.times
    # In 80 columns there is room for minutes; seconds are told where readings come more often.
    shown = 16 if result.recording.period_s >= 60 else None
    table = Table(box=None, pad_edge=False)
    for heading in ("monitor", "raised", "confirmed", "until", "rows", "peak"):
        table.add_column(heading, no_wrap=True)
    for s in result.stretches:
        begun, last = moment(times[s.first])[:shown], moment(times[s.last])[:shown]
        confirmed = "" if s.confirmed is None else moment(times[s.confirmed])[:shown]
        table.add_row(s.monitor, begun, _later(confirmed, begun), _later(last, begun),
                      str(s.last - s.first + 1), f"{s.peak:.2f}")
    console.print(table)
    for row, text in result.notices:
        words = f"{moment(times[row])}  {text}"
        console.print(words, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{len(times)} rows{astray(result.recording)} of {len(result.channels)} channels each "
        f"{result.recording.period_s} s; "
        f"{len(result.stretches)} findings, {len(result.cases)} cases, {len(result.orders)} orders"
    )
    sys.stdout.flush()
