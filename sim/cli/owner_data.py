"""`steward owner data` and `erase`: what a desk has of a thing, to take along, and an end of it.

Exit codes: 0 done, 1 it was not (no desk, no such thing, no consent), 2 wrong usage.
"""

import json
from typing import Any

import typer

from firmware.mandate.install import InstallError, data_at_desk, erase_at_desk
from firmware.mandate.question import plain
from sim.cli.options import LOCAL, Desk, Json, link_to, stop
from sim.cli.owner_options import Output, Thing, Yes, agree, say

STAYS = "what is open, orders with their offers and disputes, and what was signed about them"


def data(thing: Thing, out: Output = None, desk: Desk = LOCAL, as_json: Json = False) -> None:
    """Write all that the desk has of a thing as one JSON object, without the thing's key."""
    try:
        told = data_at_desk(link_to(desk, thing))
    except InstallError as error:
        stop(error)
    text = json.dumps(told, indent=None if as_json else 2, ensure_ascii=False)
    if out is None:
        print(text)
        return
    out.write_text(text + "\n", "utf-8")
    typer.echo(f"{out}: {_counted(_sizes(told)) or 'nothing but the thing itself'}", err=True)


def erase(thing: Thing, desk: Desk = LOCAL, yes: Yes = False, as_json: Json = False) -> None:
    """Have the desk erase what a thing told, but for what is open and what was bought."""
    link = link_to(desk, thing)
    try:
        has = _counted(_sizes(data_at_desk(link)))
        lines = [("thing", plain(thing)), ("the desk has", has or "nothing"), ("stays", STAYS)]
        agree(lines, "Erase", yes, as_json)
        told = erase_at_desk(link)
    except InstallError as error:
        stop(error)
    say(told, _words, as_json)


def _sizes(told: dict[str, Any]) -> dict[str, int]:
    return {name: len(rows) for name, rows in told.items() if isinstance(rows, list)}


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {plain(name)}" for name, count in rows.items() if count)


def _words(told: dict[str, Any]) -> str:
    gone, stays = _counted(told["erased"]), _counted(told["stays"])
    return f"erased: {gone or 'nothing'}\nstays:  {stays or 'nothing'}"
