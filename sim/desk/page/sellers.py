"""The gap in perception: what sellers say they did beside what the things measured."""

from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from firmware.mandate.currency import exponent
from sim.desk.page import words
from sim.desk.page.charts import gap
from sim.desk.page.shell import Live, Visit, box, frame, href, panel
from sim.desk.page.table import Column, table

REFRESH_S = 60.0  # it counts over all orders
NOTE = (
    "Claims are the sellers' own words and offers. Measured is what the things' own sensors saw, "
    "and the experience that owners let their things share. A pack is seen when it is filled in, "
    "so one that is kept in the cupboard is not seen yet. Test orders do not count."
)
EMPTY = ("No seller has had an order yet. Sellers come from the file that `steward desk "
         "--suppliers` names, and stand here after their first order.")
# Title, the two words, the keys of what was said and measured, and by what they are divided.
CHARTS = (
    ("Deliveries", ("said", "seen by the thing"), "delivered", "verified", 1),
    ("Packs", ("said", "seen"), "packs_delivered", "packs_seen", 1),
    ("Quality, of 100", ("stated", "kept"), "quality_offered", "quality_experienced", 1),
    ("Hours to the door", ("offered", "measured"), "lead_offered_s", "lead_measured_s", 3_600),
)
ROW_PX, HEAD_PX = 34, 44  # of a chart
NUMBERS = (
    "Of each pair the first is the seller's word and the second was measured; a dash says that "
    "nobody told. Only orders that something was charged for stand in the money."
)
COLUMNS = [
    Column("id", "Seller", "link"),
    Column("orders", "Orders", "number"),
    Column("deliveries", "Delivered, seen", "number"),
    Column("packs", "Packs said, seen", "number"),
    Column("money", "Offered, charged", "number"),
    Column("quality", "Quality said, kept (of 100)", "number"),
    Column("lead", "Time to the door said, measured", "number"),
    Column("trust", "Trust (of 100)", "number"),
    Column("disputes", "Disputes"),
]


async def page(request: Request) -> None:
    """Every seller from both sides."""
    visit = Visit(request)

    async def read() -> list[dict]:
        return await visit.rest.get("/perception")

    with frame(visit, "sellers", "Sellers"):
        Live(visit, read, draw, REFRESH_S)
    await visit.show()


def draw(rows: list[dict]) -> None:
    """Charts of the pairs, and the numbers."""
    with panel("What sellers say, and what was measured", NOTE):
        if not rows:
            ui.label(EMPTY).classes("empty")
            return
        with box("gaps"):
            for title, said, claimed, measured, divisor in CHARTS:
                _chart(rows, (title, said), (claimed, measured), divisor)
            for currency in sorted({one["currency"] for row in rows for one in row["money"]}):
                sums = [{"seller": row["seller"]} | one for row in rows for one in row["money"]
                        if one["currency"] == currency]  # fmt: skip
                _chart(sums, (f"Money, {currency}", ("offered", "charged")),
                       ("offered_minor", "charged_minor"), 10 ** exponent(currency), currency)
    with panel("In numbers", NUMBERS):
        table(COLUMNS, [_row(row) for row in rows], "")


def _chart(rows: list[dict], heading: tuple, keys: tuple[str, str], divisor: int,
           currency: str = "") -> None:  # fmt: skip
    title, said = heading
    shown = [row for row in rows if row[keys[0]] or row[keys[1]]]
    with box("chart"):
        ui.label(title).classes("chart-name")
        if not shown:
            ui.label("Nothing measured yet.").classes("empty")
            return
        claims, measured = ([_bar(row[key], divisor, currency) for row in shown] for key in keys)
        chart = ui.echart(gap([row["seller"] for row in shown], claims, measured, said))
        chart.classes("w-full").style(f"height: {HEAD_PX + ROW_PX * len(shown)}px")


def _bar(value: float | None, divisor: int, currency: str) -> dict | float | None:
    """What a bar shows; of money with its minor unit, as everywhere."""
    if value is None:
        return None
    if currency:
        label = words.money(round(value), currency).rpartition(" ")[0]
        return {"value": value / divisor, "label": {"formatter": label}}
    return round(value / divisor, 1)


def _row(row: dict) -> dict:
    leads = [_pair(row[key] and words.span(row[key]))
             for key in ("lead_offered_s", "lead_measured_s")]  # fmt: skip
    disputes = ", ".join(f"{count} {words.said(word)}"
                         for word, count in sorted(row["disputes"].items()))  # fmt: skip
    return {
        "id": row["seller"],
        "id_href": href("orders") + "?state=all&" + _query(row["seller"]),
        "orders": row["orders"],
        "deliveries": f"{row['delivered']}, {row['verified']}",
        "packs": f"{row['packs_delivered']}, {_pair(row['packs_seen'])}",
        "money": "; ".join(f"{words.money(one['offered_minor'], one['currency'])}, "
                           f"{words.money(one['charged_minor'], one['currency'])}"
                           for one in row["money"]) or "-",
        "quality": f"{_pair(row['quality_offered'])}, {_pair(row['quality_experienced'])}",
        "lead": ", ".join(leads),
        "trust": _pair(row["trust"]),
        "disputes": disputes or "none",
    }  # fmt: skip


def _pair(value: float | str | None) -> str:
    return "-" if value is None else value if isinstance(value, str) else f"{value:g}"


def _query(seller: str) -> str:
    return urlencode({"seller": seller})
