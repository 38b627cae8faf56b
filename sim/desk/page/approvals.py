"""What waits for its owner's yes: shown with all its terms, signed in the owner's own browser.

The desk cannot answer: it passes on a document that the owner's key signed (signing.py).
"""

from fastapi import Request
from nicegui import ui

from sim.desk.page import words
from sim.desk.page.client import of
from sim.desk.page.shell import (
    Live,
    Visit,
    badge,
    box,
    facts,
    frame,
    href,
    link,
    panel,
)
from sim.desk.page.signing import SIGNER, by_command, sign
from sim.desk.page.table import Column, table

NOTE = (
    "Only the owner's key can answer. It is opened in this browser and never sent to the desk. "
    "Who does not trust the desk to show the true terms answers with the command line instead."
)
ANSWERED = 20
TURNED = "approved, then refused"  # by the desk, when the order came
LOOKS = {"approved": "good", "denied": "over", "refused": "bad", "settled": "over",
         "expired": "bad", "waiting": "moving", TURNED: "bad"}  # fmt: skip
COLUMNS = [
    Column("thing", "Thing", "link"),
    Column("what", "What"),
    Column("seller", "Seller"),
    Column("total", "Total", "number"),
    Column("state", "Answer", "state"),
    Column("changed", "When", "time"),
    Column("reason", "Why"),
]


async def page(request: Request) -> None:
    """What waits, and what was answered lately."""
    visit = Visit(request)
    ui.add_head_html(SIGNER)
    shown = _Approvals(visit)
    with frame(visit, "approvals", "Approvals"):
        with panel("Waiting for their owners", NOTE):
            shown.waiting = Live(visit, shown.read_waiting, shown.draw_waiting)
        with panel("Answered lately"):
            Live(visit, shown.read_answered, shown.draw_answered)
    await visit.show()


class _Approvals:
    waiting: Live

    def __init__(self, visit: Visit):
        self.visit = visit

    async def read_waiting(self) -> list[dict]:
        rest = self.visit.rest
        rows = (await rest.get("/approvals", open=True, limit=200))["items"]
        things = {
            name: (await rest.get(of("things", name)), await self.visit.product(name))
            for name in {row["thing"] for row in rows}
        }
        for row in rows:
            thing, known = things[row["thing"]]
            row["buys_not"] = thing["hello"].get("buys_not")
            row["pack"] = words.counted(known, row["consumable"])(row["pack_units"])
            row["item"] = words.item(known, row["consumable"], row["sku"])
        return rows

    async def read_answered(self) -> list[dict]:
        return (await self.visit.rest.get("/approvals", open=False, limit=ANSWERED))["items"]

    def draw_waiting(self, rows: list[dict]) -> None:
        if not rows:
            ui.label("Nothing waits. What things may buy unasked is in their owners' mandates."
                     ).classes("empty")  # fmt: skip
        with box("questions"):
            for row in rows:
                self._question(row)

    def draw_answered(self, rows: list[dict]) -> None:
        table(COLUMNS, [_row(row, self.visit) for row in rows], "Nothing yet.")

    def _question(self, row: dict) -> None:
        visit = self.visit
        with box("question"):
            with box("headline"):
                ui.label(_what(row)).classes("title")
                ui.label(words.money(row["total_minor"], row["currency"])).classes("price")
                if row["test"]:
                    badge("test order", "over")
            facts([
                ("Seller", row["seller"]),
                ("Total", f"{words.money(row['total_minor'], row['currency'])}, "
                          "shipping and tax inside"),
                ("Item", row["item"]),
                ("Packs", f"{row['packs']}, each {row['pack']}"),
                ("Delivery", f"{words.span(row['lead_s'])} after the order"),
                ("Needed by", visit.both(row["needed_by"])),
                ("Answer by", visit.both(row["until"])),
                ("Asked by", lambda: link(row["thing"], "things", row["thing"])),
                ("For", words.said(row["consumable"])),
            ])  # fmt: skip
            self._answer(row)

    def _answer(self, row: dict) -> None:
        if row["buys_not"]:
            ui.label(f"The thing buys nothing now: {row['buys_not']}").classes("trouble")
        if row["reason"]:
            ui.label(f"The thing refused the last answer: {row['reason']}").classes("trouble")
        if row["yes"] is not None and row["state"] == "waiting":
            said = "yes" if row["yes"] else "no"
            ui.label(f"The owner's {said} is on its way to the thing.").classes("note")
        if not self.visit.may("POST /things/{thing_id}/approvals/{order}"):
            ui.label("Its owner answers; your key is not for that.").classes("note")
            return
        with box("answers"):
            yes = ui.button("Approve ...", on_click=lambda: self._ask(row, True))
            yes.props("unelevated no-caps color=positive")
            no = ui.button("Deny ...", on_click=lambda: self._ask(row, False))
            no.props("outline no-caps color=negative")
        by_command(self.visit, row["thing"], row["order"], "approve", "deny")

    def _ask(self, row: dict, yes: bool) -> None:
        said = "yes" if yes else "no"
        shown = (f"{words.money(row['total_minor'], row['currency'])} from {row['seller']} "
                 f"for {row['thing']}")  # fmt: skip
        path = of("things", row["thing"], "approvals", row["order"])
        sign(self.visit, f"{'Approve' if yes else 'Deny'}: {_what(row)}", shown,
             f"Sign the {said}", "sign", [row, yes], path,
             f"Your {said} is on its way to the thing.", self.waiting)  # fmt: skip


def _what(row: dict) -> str:
    return f"{row['packs']} x {row['sku']}"


def _row(row: dict, visit: Visit) -> dict:
    state = TURNED if row["state"] == "turned_away" else row["state"]
    return {
        "id": row["id"],
        "thing": row["thing"],
        "thing_href": href("things", row["thing"]),
        "what": _what(row),
        "seller": row["seller"],
        "total": words.money(row["total_minor"], row["currency"]),
        "state": state,
        "state_look": LOOKS[state],
        "changed": visit.ago(row["changed_at"]),
        "changed_at": visit.exact(row["changed_at"]),
        "reason": row["reason"] or "",
    }
