"""`steward desk keys`: who may ask the desk over REST and its page, and for what.

Exit codes: 0 done, 1 it could not be done, 2 wrong usage. With --json one value on standard output.
"""

import datetime
import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sim.cli.desk_data import FAILED, HERE, USAGE, DatabaseOption, Json, url_of

ROLES = "admin, service, supply, seller, maker, owner or metrics"

app = typer.Typer(help="Keys for the desk's REST and page: show, add, end; whose things are.")


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context, database: DatabaseOption = HERE, as_json: Json = False
) -> None:
    """Show all keys that there are, and were; never a key itself."""
    if context.invoked_subcommand:
        return
    from sim.desk import access

    rows = _act(database, lambda work: access.listed(work.session))
    if as_json:
        print(json.dumps(rows))
        return
    if not rows:
        print("no keys: whoever sits at the desk's machine may do everything, and nobody else "
              "reaches it, but for who has STEWARD_DESK_API_KEY")  # fmt: skip
        return
    _table(rows)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is: a person, a shift, a program.")],
    role: Annotated[str, typer.Option(help=f"What it may do: {ROLES}.")],
    owner: Annotated[
        str | None, typer.Option(help="Of an owner's key: as its things name their owner.")
    ] = None,
    seller: Annotated[
        str | None, typer.Option(help="Of a seller's key: as the desk's sellers are named.")
    ] = None,
    database: DatabaseOption = HERE,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once. With the first one, nobody gets in without."""
    from sim.desk import access

    key = _act(database, lambda work: access.make(
        work.session, work.now, name, role, owner, seller))  # fmt: skip
    if as_json:
        made = {"name": name, "role": role, "owner": owner, "seller": seller, "key": key}
        print(json.dumps(made))
        return
    print(key)
    typer.echo("It is kept as a digest only, so it cannot be shown again.", err=True)


@app.command()
def end(
    name: Annotated[str, typer.Argument(help="As the list has it.")],
    database: DatabaseOption = HERE,
    as_json: Json = False,
) -> None:
    """End a key: from now on nobody gets in with it, nor with a page that was opened with it."""
    from sim.desk import access

    _act(database, lambda work: access.end(work.session, work.now, name))
    print(json.dumps({"name": name, "ended": True}) if as_json else f"{name}: ended")


@app.command()
def give(
    thing: Annotated[str, typer.Argument(help="The thing's id.")],
    owner: Annotated[str, typer.Argument(help="Whose it is: --owner of that owner's keys.")],
    database: DatabaseOption = HERE,
    as_json: Json = False,
) -> None:
    """Say whose a thing is. Of another owner's time the new one finds nothing."""
    from sim.desk import keeping
    from sim.desk.database import lock
    from sim.desk.models import Thing

    def hand_over(work: Any) -> None:
        row = lock(work.session, Thing, thing)
        if row is None:
            raise ValueError(f"no thing {thing}")
        keeping.hand_over(work, row, owner)

    _act(database, hand_over)
    told = {"thing": thing, "owner": owner}
    print(json.dumps(told) if as_json else f"{thing}: {owner}'s")


def _act(database: str, action: Any) -> Any:
    """Do it in the database, which desks may be at work on; ends the program if it cannot be."""
    from sqlalchemy.exc import SQLAlchemyError

    from sim.desk.core import Desk

    if "://" not in database and not Path(database).is_file():
        _stop(f"{database}: no such database; a desk makes it when it first starts", FAILED)
    try:
        desk = Desk(url_of(database))
        try:
            return desk.act(action)
        finally:
            desk.close()
    except ValueError as error:
        _stop(error, USAGE)
    except SQLAlchemyError as error:
        _stop(error, FAILED)


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "role", "begins", "made", "used", "ended"):
        table.add_column(heading)
    for row in rows:
        role = " ".join(filter(None, (row["role"], row["owner"], row["seller"])))
        times = [_day(row[word]) for word in ("made_at", "used_at", "ended_at")]
        table.add_row(row["name"], role, row["shown"], *times)
    Console(highlight=False).print(table, markup=False)


def _day(at: int | None) -> str:
    if at is None:
        return "-"
    return f"{datetime.datetime.fromtimestamp(at, datetime.UTC):%Y-%m-%d %H:%M}"


def _stop(error: Exception | str, code: int) -> NoReturn:
    typer.secho(str(getattr(error, "orig", error)), fg="red", err=True)  # without SQLAlchemy's
    raise typer.Exit(code)
