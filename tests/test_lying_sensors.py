"""Every sensor of every shipped product, and every way in which one lies: at most one service case,
and never an order.

What the sensors say in health is recorded once a product, from its plant; a thing lives through the
first days of it, and every lie begins from what it has learned. A machine that is filled up every
morning needs nothing, so an order would be the lie's.
"""

import json
import math
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import cbor2
import pytest

from agent.wire import messages as wire
from boards.compiler import compile_product
from sim.mpy import runtime
from sim.plants import build
from sim.world.clock import World

sys.path.insert(0, str(Path(__file__).with_name("portable")))

import kit
from lying_things import DAY, HOUR, LIES, Liar, told

TESTS = Path(__file__).parent
PRODUCTS = runtime.ROOT / "boards/products"
LEARNT_S = 9 * DAY  # the pump's `joint` learns for a week, so does what drifts in the machine
LONG = (4 * DAY, 2 * DAY)  # how long a lie lasts, and how long it is looked on after it
SHORT = (30 * HOUR, 14 * HOUR)
FULL = {"beans_g": 1000, "milk_ml": 2000, "water_ml": 5000, "cups": 200, "descaler_pct": 95,
        "customers_per_day": 4}  # fmt: skip
FILLED = ("beans_g", "milk_ml", "water_ml", "cups")


class Freezer:
    """A freezer that defrosts twice a day, its door, and a battery that lasts a year."""

    def __init__(self, world):
        self._world = world
        self._draw = random.Random(world.seed)

    def advance(self, at):
        """Its sensors tell all there is to it."""

    def read(self, signal):
        at, gauss = self._world.now, self._draw.gauss
        if signal == "inside_temp_c":
            frost = 6.0 if at % (12 * HOUR) < 20 * 60 else 0.0
            return round(-18.5 + 1.5 * math.sin(at / 2400 * math.pi) + frost + gauss(0, 0.1), 1)
        if signal == "door_closed":
            return 0.0 if self._draw.random() < 0.01 else 1.0
        if signal == "battery_pct":
            return round(80 - 0.27 * at / DAY + gauss(0, 0.05), 1)
        return round(3.95 - 0.001 * at / DAY + gauss(0, 0.002), 3)


def plant(name, world):
    if name == "freezer_guard":
        return Freezer(world)
    return build(name, world, FULL if name == "coffee_machine" else {})


@cache
def recorded(name, quick):
    """What every sensor of a healthy product says until the longest lie is over.

    quick: what the coffee machine reads every minute is read every five, in a fifth of the time.
    """
    product = cbor2.loads(compile_product(PRODUCTS / f"{name}.toml"))
    channels = product["channels"]
    if quick and name == "coffee_machine":
        for channel in channels:
            scale = 5 if channel["period"] == 60 else 1
            channel["period"] *= scale
            channel["stale"] *= scale
        for habit in product["habits"]:
            habit[2] = 7 * DAY // channels[habit[0]]["period"]
    for consumable in product.get("consumables", ()):
        if consumable["name"] == "milk":  # comes within hours: filled daily, it lasts
            consumable["lead_days"] = 0.2
    rows = [[] for _ in channels]
    world = World(1)
    thing = plant(name, world)
    step = min(channel["period"] for channel in channels)
    for at in range(step, LEARNT_S + 3 * HOUR + sum(LONG), step):
        world.run_until(at)
        thing.advance(at)
        if name == "coffee_machine" and at % DAY == 5 * HOUR:
            for container in FILLED:
                thing.refill(container)
        for index, channel in enumerate(channels):
            if at % channel["period"] == 0:
                rows[index].append(thing.read(channel["name"]))
    return {"product": product, "start": 0, "rows": rows}


@cache
def learnt(name, quick):
    """What a thing remembers after days in health, in which it had nothing to say."""
    liar = Liar(recorded(name, quick), 0)
    sent = liar.live(HOUR)  # it takes no mandate before the desk has greeted it
    liar.say(wire.MANDATE, {1: kit.mandate()}, 900)
    sent += liar.live(LEARNT_S - HOUR)
    assert liar.thing.trade.mandate.refusal(liar.thing.clock.utc(liar.thing.age())) is None
    assert not kit.of_kind(sent, wire.CASE) + kit.of_kind(sent, wire.RFQ)
    return liar.memory()


CHANNELS = [
    (file.stem, index, channel["name"])
    for file in sorted(PRODUCTS.glob("*.toml"))
    for index, channel in enumerate(cbor2.loads(compile_product(file))["channels"])
]
# Each sensor with one lie, all lies in turn; and those that once made several cases or an order.
DAILY = [(*where, LIES[5 * number % len(LIES)]) for number, where in enumerate(CHANNELS)]
ONCE_WRONG = {
    "inlet_pressure_bar": ("nought", "ounces", "now and then nought", "rarely nought"),
    "outlet_pressure_bar": ("bottom of its range", "now and then a thousandth"),
    "boiler_temp_c": ("top of its range", "ten times the noise"),
    "vibration_mm_s": ("ounces",),
    "battery_v": ("ten times the noise",),
    "milk_ml": ("as Celsius",),
}
DAILY += [(*where, lie) for where in CHANNELS for lie in ONCE_WRONG.get(where[2], ())]


def lied(name, index, lie, spans):
    what = name, spans is SHORT
    cases, bought, found = told(recorded(*what), learnt(*what), LEARNT_S, index, lie, *spans)
    assert len(cases) <= 1, cases
    assert not bought
    return cases, found


@pytest.mark.parametrize("name", sorted({where[0] for where in CHANNELS}))
def test_a_healthy_product_has_nothing_to_say(name):
    assert lied(name, None, None, SHORT) == ([], [])


@pytest.mark.parametrize(("name", "index", "channel", "lie"), DAILY)
def test_a_lie_is_one_case_at_most_and_never_an_order(name, index, channel, lie):
    lied(name, index, lie, SHORT)


@pytest.mark.parametrize(
    ("name", "lies"),
    [
        ("water_pump", [(3, "nought"), (4, "now and then nought")]),
        ("coffee_machine", [(0, "frozen")]),
    ],
)
def test_micropython_says_the_same(name, lies, tmp_path):
    whole, (journal, seq) = recorded(name, True), learnt(name, True)
    rest = [values[LEARNT_S // channel["period"]:][:(3 * HOUR + sum(SHORT)) // channel["period"]]
            for channel, values in zip(whole["product"]["channels"], whole["rows"], strict=True)]
    recording = {"product": whole["product"], "start": LEARNT_S, "rows": rest}
    job = {"recording": recording, "journal": [block.hex() for block in journal], "seq": seq,
           "now": LEARNT_S, "lies": lies, "spans": SHORT}  # fmt: skip
    file = tmp_path / "lies.json"
    file.write_text(json.dumps(job), "utf-8")
    done = subprocess.run(
        runtime.command(TESTS / "mpy_lies.py", file, heap="32M"), capture_output=True, text=True,
        timeout=300, check=False, env=runtime.environment(runtime.ROOT, TESTS, TESTS / "portable"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    here = [told(recording, (journal, seq), LEARNT_S, index, lie, *SHORT) for index, lie in lies]
    assert [json.loads(line) for line in done.stdout.splitlines()] == json.loads(json.dumps(here))


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "index", "channel"), CHANNELS)
def test_every_lie_is_one_case_at_most_and_never_an_order(name, index, channel):
    for lie in LIES:
        lied(name, index, lie, LONG)
