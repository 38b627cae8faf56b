"""Orders: the list, and the life of one with the offers it was chosen from."""

from fastapi import Request
from nicegui import ui

from firmware.mandate.currency import exponent
from sim.desk.page import words
from sim.desk.page.client import of
from sim.desk.page.lists import Listing, narrowing
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
)  # fmt: skip
from sim.desk.page.signing import SIGNER, by_command, sign
from sim.desk.page.table import Column, table

STATES = ["placed", "confirmed", "shipped", "delivered", "verified", "disputed", "cancelled",
          "refused", "expired"]  # fmt: skip
LIFE = ("placed", "confirmed", "shipped", "delivered", "verified")
ENDS = ("disputed", "cancelled", "refused", "expired")
# What a seller's staff may say, by the state in which it makes sense.
SAYS = {
    "placed": ("confirmed", "refused"),
    "confirmed": ("shipped", "cancelled"),
    "shipped": ("delivered", "cancelled"),
    "delivered": ("delivered",),
}
# While its owner may take it back, as far as the desk knows; thing and seller have the last word.
CANCELLABLE = ("placed", "confirmed")
NO_ORDERS = ("No order is like that. Things order by themselves when something runs low and their "
             "owner's mandate allows it; `test-order` on a thing's console tries the whole way.")
COLUMNS = [
    Column("id", "Order", "link"),
    Column("state", "State", "state"),
    Column("thing", "Thing", "link"),
    Column("what", "What"),
    Column("seller", "Seller"),
    Column("total", "Total", "number"),
    Column("placed", "Placed", "time"),
    Column("due", "Arrives", "time"),
]
OFFERS = [
    Column("seller", "Seller"),
    Column("what", "Offer"),
    Column("total", "Total", "number"),
    Column("lead", "Delivers in", "number"),
    Column("quality", "Quality", "number"),
    Column("carbon", "Carbon", "number"),
    Column("fate", "What became of it"),
]


async def page(request: Request, state: str = "", thing: str = "", seller: str = "") -> None:
    """The list of orders."""
    visit = Visit(request)
    query = {"state": state or "open", "thing": thing, "seller": seller}
    shown = asked(query, STATES)
    with frame(visit, "orders", "Orders"), panel("Orders"):
        narrowing("/desk/orders", query | {"state": shown.pop("chosen")}, STATES,
                  {"thing": "thing", "seller": "seller"})
        Listing(visit, "/orders", shown, COLUMNS, order_row, NO_ORDERS)
    await visit.show()


def asked(query: dict, states: list[str]) -> dict:
    """A list's query for REST: open ones, one state, or all; `chosen` is the word of the field."""
    state = query["state"] if query["state"] in (*states, "all") else "open"
    narrowed = {key: value for key, value in query.items() if key != "state"}
    if state == "open":
        return narrowed | {"open": True, "chosen": "open"}
    if state == "all":
        return narrowed | {"chosen": ""}
    return narrowed | {"state": state, "chosen": state}


def order_row(order: dict, visit: Visit) -> dict:
    """An order as tables show it."""
    moving = order["state"] in ("placed", "confirmed", "shipped")
    return {
        "id": order["number"],
        "id_href": href("orders", order["number"]),
        "state": order["state"],
        "state_look": words.LOOKS[order["state"]],
        "thing": order["thing"],
        "thing_href": href("things", order["thing"]),
        "what": f"{order['packs']} x {order['sku']}{' (test)' if order['test'] else ''}",
        "seller": order["seller"],
        "total": words.money(order["total_minor"], order["currency"]),
        "placed": visit.ago(order["placed_at"]),
        "placed_at": visit.exact(order["placed_at"]),
        "due": visit.ago(order["eta_at"]) if moving and order["eta_at"] else "",
        "due_at": visit.exact(order["eta_at"]),
    }


