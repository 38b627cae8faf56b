"""Disputes: the list, and one with what the thing signed and what people may decide."""

from fastapi import Request
from nicegui import ui

from firmware.mandate.currency import exponent
from sim.desk.page import words
from sim.desk.page.client import of
from sim.desk.page.lists import Listing, narrowing
from sim.desk.page.orders import asked, whole
from sim.desk.page.shell import (
    Detail,
    Visit,
    badge,
    box,
    choices,
    dialog,
    facts,
    frame,
    history,
    href,
    link,
    panel,
)
from sim.desk.page.table import Column

STATES = ["answered", "withdrawn", "settled"]
REASONS = {
    "denied": "the thing never ordered this",
    "price_changed": "more was charged than agreed",
    "partial": "fewer packs came than were ordered",
    "wrong": "the wrong goods came",
    "not_received": "it never came",
    "double": "more came than was ordered",
    "returned": "sent back",
}
NO_DISPUTES = ("No dispute is like that. A thing raises one when its sensors did not see what a "
               "seller says it brought or charged; choose `all` to see those that are settled.")
COLUMNS = [
    Column("id", "Dispute", "link"),
    Column("state", "State", "state"),
    Column("reason", "Why"),
    Column("seller", "Against"),
    Column("thing", "Thing", "link"),
    Column("order", "Order", "link"),
    Column("total", "Ordered for", "number"),
    Column("opened", "Raised", "time"),
]


async def page(request: Request, state: str = "", thing: str = "", seller: str = "") -> None:
    """The list of disputes."""
    visit = Visit(request)
    query = {"state": state or "open", "thing": thing, "seller": seller}
    shown = asked(query, STATES)
    with frame(visit, "disputes", "Disputes"), panel("Disputes"):
        narrowing("/desk/disputes", query | {"state": shown.pop("chosen")}, STATES,
                  {"thing": "thing", "seller": "seller"})
        Listing(visit, "/disputes", shown, COLUMNS, dispute_row,
                          NO_DISPUTES)
    await visit.show()


def dispute_row(dispute: dict, visit: Visit) -> dict:
    """A dispute as tables show it."""
    order = dispute["order"] or ""
    return {
        "id": dispute["number"],
        "id_href": href("disputes", dispute["number"]),
        "state": dispute["state"],
        "state_look": words.LOOKS[dispute["state"]],
        "reason": REASONS.get(dispute["reason"], words.said(dispute["reason"])),
        "seller": dispute["seller"] or "the desk",
        "thing": dispute["thing"],
        "thing_href": href("things", dispute["thing"]),
        "order": order,
        "order_href": href("orders", order),
        "total": words.money(dispute["total_minor"], dispute["currency"] or ""),
        "opened": visit.ago(dispute["opened_at"]),
        "opened_at": visit.exact(dispute["opened_at"]),
    }


class Dispute(Detail):
    """One dispute."""

    async def read(self) -> tuple[dict, dict, dict]:
        rest = self.visit.rest
        dispute = await rest.get(of("disputes", self.number))
        order = {"currency": "", "consumable": ""}  # of a denial there is none
        if dispute["order"] is not None:
            order = await rest.get(of("orders", dispute["order"]))
        return dispute, order, await self.visit.product(dispute["thing"])

    def draw(self, data: tuple[dict, dict, dict]) -> None:
        dispute, order, known = data
        currency, count = order["currency"], words.counted(known, order["consumable"])
        reason = REASONS.get(dispute["reason"], words.said(dispute["reason"]))
        with box("headline"):
            ui.label(f"{dispute['number']} {reason}").classes("title")
            badge(dispute["state"])
            if dispute["state"] in ("open", "answered"):
                for word, text in (("answer", "the seller's answer"), ("settle", "decide")):
                    if not self.visit.may(f"POST /disputes/{{number}}/{word}"):
                        continue
                    button = ui.button(
                        text, on_click=lambda word=word: self._say(word, dispute, currency)
                    )
                    button.props("outline dense no-caps").classes("px-3")
        with box("columns"):
            with panel("What it is about"):
                self._facts(dispute, currency, count)
            with panel("What was said"):
                history(self.visit, dispute["history"], currency, count)
        with panel("What the thing signed", "`steward verify` checks these documents."):
            self._statements(dispute, currency, count)

    def _facts(self, dispute: dict, currency: str, count: words.Count) -> None:
        visit, order, seen = self.visit, dispute["order"], dispute["quantity"]
        agreed = {None: "", True: "the seller gave in", False: "the seller insists"}
        facts([
            ("Thing", lambda: link(dispute["thing"], "things", dispute["thing"])),
            ("Order", (lambda: link(order, "orders", order)) if order else "none that it knows"),
            ("Against", dispute["seller"] or "the desk: a denial"),
            ("Ordered for", words.money(dispute["total_minor"], currency)),
            ("Charged", words.money(dispute["charged_minor"], currency)),
            ("Packs ordered", dispute["packs"]),
            ("Quantity seen", "" if seen is None else count(seen)),
            ("Answer", dispute["answer"]),
            ("", agreed[dispute["agreed"]]),
            ("Raised", visit.both(dispute["opened_at"])),
            ("Changed", visit.both(dispute["changed_at"])),
        ])  # fmt: skip

    def _statements(self, dispute: dict, currency: str, count: words.Count) -> None:
        if not dispute["statements"]:
            ui.label("Nothing on this order.").classes("empty")
        for statement in dispute["statements"]:
            with box("entry"):
                ui.label(self.visit.stamp(statement["received_at"])).classes("when")
                ui.label(statement["kind"]).classes("who")
                with box("what"):
                    content = statement["content"]
                    ui.label(words.statement(statement["kind"], content, currency, count))

    def _say(self, word: str, dispute: dict, currency: str) -> None:
        title = "what the seller says" if word == "answer" else "a person's decision"
        with dialog(self.visit, f"{dispute['number']}: {title}") as asked_:
            agrees = None
            if word == "answer":
                agrees = ui.checkbox("the seller gives in", value=False)
            label = f"the seller keeps, {currency or 'of the money'}"
            places = exponent(currency)
            keeps = ui.number(label, value=0, min=0, precision=places)
            if agrees is not None:
                keeps.bind_visibility_from(agrees, "value")
            text = ui.input("text").props("maxlength=200")
            wrong = ui.label().classes("trouble")

            async def send() -> None:
                if not (text.value or "").strip():
                    wrong.text = "Say why: it is kept in the history."
                    return
                body = {"text": text.value, "charged_minor": whole(keeps, 10**places) or 0}
                if agrees is not None:
                    body["agrees"] = agrees.value
                    if not agrees.value:
                        del body["charged_minor"]
                asked_.close()
                await self.visit.do(of("disputes", self.number, word), body, "noted")
                await self.live.refresh()

            choices(asked_, "say it", send)
