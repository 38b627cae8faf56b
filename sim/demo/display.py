"""What a live run shows: the thing's own tables, the desk's orders and cases, and their history.

Filled by `sim.demo.live` from the thing's console and the desk's database, read by the page and the
timeline. Days are virtual ones since the start.
"""

import json
from collections import deque

from sim.desk.models import Case, CaseState, Order, OrderState
from sim.world.clock import DAY

POINTS = 300  # of a chart
TABLES = ("channels", "consumables", "findings")
QUESTION = "; ".join(f"{table} --json" for table in TABLES)
"""The console line whose answer `take_thing` reads."""


class Channel:
    """A channel of the product, what it has shown, and what was found on it.

    `points` are [day, value]; `bands` are [first day, last day, failure mode] of findings;
    `low` is the level at which a consumable is wanted, None for what nobody buys.
    """

    def __init__(self, record: dict):
        self.name: str = record["name"]
        self.unit: str = record["unit"]
        self.low: float | None = None
        self.points: deque[list[float]] = deque(maxlen=POINTS)
        self.bands: list[list] = []


class Display:
    """The newest of everything that is worth a look."""

    def __init__(self, record: dict):
        self.channels = [Channel(channel) for channel in record["channels"]]
        self.consumables = [spec["name"] for spec in record["consumables"]]
        self.findings: list[dict] = []
        self.orders: list[dict] = []
        self.cases: list[dict] = []
        self._stock: list[dict] = []
        self._capacity = {spec["name"]: spec["capacity"] for spec in record["consumables"]}
        self._by_name = {channel.name: channel for channel in self.channels}
        self._watched = {
            monitor["name"]: self.channels[monitor["channels"][0]]
            for monitor in record["monitors"]
        }
        for spec in record["consumables"]:
            if spec["kind"] == "level":
                self.channels[spec["channel"]].low = spec["low"] * spec["capacity"]

    @property
    def stock(self) -> list[dict]:
        """What the thing says of its consumables, with the capacity of each."""
        return [{**row, "capacity": self._capacity[row["consumable"]]} for row in self._stock]

    def take_thing(self, shown: str, now: int) -> bool:
        """Take the answer to QUESTION; False when it is none, or is not whole."""
        lines = [line for line in shown.splitlines() if line.startswith("[")]
        if len(lines) != len(TABLES):
            return False
        try:
            channels, self._stock, self.findings = (json.loads(line) for line in lines)
        except ValueError:
            return False  # the power failed in the middle of a word
        day = round(now / DAY, 4)
        for row in channels:
            if row["value"] is not None and row["quality"] == "good":
                self._by_name[row["channel"]].points.append([day, row["value"]])
        for row in self.findings:
            self._mark(row, now)
        return True

    def take_desk(self, orders: list[Order], cases: list[Case]) -> None:
        """The desk's tables; the newest are shown first."""
        self.orders = [_order_row(order) for order in reversed(orders)]
        self.cases = [_case_row(case) for case in reversed(cases)]

    def _mark(self, finding: dict, now: int) -> None:
        """Draw a finding on from where it began."""
        name = finding["monitor"]
        channel = self._watched.get(name) or self._by_name.get(name.removeprefix("sensor_"))
        if channel is None or finding["state"] != "confirmed":
            return
        first, last = (now - finding["since_s"]) / DAY, now / DAY
        bands = channel.bands
        if bands and bands[-1][2] == finding["mode"] and first <= bands[-1][1]:
            bands[-1][1] = last
        else:
            bands.append([max(0.0, first), last, finding["mode"]])


def _order_row(order: Order) -> dict:
    return {
        "number": f"O-{order.number}", "consumable": order.consumable, "item": order.sku,
        "packs": order.packs, "goods": f"{order.packs} x {order.sku}", "seller": order.seller,
        "total": f"{order.total_minor / 100:.2f} {order.currency}",
        "state": OrderState(order.state).name.lower(),
    }  # fmt: skip


def _case_row(case: Case) -> dict:
    return {
        "number": f"C-{case.number}", "mode": case.mode, "service": case.service,
        "severity": case.severity, "state": CaseState(case.state).name.lower(),
    }  # fmt: skip
