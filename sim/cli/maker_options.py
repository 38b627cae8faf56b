"""What commands that speak for a maker share: the key's folder, the desk, and how they fail."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

HERE = Path(typer.get_app_dir("steward")) / "maker"

Directory = Annotated[
    Path, typer.Option(envvar="STEWARD_MAKER", help="Folder of the maker's key.", file_okay=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        envvar="STEWARD_MAKER_PASSPHRASE_FILE", help="First line is the passphrase.", exists=True
    ),
]


def table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Print a table; what is missing is a dash."""
    shown = Table(box=None, pad_edge=False)
    for column in columns:
        shown.add_column(column)
    for row in rows:
        shown.add_row(*("-" if row[each] is None else str(row[each]) for each in columns))
    Console(highlight=False).print(shown, markup=False)


def say(facts: dict[str, Any], as_json: bool) -> None:
    """Print facts, a line each, or one JSON object."""
    if as_json:
        print(json.dumps(facts))
        return
    for word, value in facts.items():
        print(f"{word:12} {value}")
