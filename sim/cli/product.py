"""`steward product`: check and compile the files that describe products and boards."""

import json
from pathlib import Path
from typing import Annotated

import typer

from boards import compiler
from boards.load import Loaded, load
from boards.problems import DescriptionError, Problem
from boards.schema import Product
from boards.wiring import Board
from firmware.image import current
from sim.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Check and compile product and board descriptions.")

Files = Annotated[
    list[Path], typer.Argument(help="Product or board files (TOML).", exists=True, dir_okay=False)
]
File = Annotated[
    Path, typer.Argument(help="A product or board file (TOML).", exists=True, dir_okay=False)
]
Output = Annotated[
    Path, typer.Option("--out", "-o", help="The CBOR file to write.", dir_okay=False)
]
Carried = Annotated[
    Path | None,
    typer.Option("--product", help="For a board: its product's file, if not in products/."),
]


@app.command()
def check(files: Files, as_json: Json = False) -> None:
    """Say everything that is wrong with FILES, with file, line and key. Fails if there is an error.

    A board is checked against its chip and against the product that it carries.
    """
    results = [compiler.check_file(file) for file in files]
    if as_json:
        typer.echo(json.dumps({"files": [_as_dict(result) for result in results]}, indent=2))
    else:
        for result in results:
            _print(result.problems)
            typer.echo(f"{result.file}: {_verdict(result)}")
            drawn = _drawn(result)
            if drawn:
                typer.echo(f"{result.file}: {drawn}")
    raise typer.Exit(0 if all(result.sound for result in results) else 1)


@app.command("compile")
def compile_file(file: File, out: Output, product: Carried = None, as_json: Json = False) -> None:
    """Write the deterministic CBOR of one product or board FILE, as a device loads it."""
    try:
        data = _compiled(file, product)
    except DescriptionError as error:
        if as_json:
            problems = [problem.as_dict() for problem in error.problems]
            typer.echo(json.dumps({"problems": problems}, indent=2))
        else:
            _print(error.problems)
        raise typer.Exit(1) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    if as_json:
        typer.echo(json.dumps({"file": str(out), "bytes": len(data)}))
    else:
        typer.echo(f"{out}: {len(data)} bytes")


def _compiled(file: Path, product: Path | None) -> bytes:
    loaded = compiler.check_file(file)
    if isinstance(loaded.model, Board):
        return compiler.compile_board(file, product or compiler.product_of(loaded))
    return compiler.compile_product(file)


def _as_dict(result: Loaded) -> dict[str, object]:
    found: dict[str, object] = {
        "file": result.file,
        "sound": result.sound,
        "problems": [problem.as_dict() for problem in result.problems],
    }
    drawn = _drawn(result)
    if drawn:
        battery = {"average_ma": drawn.average_ma, "parts_ma": drawn.parts, "days": drawn.days}
        found["battery"] = battery
    return found


def _drawn(result: Loaded) -> current.Estimate | None:
    """What a sound board draws from its battery, if it has one."""
    if not result.sound or not isinstance(result.model, Board):
        return None
    product = load(compiler.product_of(result)).model
    return current.estimate(result.model, product) if isinstance(product, Product) else None


def _print(problems: list[Problem]) -> None:
    for problem in sorted(problems, key=lambda problem: problem.line):
        colour = "red" if problem.level == "error" else "yellow"
        typer.secho(str(problem), fg=colour, err=True)


def _verdict(result: Loaded) -> str:
    errors = sum(problem.level == "error" for problem in result.problems)
    warnings = len(result.problems) - errors
    if errors:
        return f"{_plural(errors, 'error')}, {_plural(warnings, 'warning')}"
    return f"good, {_plural(warnings, 'warning')}" if warnings else "good"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