class Order(Detail):
    """One order."""

    def __init__(self, visit: Visit, number: str):
        ui.add_head_html(SIGNER)
        super().__init__(visit, number)

    async def read(self) -> tuple[dict, list[dict], dict]:
        visit, rest = self.visit, self.visit.rest
        order = await rest.get(of("orders", self.number))
        rejections = []
        if visit.may("GET /orders/{number}/rejections"):
            rejections = await rest.get(of("orders", self.number, "rejections"))
        return order, rejections, await visit.product(order["thing"])

    def draw(self, data: tuple[dict, list[dict], dict]) -> None:
        order, rejections, known = data
        visit, count = self.visit, words.counted(known, order["consumable"])
        with box("headline"):
            ui.label(order["number"]).classes("title")
            badge(order["state"])
            if order["test"]:
                badge("test order", "over")
            self._buttons(order)
        with panel("Its life"):
            life(order, visit)
            self._cancel(order)
        with box("columns"):
            with panel("What was ordered"):
                self._facts(order, words.item(known, order["consumable"], order["sku"]))
            with panel("What was said"):
                history(visit, order["history"], order["currency"], count)
        with panel("The offers it was chosen from",
                   "Reasons are the thing's own word to those it did not take."):
            table(OFFERS, _offers(order, rejections, count), "None are known here.")
            if not visit.may("POST /things/{thing_id}/commands"):
                return
            with box("note"):
                ui.label("The scores and the readings behind the choice are in the thing's ledger:")
                ui.button("ask it why", on_click=lambda: self._why(order)).props(
                    "flat dense no-caps"
                )

    def _facts(self, order: dict, name: str) -> None:
        visit, currency = self.visit, order["currency"]
        facts([
            ("Thing", lambda: link(order["thing"], "things", order["thing"])),
            ("For", words.said(order["consumable"])),
            ("Item", f"{order['sku']}: {name}" if name else order["sku"]),
            ("Packs", f"{order['packs']}, {_said(order)} said to be delivered"),
            ("Seller", order["seller"]),
            ("Price of a pack", words.money(order["price_minor"], currency)),
            ("Total", words.money(order["total_minor"], currency)),
            ("Charged", words.money(order["charged_minor"], currency)),
            ("Placed", visit.both(order["placed_at"])),
            ("Arrives", visit.both(order["eta_at"])),
            ("Order id", order["order_id"]),
        ])  # fmt: skip

    def _buttons(self, order: dict) -> None:
        if not self.visit.may("POST /orders/{number}/status"):
            return
        for word in SAYS.get(order["state"], ()):
            text = "another parcel" if order["state"] == word else word
            button = ui.button(text, on_click=lambda word=word: self._say(order, word))
            button.props("outline dense no-caps").classes("px-3")
            button.tooltip("what the seller's staff says; the thing is told")

    def _say(self, order: dict, word: str) -> None:
        with dialog(self.visit, f"{order['number']} is {word}") as asked:
            delivered, places = word == "delivered", exponent(order["currency"])
            packs = charged = hours = None
            if delivered:
                packs = ui.number("packs in this parcel", value=order["packs"], min=0, precision=0)
                charged = ui.number(f"charged in all, {order['currency']}", min=0,
                                    value=order["total_minor"] / 10**places, precision=places)
            elif word in ("confirmed", "shipped"):
                hours = ui.number("arrives in, hours", min=0)
            reason = ui.input("reason").props("maxlength=200")

            async def send() -> None:
                body = {
                    "state": word,
                    "packs": whole(packs, 1),
                    "charged_minor": whole(charged, 10**places),
                    "eta_s": whole(hours, words.HOUR_S),
                    "reason": reason.value or None,
                }
                given = {key: value for key, value in body.items() if value is not None}
                asked.close()
                await self.visit.do(of("orders", self.number, "status"), given, f"{word}: noted")
                await self.live.refresh()

            choices(asked, "say it", send)

    def _cancel(self, order: dict) -> None:
        """Its owner's way back, by a signed document; what came of the last one."""
        visit = self.visit
        said = [one for one in order["history"] if one["word"] in ("cancel", "cancel_refused")]
        if order["state"] not in CANCELLABLE:
            return
        if said and said[-1]["word"] == "cancel":
            ui.label("A cancel is on its way; thing and seller have the word.").classes("note")
        elif said:
            why = said[-1]["detail"].get("reason") or "it is too late"
            ui.label(f"It was not cancelled: {why}").classes("trouble")
        if not visit.may("POST /things/{thing_id}/orders/{order}/cancel"):
            return
        thing, key = order["thing"], order["order_id"]
        what = f"{order['packs']} x {order['sku']}"

        def ask() -> None:
            shown = (f"{words.money(order['total_minor'], order['currency'])} from "
                     f"{order['seller']} for {thing}")  # fmt: skip
            sign(visit, f"Cancel: {what}", shown, "Sign the cancel", "signCancel", [thing, key],
                 of("things", thing, "orders", key, "cancel"),
                 "Your cancel is on its way to the thing.", self.live)  # fmt: skip

        with box("answers"):
            ui.button("Cancel as its owner ...", on_click=ask).props(
                "outline dense no-caps color=negative"
            ).classes("px-3")
        by_command(visit, thing, key, "cancel")

    async def _why(self, order: dict) -> None:
        path = of("things", order["thing"], "commands")
        line = {"line": f"why {order['order_id'][:8]}"}
        if await self.visit.do(path, line, "asked; the answer is on the thing's page"):
            ui.navigate.to(href("things", order["thing"]) + "#console")


def _said(order: dict) -> int:
    """Packs that its seller says it delivered, parcel by parcel; all, where it names none."""
    parcels = [event["detail"] for event in order["history"] if event["word"] == "delivered"]
    return sum(parcel.get("packs", order["packs"]) for parcel in parcels)


def life(order: dict, visit: Visit) -> None:
    """The steps of an order with their times; an end that was not hoped for comes last."""
    first: dict[str, int] = {}
    for event in order["history"]:
        first.setdefault(event["word"], event["at"])
    ended = order["state"] if order["state"] in ENDS else None
    with box("steps"):
        for word in (*LIFE, *([ended] if ended else [])):
            at = first.get(word)
            if word == ended:
                at = order["changed_at"]
            with box("step" + (" seen" if at else "") + (" wrong" if word == ended else "")):
                ui.label(word)
                ui.label(visit.stamp(at) if at else "").classes("at")


def _offers(order: dict, rejections: list[dict], count: words.Count) -> list[dict]:
    told = {seller: reason for row in rejections for seller, reason in row["reasons"].items()}
    rows = []
    for index, offer in enumerate(order["offers"]):
        terms, seller = offer["terms"] or {}, offer["seller"]
        taken = bool(terms) and seller == order["seller"] and (
            terms["total_minor"], terms["packs"]) == (order["total_minor"], order["packs"])
        fate = "taken" if taken else words.said(offer["declined"] or told.get(seller))
        rows.append({
            "id": index,
            "seller": seller,
            "what": f"{terms['packs']} x {terms['sku']}, each {count(terms['pack_units'])}"
                    if terms else "none",
            "total": words.money(terms["total_minor"], terms["currency"]) if terms else "",
            "lead": words.span(terms["lead_s"]) if terms else "",
            "quality": terms.get("quality", ""),
            "carbon": f"{terms['carbon_g']} g" if terms else "",
            "fate": fate,
        })  # fmt: skip
    return rows


def whole(field, times: int) -> int | None:
    """A number field in units of which `times` make one, or None where nothing was typed."""
    return None if field is None or field.value is None else round(field.value * times)
