"""A newer product file, and the older one again: what a thing remembers must fit into neither."""

import copy
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("portable")))

import kit

from agent.wire import messages as wire

LINES = ("status", "channels", "read", "consumables", "findings", "needs", "orders", "cases",
         "usage", "ledger verify", "why beans", "why boiler_hot", "privacy")  # fmt: skip


def older() -> dict:
    """The kit's product with a second signal, and monitors that learn on one and on both."""
    product = copy.deepcopy(kit.PRODUCT)
    product["channels"].append({"name": "flow", "unit": "l", "scale": 10, "low": -5.0,
                                "high": 200.0, "period": 600, "evidence": 8})  # fmt: skip
    for name, kind, channels in (("odd_flow", "novelty", [2]), ("both", "joint", [1, 2])):
        product["monitors"].append({
            "name": name, "kind": kind, "channels": channels, "mode": name, "severity": 2,
            "hold": 600, "clear": 600, "service": "repair", "settings": {},
        })  # fmt: skip
    return product


def shift(product: dict) -> None:
    """Put a channel before all others."""
    product["channels"].insert(0, dict(product["channels"][0], name="new"))
    for monitor in product["monitors"]:
        monitor["channels"] = [channel + 1 for channel in monitor["channels"]]
    product["consumables"][0]["channel"] += 1


def lose_channels(product: dict) -> None:
    del product["channels"][1:]
    product["monitors"] = []


def beans(**changes):
    return lambda product: product["consumables"][0].update(changes)


def monitor(index, **changes):
    return lambda product: product["monitors"][index].update(changes)


ITEM = {"sku": "BEAN-9", "name": "New beans", "pack": 500.0, "price_minor": 900}
CHANGES = {
    "nothing is bought any more": lambda product: product.update(consumables=[]),
    "a consumable has another name": beans(name="coffee"),
    "a consumable is of another kind": beans(kind="wear"),
    "a container is larger": beans(capacity=2000.0),
    "another item is bought": beans(items=[ITEM]),
    "a consumable comes before": lambda product: product["consumables"].insert(
        0, dict(product["consumables"][0], name="cups", channel=2)),
    "no monitor is left": lambda product: product.update(monitors=[]),
    "a monitor is of another kind": monitor(0, kind="rate", settings={"rise": 90.0}),
    "a monitor finds another fault": monitor(0, mode="boiler_too_hot"),
    "another monitor finds the fault": monitor(0, name="hot_boiler"),
    "a monitor watches more": monitor(2, channels=[0, 1, 2]),
    "a channel comes before": shift,
    "channels are gone": lose_channels,
    "channels are finer": lambda product: [c.update(scale=100) for c in product["channels"]],
    "less evidence is kept": lambda product: [c.update(evidence=2) for c in product["channels"]],
}  # fmt: skip


class Bench(kit.Bench):
    """A bench of a product whose channels are found by their names."""

    def tick(self, seconds=600):
        self.now += seconds
        values = {"beans_g": self.beans, "flow": 50.0 + self.now // 600 % 7,
                  "boiler_c": self.boiler + 0.1 * (self.now // 600 % 3)}  # fmt: skip
        for index, channel in enumerate(self.product["channels"]):
            value = values.get(channel["name"], 1.0)
            self.thing.feed_reading(index, value, 0, self.up())
        self.thing.step(self.up())
        return self.desk.read(self.thing)


def with_a_case(bench: Bench) -> None:
    bench.boiler = 150.0
    bench.serve(6)


def with_a_delivery(bench: Bench) -> None:
    need = bench.ordered()
    for state in (5, 6, 7):
        bench.say(wire.ORDER_STATUS, {1: need, 2: state}, 910 + state)
        bench.serve()


@pytest.mark.parametrize("reach", (with_a_case, Bench.quoted, with_a_delivery))
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_product_file_may_change_under_a_thing(change, reach):
    bench = Bench(older()).ready()
    reach(bench)
    bench.product = older()
    change(bench.product)
    bench.boot()
    sent = bench.serve(12)
    assert [m for m in sent if m[wire.KIND] == wire.HELLO] and bench.thing.mode == 0
    for line in LINES:
        assert bench.thing.feed_line(line, bench.up())
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    bench.boot()
    bench.serve(6)
    bench.product = older()  # the newer one was left again
    bench.boot()
    bench.serve(12)
    assert bench.thing.journal.rotten == bench.thing.journal.torn == 0
    assert "verified" in bench.thing.feed_line("ledger verify", bench.up())
    assert not [m for m in sent if m[wire.KIND] == wire.DISPUTE], "nobody is to blame"
