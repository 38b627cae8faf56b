"""`steward owner cancel`: the owner takes back an order that is placed, and signs that.

Exit codes: 0 the order is cancelled, 1 it is not (or nothing was signed), 2 wrong usage, 3 the
thing or its seller has not said a word yet.
"""

import time
from typing import Any

import typer

from firmware.mandate.currency import shown
from firmware.mandate.install import (
    InstallError,
    Link,
    cancel_at_desk,
    order_at_desk,
    orders_at_desk,
)
from firmware.mandate.owner import Owner, OwnerError, opened
from firmware.mandate.question import REFERENCE, plain
from firmware.serial.console_tool import ConsoleError, Session
from sim.cli.options import LOCAL, Desk, Json, link_to, passphrase, stop
from sim.cli.owner_options import (
    HERE,
    LOOK_S,
    UNHEARD,
    Directory,
    How,
    Order,
    Output,
    PassphraseFile,
    Port,
    Thing,
    Via,
    Wait,
    Yes,
    agree,
    say,
)

CANCELLABLE = ("placed", "confirmed")


def cancel(
    thing: Thing,
    order: Order,
    out: Output = None,
    via: How = Via.DESK,
    port: Port = None,
    desk: Desk = LOCAL,
    directory: Directory = HERE,
    passphrase_file: PassphraseFile = None,
    wait: Wait = 60,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take back an order that is placed, within the mandate's cancel window."""
    if via == Via.FILE and out is None:
        raise typer.BadParameter("--via file writes a file: name it with --out")
    link = link_to(desk, thing)
    try:
        row = _chosen(orders_at_desk(link), thing, order)
        agree(_lines(row), "Cancel", yes, as_json)
        facts: dict[str, Any] = {"thing": thing, "order": row["order_id"]}
        if via == Via.CONSOLE:
            facts |= _typed(f"cancel {row['order_id'][:REFERENCE]}", thing, port)
            say(facts, _words, as_json)
            return
        owner = Owner(directory)
        owner.unlock(passphrase(passphrase_file))
        content = {0: "cancel", 1: bytes.fromhex(row["order_id"]), 2: thing}
        document = owner.sign(content)
        assert opened(document, owner.public_key) == content
        if out:
            out.write_bytes(document)
            facts["file"] = str(out)
        if via == Via.DESK:
            cancel_at_desk(link, row["order_id"], document)
            facts |= _heard(link, row["number"], wait)
    except (OwnerError, InstallError, ConsoleError) as error:
        stop(error)
    say(facts, _words, as_json)
    if via == Via.DESK and facts["state"] != "cancelled":
        raise typer.Exit(1 if facts["reason"] else UNHEARD)


def _chosen(page: Any, thing: str, order: str) -> dict[str, Any]:
    """The placed order that is called by its number or the beginning of its id; OwnerError."""
    rows = page.get("items") if isinstance(page, dict) else None
    if not isinstance(rows, list) or not all(map(_is_order, rows)):
        raise OwnerError("the desk tells no list of orders")
    rows = [row for row in rows if row["thing"] == thing and row["state"] in CANCELLABLE]
    found = [row for row in rows if row["order_id"].startswith(order.lower())
             or row["number"] == order.upper()]  # fmt: skip
    if len(found) == 1:
        return found[0]
    if found:
        raise OwnerError(f"{order} begins {len(found)} orders: give more digits")
    placed = ", ".join(row["order_id"][:REFERENCE] for row in rows) or "nothing"
    raise OwnerError(f"{thing} has no order {order} that can be cancelled; it has {placed}")


def _is_order(row: Any) -> bool:
    words = ("thing", "state", "order_id", "number", "sku", "seller", "consumable", "currency")
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(word), str) for word in words)
        and all(type(row.get(word)) is int for word in ("packs", "total_minor"))
        and len(row["order_id"]) == 32
        and not set(row["order_id"]) - set("0123456789abcdef")
    )


def _lines(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("thing", plain(row["thing"])),
        ("order", f"{row['order_id'][:REFERENCE]}, {plain(row['number'])} at the desk"),
        ("bought", f"{row['packs']} x {plain(row['sku'])}, for {plain(row['consumable'])}"),
        ("from", plain(row["seller"])),
        ("for", shown(row["total_minor"], row["currency"])),
        ("state", row["state"]),
    ]


def _typed(line: str, thing: str, port: str | None) -> dict[str, str]:
    """What the thing's console says to the line, or the line for who types it."""
    if port is None:
        return {"line": line}
    with Session(port) as session:
        name = session.value("status")["thing"]
        if name != thing:
            raise OwnerError(f"the thing on {port} is {name}")
        return {"said": session.value(line)["said"]}


def _heard(link: Link, number: str, wait_s: int) -> dict[str, Any]:
    """The order's state when somebody has spoken, and why it was not cancelled."""
    deadline = time.monotonic() + wait_s
    while True:
        row = order_at_desk(link, number)
        asked = [place for place, one in enumerate(row["history"]) if one["source"] == "owner"]
        since = row["history"][asked[-1]:] if asked else []
        refusals = [one for one in since if one["word"] == "cancel_refused"]
        reason = (refusals[-1]["detail"].get("reason") or "it is too late") if refusals else None
        if row["state"] == "cancelled" or reason or time.monotonic() >= deadline:
            return {"state": row["state"], "reason": reason}
        time.sleep(LOOK_S)


def _words(facts: dict[str, Any]) -> str:
    """What came of it, for a person."""
    order = facts["order"][:REFERENCE]
    if "said" in facts:
        return f"{plain(facts['thing'])} says: {facts['said']}"
    if "state" not in facts:
        return f"signed: {facts['file']}"
    if facts["reason"]:
        return f"{order}: not cancelled: {plain(facts['reason'])}"
    if facts["state"] == "cancelled":
        return f"{order}: cancelled"
    return f"{order}: on its way; it is {facts['state']} as long as nobody has answered"
