"""`steward notice`: what makers, sellers and the desk have to tell things, and what became of it.

Exit codes: 0 done, 1 the answer is no (a wrong passphrase, the desk's refusal), 2 wrong usage.
"""

import enum
import json
import time
from typing import Annotated, Any

import typer

from boards.units import seconds
from firmware.image.release import Maker
from firmware.mandate.install import InstallError, ask_desk
from firmware.mandate.owner import OwnerError
from sim.cli.maker_options import HERE, Directory, PassphraseFile, table
from sim.cli.options import LOCAL, Desk, Json, link_to, passphrase, stop

app = typer.Typer(no_args_is_help=True, help="Tell things something: a recall, the weather.")

MAKER, DESK = "maker", "desk"
WORDS = 200


class What(enum.StrEnum):
    """Classes of notices, in the order of the wire."""

    ADVISORY = "advisory"
    RECALL = "recall"
    WEATHER = "weather"
    ADVERTISING = "advertising"
    NOTE = "note"


@app.command()
def send(
    what: Annotated[What, typer.Argument(help="What it is.")],
    words: Annotated[str, typer.Argument(help="What it says.")],
    sender: Annotated[
        str | None,
        typer.Option(
            "--as", help="maker, desk, or a seller's name; default: maker for advisory and recall."
        ),
    ] = None,
    thing: Annotated[list[str] | None, typer.Option(help="To this one; repeatable.")] = None,
    product: Annotated[str | None, typer.Option(help="To all of a product.")] = None,
    version: Annotated[
        list[str] | None, typer.Option(help="Only to these versions of it; repeatable.")
    ] = None,
    about: Annotated[
        str | None, typer.Option(help="Failure mode, monitor or consumable that it is about.")
    ] = None,
    severity: Annotated[
        int | None, typer.Option(min=1, max=4, help="Of the case that a recall opens.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Help that a recall asks for: repair, replacement ...")
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option(help="Of the weather: outdoor_c=-4.1; repeatable.")
    ] = None,
    lasts: Annotated[str, typer.Option(help="How long it is good.")] = "30d",
    directory: Directory = HERE,
    passphrase_file: PassphraseFile = None,
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Sign a notice, unless the desk says it, and have the desk pass it on."""
    sender = sender or (MAKER if what in (What.ADVISORY, What.RECALL) else DESK)
    try:
        lasts_s = seconds(lasts)
        values = dict(_value(text) for text in value or ()) or None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not 0 < len(words) <= WORDS:
        raise typer.BadParameter(f"{len(words)} characters; a notice has 1 to {WORDS}")
    if not thing and not product:
        raise typer.BadParameter("say to whom: --thing or --product")
    body: dict[str, Any] = {"things": thing or [], "product": product}
    try:
        if sender == DESK:
            body["said"] = {"what": what, "words": words, "lasts_s": lasts_s, "about": about,
                            "values": values}  # fmt: skip
        else:
            now = int(time.time())
            terms = {0: "notice", 1: list(What).index(what) + 1, 2: sender, 3: words, 4: now,
                     5: now + lasts_s}  # fmt: skip
            more = {6: product, 7: version, 8: about, 9: values, 10: severity, 11: service}
            terms |= {key: term for key, term in more.items() if term is not None}
            maker = Maker(directory)
            maker.unlock(passphrase(passphrase_file))
            body["document"] = maker.sign(terms).hex()
        told = ask_desk(link_to(desk), "/notices", body)
    except (OwnerError, InstallError) as error:
        stop(error)
    _show(told, as_json)


@app.command("list")
def list_(
    thing: Annotated[str | None, typer.Option(help="Only to this one.")] = None,
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Show what was told to things, and what became of it."""
    asked = "/notices?limit=500" + (f"&thing={thing}" if thing else "")
    try:
        told = ask_desk(link_to(desk), asked)["items"]
    except InstallError as error:
        stop(error)
    _show(told, as_json)


def _show(told: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"notices": told}))
    else:
        table(("id", "thing", "what", "sender", "words", "state", "reason"), told)


def _value(text: str) -> tuple[str, int]:
    """A name and a number out of `outdoor_c=-4.1`, in tenths."""
    name, equals, number = text.partition("=")
    try:
        if not name or not equals:
            raise ValueError
        return name, round(float(number) * 10)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no value; write for example outdoor_c=-4.1") from error
