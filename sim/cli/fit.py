"""`steward fit`: learns what a device cannot learn by itself, and writes it into a product file.

Exit codes: 0 done, 1 nothing could be learned, 2 wrong usage. Without --output nothing is written.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sim.cli.options import Json
from sim.cli.playing import usage_errors
from sim.cli.sim import compiled, pairs

app = typer.Typer(help="Fit monitors to recorded runs.", no_args_is_help=True)

Product = Annotated[Path, typer.Argument(help="Product file, or the name of one that comes along.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the changed product file here.")
]


@app.command()
def thresholds(
    product: Product,
    recordings: Annotated[list[Path], typer.Argument(help="CSV files of a healthy thing.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=CHANNEL, as often as needed.")
    ] = None,
    output: Output = None,
    html: Annotated[
        Path | None, typer.Option(help="Chart what it would have raised then, a page a file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit limits, rates, stillness and drift floors to what a healthy thing does."""
    from sim.recorded import chart, recording, thresholds
    from sim.recorded.replay import Replay

    console = Console(stderr=as_json)
    with usage_errors():
        given = pairs(mapping or [])
        path = _product_path(product)
        replays = [Replay(recording.read(file), compiled(path), given) for file in recordings]
    proposals = thresholds.propose(replays[0].record, [(r.recording, r.columns) for r in replays])
    changes: dict[str, dict] = {}
    for proposal in proposals:
        changes.setdefault(proposal.monitor, {})[proposal.setting] = proposal.proposed
    before = [replay.run() for replay in replays]
    after = _replayed(path, changes, recordings, given)
    with usage_errors():
        for number, replayed in enumerate(after, 1):
            if html is None:
                break
            page = html if number == 1 else html.with_stem(f"{html.stem}-{number}")
            page.write_text(chart.render(replayed), encoding="utf-8")
            console.print(f"chart: {page}", highlight=False)
        if output:
            _write(path, output, changes)
    _show_thresholds(console, proposals, before, after)
    if as_json:
        print(json.dumps({
            "proposals": [vars(proposal) for proposal in proposals],
            "findings_before": sum(len(r.stretches) for r in before),
            "findings_after": sum(len(r.stretches) for r in after),
        }))  # fmt: skip
    raise typer.Exit(0 if proposals else 1)


@app.command()
def life(
    product: Product,
    monitor: Annotated[str, typer.Argument(help="A monitor of kind life in it.")],
    runs: Annotated[list[Path], typer.Argument(help="Runs to failure: unit, cycle, channels.")],
    columns: Annotated[
        str, typer.Option(help="Columns (0 is the first after unit and cycle) in watch order.")
    ] = "",
    output: Output = None,
    html: Annotated[
        Path | None, typer.Option(help="Chart what the weights tell of runs they have not seen.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn the weights of a `life` monitor from runs to failure."""
    from sim.recorded import fit, fit_page

    console = Console(stderr=as_json)
    with usage_errors():
        path = _product_path(product)
        wanted = _numbers(columns) if columns else None
        watched, settings = _watched(path, monitor)
        found = fit.fit(*runs, columns=wanted)
    console.print(found.report, highlight=False)
    if len(found.columns) != watched:
        console.print(
            f"{monitor} watches {watched} channels, these weights are for {len(found.columns)}: "
            f"name the columns with --columns, in the order of its `watch`", style="red",
        )  # fmt: skip
        raise typer.Exit(2)
    with usage_errors():
        if html:
            told = fit.held_out(fit.runs_of(runs, wanted), wanted)
            page = fit_page.render(found, told, settings, f"{monitor} of {path.name}")
            html.write_text(page, encoding="utf-8")
            console.print(f"chart: {html}", highlight=False)
        if output:
            _write(path, output, {monitor: found.settings})
            console.print(f"written: {output}", highlight=False)
    if as_json:
        print(json.dumps({"columns": found.columns, "settings": found.settings}))


def _product_path(product: Path) -> Path:
    from sim.world.scenario import PRODUCTS

    named = PRODUCTS / f"{product}.toml"
    return named if named.exists() else product


def _numbers(words: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",")]
    except ValueError:
        raise ValueError(f"--columns {words!r}: not numbers like 1,2,5") from None


def _watched(path: Path, monitor: str) -> tuple[int, dict]:
    """How many channels a life monitor of a product file watches, and its settings.

    Raises ValueError if it is none.
    """
    import tomllib

    monitors = tomllib.loads(path.read_text(encoding="utf-8")).get("monitors", {})
    table = monitors.get(monitor)
    if table is None or table.get("kind") != "life":
        lives = [name for name, each in monitors.items() if each.get("kind") == "life"]
        raise ValueError(f"{path}: {monitor!r} is no monitor of kind life; there are: {lives}")
    watch = table.get("watch", [])
    return (1 if isinstance(watch, str) else len(watch)), table.get("settings", {})


def _replayed(path: Path, changes: dict, recordings: list[Path], given: dict) -> list:
    """What the product with the changes would have raised on the same recordings."""
    import tempfile

    from sim.recorded import product_edit, recording
    from sim.recorded.replay import Replay

    with tempfile.TemporaryDirectory() as folder:
        fitted = Path(folder) / path.name
        fitted.write_text(product_edit.with_settings(path, changes), encoding="utf-8")
        data = compiled(fitted)
    return [Replay(recording.read(file), data, given).run() for file in recordings]


def _write(path: Path, output: Path, changes: dict) -> None:
    from sim.recorded import product_edit

    product_edit.replace(output, product_edit.with_settings(path, changes))


def _show_thresholds(console: Console, proposals: list, before: list, after: list) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("monitor", "setting", "was", "proposed", "because"):
        table.add_column(heading)
    for each in proposals:
        was = "" if each.was is None else f"{each.was:g}"
        table.add_row(each.monitor, each.setting, was, f"{each.proposed:g}", each.why)
    console.print(table)
    counts = [sum(len(replayed.stretches) for replayed in each) for each in (before, after)]
    console.print(f"findings on these recordings: {counts[0]} before, {counts[1]} after")
