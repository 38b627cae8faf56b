"""`steward market`: what sellers cost, and what they claim against what things measured."""

import json
import os
import urllib.error
import urllib.request
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sim.cli.options import DESK_KEY, LOCAL, Desk

app = typer.Typer(no_args_is_help=True, help="Sellers: what they cost, claim and keep.")

PATIENCE_S = 20

Json = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]


@app.command()
def study(
    kinds: Annotated[list[str] | None, typer.Argument(help="Kinds; all if none.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Device-days of each run.")] = 21,
    seed: Annotated[int, typer.Option(help="Draw everything from this number.")] = 1,
    as_json: Json = False,
) -> None:
    """Run one kitchen per kind of seller beside two honest ones, and compare the costs."""
    from boards.problems import nearest
    from sim.bench.market_study import study as rows_of
    from sim.desk.market import SELLERS

    for kind in kinds or ():
        if kind not in SELLERS:
            raise typer.BadParameter(f"no kind {kind!r}; {nearest(kind, SELLERS)}")
    rows = []
    for row in rows_of(days, seed, kinds):
        rows.append(row)
        if not as_json:
            typer.echo(f"{row['kind']} done", err=True)
    if as_json:
        print(json.dumps(rows))
        return
    shown = Table(box=None, pad_edge=False)
    for heading in ("kind", "orders", "of it", "verified", "paid", "cost", "wrongs disputed",
                    "accused wrongly", "served", "habit"):
        shown.add_column(heading, justify="left" if heading in ("kind", "habit") else "right")
    for row in rows:
        shown.add_row(
            row["kind"], str(row["orders"]), str(row["orders_of_kind"]), str(row["verified"]),
            f"{row['paid_minor'] / 100:.2f}", f"{row['cost_percent']} %",
            f"{row['wrongs_disputed']} of {row['wrongs']}", str(row["false_disputes"]),
            f"{row['served_percent']} %", row["habit"],
        )  # fmt: skip
    Console(width=140).print(shown)


@app.command()
def perception(
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Show what sellers say they did beside what things measured.

    Fails if the desk does not answer. Its API key is taken from STEWARD_DESK_API_KEY.
    """
    from sim.desk.perception import table

    if not desk.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{desk} is no http address")
    key = os.environ.get(DESK_KEY)
    headers = {"X-API-Key": key} if key else {}
    request = urllib.request.Request(f"{desk.rstrip('/')}/perception", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            rows = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        said = getattr(error.reason, "strerror", None) if hasattr(error, "reason") else None
        typer.secho(f"{desk}: {said or error}", fg="red", err=True)
        raise typer.Exit(1) from error
    if as_json:
        print(json.dumps(rows))
    else:
        Console().print(table(rows) if rows else "no orders yet")
