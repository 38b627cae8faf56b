"""`steward desk migrate`, `backup` and `restored`: what is done to a desk's database by hand.

Exit codes: 0 done, 1 it could not be done, 2 wrong usage.
With --json there is one object on standard output.
"""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sim.cli.options import Json

HERE = "desk.db"

DatabaseOption = Annotated[
    str,
    typer.Option(
        envvar="STEWARD_DESK_DATABASE", help="SQLite file, or a URL as SQLAlchemy writes it."
    ),
]
FAILED, USAGE = 1, 2


def add_to(app: typer.Typer) -> None:
    """Give `steward desk` these commands."""
    app.command()(migrate)
    app.command()(backup)
    app.command()(restored)


def hands_over(context: typer.Context) -> bool:
    """Whether another command follows; options of `steward desk` before it would go unheard."""
    if not context.invoked_subcommand:
        return False
    for name in context.params:
        if str(context.get_parameter_source(name)).endswith("COMMANDLINE"):
            option = "--" + name.replace("_", "-")
            _stop(f"{option}: belongs behind `{context.invoked_subcommand}`", USAGE)
    return True


def url_of(database: str) -> str:
    """The URL of a database that may be named by its file alone."""
    return database if "://" in database else f"sqlite:///{database}"


def migrate(database: DatabaseOption = HERE, as_json: Json = False) -> None:
    """Bring a database to this desk's version. Stop its desks first; a SQLite file is copied."""
    from sqlalchemy.exc import SQLAlchemyError

    from sim.desk import schema, upkeep

    url = url_of(database)
    if not as_json and not url.startswith("sqlite"):
        typer.echo("Only a SQLite file is copied first: of this one make a backup by yourself.",
                   err=True)  # fmt: skip
    try:
        told = upkeep.migrate(url)
    except schema.SchemaError as error:
        _stop(error, USAGE)
    except (SQLAlchemyError, OSError) as error:
        _stop(_named(database, error), FAILED)
    if as_json:
        print(json.dumps(told))
    elif told["from"] == told["to"]:
        print(f"version {told['to']}: nothing to be done")
    else:
        print(f"version {told['to']}, before: {_before(told)}")
        if told["backup"]:
            print(f"the database as it was: {told['backup']}")


def backup(
    target: Annotated[Path, typer.Argument(help="File to write; must not be there yet.")],
    database: DatabaseOption = HERE,
    as_json: Json = False,
) -> None:
    """Copy a SQLite database, also while desks work on it. PostgreSQL has pg_dump for that."""
    import sqlite3

    from sim.desk import upkeep

    if "://" in database and not database.startswith("sqlite:///"):
        _stop(f"{database}: not a SQLite file; use the database's own tools", USAGE)
    try:
        upkeep.back_up(Path(database.removeprefix("sqlite:///")), target)
    except (OSError, sqlite3.Error) as error:
        _stop(error, FAILED)
    size = target.stat().st_size
    print(json.dumps({"file": str(target), "bytes": size}) if as_json else f"{target}: {size:,} B")


def restored(database: DatabaseOption = HERE, as_json: Json = False) -> None:
    """Say that this database is an older copy that was put back; before a desk starts on it.

    Things have heard higher numbers than it remembers, and would take nothing from it.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from sim.desk import schema, upkeep

    if "://" not in database and not Path(database).is_file():
        _stop(f"{database}: no such database", FAILED)
    try:
        things = upkeep.restored(url_of(database))
    except schema.SchemaError as error:
        _stop(error, USAGE)
    except SQLAlchemyError as error:
        _stop(_named(database, error), FAILED)
    if as_json:
        print(json.dumps({"things": things}))
        return
    print(f"{things} thing{'' if things == 1 else 's'}: numbers go on above all that may have been")


def _before(told: dict[str, Any]) -> str:
    return {None: "empty", "": "not versioned"}.get(told["from"]) or f"version {told['from']}"


def _named(database: str, error: Exception) -> str:
    """What is wrong, with a file's name; a URL may hold a password, its errors name the host."""
    said = str(getattr(error, "orig", error))  # without SQLAlchemy's words around it
    return said if "://" in database or database in said else f"{database}: {said}"


def _stop(error: Exception | str, code: int) -> NoReturn:
    typer.secho(str(error), fg="red", err=True)
    raise typer.Exit(code)
