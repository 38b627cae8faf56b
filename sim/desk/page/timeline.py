"""A thing's past as people read it: one line of time, and small charts of what it reported."""

from typing import Any

from nicegui import ui

from sim.desk.page import words
from sim.desk.page.charts import days_left, spent
from sim.desk.page.client import of
from sim.desk.page.shell import Visit, badge, box, href

PLACES = {"order": "orders", "case": "cases", "dispute": "disputes"}
LOOKS = {"order": "moving", "case": "bad", "dispute": "bad", "finding": "over", "approval": "good"}
REPORTS = 200  # of its health: one a day and whenever something changes
SHOWN = 60
ORDERS = 100
WEEKS = 12


class Timeline:
    """What a thing found, asked for and got, the latest first; older parts on demand."""

    def __init__(self, visit: Visit, name: str):
        self.visit, self.name = visit, name
        self.shown = SHOWN
        self.live: Any = None

    async def read(self) -> tuple[list[dict], dict]:
        path = of("things", self.name, "timeline")
        moments = await self.visit.rest.get(path, limit=self.shown)
        return moments, await self.visit.product(self.name)

    def draw(self, data: tuple[list[dict], dict]) -> None:
        moments, known = data
        if not moments:
            ui.label("Nothing has happened yet: what it finds, asks for and buys will stand here."
                     ).classes("empty")  # fmt: skip
        day = None
        with box("line-of-time"):
            for moment in moments:
                today = words.day(moment["at"], self.visit.zone, self.visit.now)
                if today != day:
                    ui.label(today).classes("day")
                    day = today
                self._moment(moment, words.counted(known, moment["consumable"]))
        if len(moments) == self.shown and self.shown < SHOWN * 5:
            ui.button("older", on_click=self._older).props("flat dense no-caps")

    def _moment(self, moment: dict, count: words.Count) -> None:
        visit, kind = self.visit, moment["kind"]
        with box("moment"):
            ui.label(words.hour(moment["at"], visit.zone)).classes("when").tooltip(
                visit.ago(moment["at"])
            )
            badge(kind, LOOKS[kind])
            with box("what"):
                if kind in PLACES:
                    ui.link(moment["number"], href(PLACES[kind], moment["number"]))
                ui.label(words.said(moment["about"]))
                ui.label(words.spoken(moment["word"])).classes("word")
                currency = moment["currency"]
                detail = words.event(moment, visit.zone, visit.now, currency, count)
                ui.label(detail).classes("detail")
            ui.label(moment["source"]).classes("who")

    async def _older(self) -> None:
        self.shown += SHOWN
        await self.live.refresh()


class Figures:
    """What a thing reported over time, as far as its owner lets it say so."""

    def __init__(self, visit: Visit, name: str):
        self.visit, self.name = visit, name

    async def read(self) -> dict[str, Any]:
        rest = self.visit.rest
        reports = await rest.get("/health", thing=self.name, limit=REPORTS)
        orders = await rest.get("/orders", thing=self.name, limit=ORDERS)
        return {"reports": reports["items"], "orders": orders["items"]}

    def draw(self, data: dict[str, Any]) -> None:
        now = self.visit.now
        series: dict[str, list] = {}
        for report in reversed(data["reports"]):
            for name, value in (report["content"].get("consumables") or {}).items():
                known = value % 1000 or None
                series.setdefault(words.said(name), []).append([report["made_at"] * 1000, known])
        drawn = {name: points for name, points in series.items()
                 if sum(days is not None for _, days in points) > 1}  # fmt: skip
        with box("charts"):
            with box("chart"):
                ui.label("Days left, as it forecast them").classes("chart-name")
                if drawn:
                    ui.echart(days_left(drawn)).classes("w-full h-52")
                else:
                    ui.label("Drawn after two reports that say how long something lasts."
                             ).classes("empty")  # fmt: skip
            paid = [order for order in data["orders"] if not order["test"]]
            for currency in dict.fromkeys(order["currency"] for order in paid) or [""]:
                bought = weekly([one for one in paid if one["currency"] == currency], now)
                self._spent(bought, currency)

    def _spent(self, bought: list[tuple[int, int]], currency: str) -> None:
        with box("chart"):
            ui.label(f"Ordered a week, {currency}" if currency else "Ordered a week"
                     ).classes("chart-name")  # fmt: skip
            if not any(minor for _, minor in bought):
                ui.label(f"Nothing bought in the last {WEEKS} weeks.").classes("empty")
                return
            labels = [words.date(at, self.visit.zone) for at, _ in bought]
            texts = [words.money(minor, currency).rpartition(" ")[0] for _, minor in bought]
            ui.echart(spent(labels, [minor for _, minor in bought], texts)
                      ).classes("w-full h-52")  # fmt: skip


def weekly(orders: list[dict], now: int) -> list[tuple[int, int]]:
    """(When a week began, what was ordered in it), of the weeks since the first of these orders."""
    week = 7 * words.DAY_S
    sums = [0] * WEEKS
    for order in orders:
        ago = (now - order["placed_at"]) // week
        if 0 <= ago < WEEKS and order["state"] not in ("cancelled", "refused", "expired"):
            sums[ago] += order["total_minor"]
    while len(sums) > 4 and not sums[-1]:
        sums.pop()
    return [(now - (ago + 1) * week, sums[ago]) for ago in reversed(range(len(sums)))]
