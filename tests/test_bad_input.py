"""A coffee machine whose sensors lie for days buys nothing for it and asks for service once.

The machine is kept full by hand, so no order is right while a sensor lies; the service department
is slow, so one case must do. tests/portable/test_bad_readings.py has the same on both runtimes with
a small thing; here it is the shipped product, its real monitors and a real desk.
"""

import math
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.desk.models import Case, Order
from sim.world import scenario
from sim.world.clock import DAY
from sim.world.run import Run

sys.path.insert(0, str(Path(__file__).with_name("portable")))

import kit
import test_bad_readings as bad

PRODUCT = scenario.PRODUCTS / "coffee_machine.toml"
FULL = {"beans_g": 1000, "milk_ml": 2000, "water_ml": 5000, "cups": 200, "descaler_pct": 95}
KEPT_FULL = ("beans_g", "milk_ml", "water_ml", "cups")


def noisy(value, draw):
    return value + draw.gauss(0.0, max(abs(value) * 0.2, 0.2))


LIES = {
    "NaN": lambda value, draw: math.nan,
    "infinity": lambda value, draw: math.inf,
    "minus infinity": lambda value, draw: -math.inf,
    "high rail": lambda value, draw: 1e6,
    "low rail": lambda value, draw: -1e6,
    "nought": lambda value, draw: 0.0,
    "a thousandfold": lambda value, draw: value * 1000,
    "a thousandth": lambda value, draw: value * 0.001,
    "as Fahrenheit": lambda value, draw: value * 1.8 + 32,
    "as Celsius": lambda value, draw: (value - 32) / 1.8,
    "ounces": lambda value, draw: value * 0.035274,
    "ten times the noise": noisy,
    "nothing": lambda value, draw: None,
    "loose": lambda value, draw: math.nan if draw.random() < 0.5 else value,
    "now and then a thousandfold": lambda v, draw: v * 1000 if draw.random() < 0.5 else v,
    "now and then a thousandth": lambda v, draw: v * 0.001 if draw.random() < 0.5 else v,
    "now and then nought": lambda v, draw: 0.0 if draw.random() < 0.5 else v,
    "frozen": None,
}
SIGNALS = ("beans_g", "water_ml", "brews", "boiler_temp_c", "milk_ml", "water_in_place", "cups",
           "pump_pressure_bar", "descaler_pct", "heat_up_s", "grinder_current_a")


class Liar:
    """A plant of which one signal lies from one second to another."""

    def __init__(self, plant, world, signal, lie, span):
        self._plant = plant
        self._world = world
        self._signal = signal
        self._lie = lie
        self._span = span
        self._held = None
        self._draw = world.stream("liar")

    def __getattr__(self, name):
        return getattr(self._plant, name)

    def read(self, signal):
        value = self._plant.read(signal)
        first, last = self._span
        if signal != self._signal or value is None or not first <= self._world.now < last:
            return value
        if self._lie is None:
            self._held = value if self._held is None else self._held
            return self._held
        return self._lie(value, self._draw)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The shipped product, read every five minutes instead of every one: a month in seconds."""
    text = PRODUCT.read_text("utf-8")
    assert text.count('every = "60s"') > 5
    file = tmp_path_factory.mktemp("product") / "coffee_machine.toml"
    file.write_text(text.replace('every = "60s"', 'every = "5min"'), "utf-8")
    return str(file)


def kept_full(product, days, events=()):
    """A scenario in which somebody fills everything up every morning."""
    filled = [{"at": f"{day}d 5h", "do": "refill", "consumable": name}
              for day in range(days) for name in KEPT_FULL]
    return scenario.parse({
        "title": "kept full", "product": product, "plant": "coffee_machine",
        "duration": f"{days}d", "plant_settings": {**FULL, "customers_per_day": 3},
        "events": [*filled, *events], "service": {"works_after": ["60d", "61d"]},
    }, "bad.toml")  # fmt: skip


def play(story, seed, signal=None, lie=None, span=(0, 0)):
    """(orders from the span's start to a day after it, cases, crashes) of a run."""
    playing = Run(story, seed)
    if signal:
        playing.site.plant = Liar(playing.plant, playing.world, signal, lie, span)
    playing.advance(story.duration)
    start = playing.world.start_unix
    orders = [order.sku for order in playing.endpoint.rows(Order)
              if span[0] <= order.placed_at - start < span[1] + DAY]
    cases = [case.mode for case in playing.endpoint.rows(Case)]
    crashes = list(playing.observer.crashes)
    playing.close()
    return orders, cases, crashes


def lying(product, signal, name, seed, days=14, span=(5, 9)):
    span = (span[0] * DAY, span[1] * DAY)
    orders, cases, crashes = play(kept_full(product, days), seed, signal, LIES[name], span)
    assert not crashes
    assert not orders, (signal, name, seed)
    assert len(cases) <= 1, (signal, name, seed, cases)
    return cases


def test_a_machine_kept_full_has_nothing_to_say(quick):
    for seed in (1, 2):
        assert play(kept_full(quick, 14), seed, span=(5 * DAY, 14 * DAY)) == ([], [], [])


@pytest.mark.parametrize("number", range(len(LIES)), ids=list(LIES))
def test_a_sensor_that_lies_for_days_buys_nothing(quick, number):
    """Every lie on one of the signals; the nightly test has all of them on all."""
    lying(quick, SIGNALS[number % 7], list(LIES)[number], seed=1 + number % 3)


@pytest.mark.parametrize("signal", ["beans_g", "brews", "water_ml"])
def test_noise_and_another_unit_buy_nothing(quick, signal):
    for name in ("ten times the noise", "ounces"):
        lying(quick, signal, name, seed=3)


def test_a_disconnected_sensor_is_a_case(quick):
    assert lying(quick, "milk_ml", "NaN", 1) == ["sensor_fault"]


def test_a_week_of_silence_is_one_case(quick):
    assert lying(quick, "beans_g", "nothing", 1, days=16, span=(5, 12)) == ["sensor_fault"]


def test_a_desk_with_a_wrong_clock_makes_nobody_buy(quick):
    jumps = (("5d", 7_200), ("6d", -90_000), ("7d", 3 * 365 * 86_400), ("9d", -8 * 365 * 86_400))
    events = [{"at": at, "do": "clock jump", "seconds": seconds} for at, seconds in jumps]
    events += [{"at": f"{at} 6h", "do": "kill", "off": "1h"} for at, _ in jumps]
    orders, cases, crashes = play(kept_full(quick, 14, events), 1, span=(5 * DAY, 14 * DAY))
    assert (orders, cases, crashes) == ([], [], [])


def test_a_frozen_sensor_of_the_pump_is_a_sensor_fault_and_no_wear():
    story = scenario.parse({
        "title": "frozen", "product": "water_pump", "plant": "water_pump", "duration": "1d 12h",
        "service": {"works_after": ["60d", "61d"]},
    }, "frozen.toml")  # fmt: skip
    found = play(story, 1, "outlet_pressure_bar", LIES["frozen"], (DAY // 2, DAY))
    assert found == ([], ["sensor_fault"], [])


@pytest.mark.nightly
@pytest.mark.parametrize("signal", SIGNALS)
def test_every_lie_of_every_sensor_through_a_month(signal):
    for name in LIES:
        for seed in (1, 2, 3):
            lying(str(PRODUCT), signal, name, seed, days=30, span=(10, 17))


MIXES = st.lists(
    st.tuples(st.sampled_from([kit.BEANS, kit.BOILER, bad.BREWS]),
              st.sampled_from([name for name, _ in bad.LIES]), st.integers(1, 100)),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(MIXES)
def test_lies_one_after_the_other_buy_nothing(mix):
    lies = {**dict(bad.LIES), "frozen": bad.held(None)}  # at what this kitchen says first
    kitchen = bad.Kitchen()
    kitchen.serve(4 * 144)
    sent = []
    for channel, name, readings in mix:
        kitchen.lie = {channel: lies[name]}
        sent += kitchen.serve(readings)
    kitchen.lie = {}
    sent += kitchen.serve(144)
    assert not kit.of_kind(sent, kit.wire.RFQ)


def frozen_for(hours, phase=0, blind=0):
    """A kitchen whose beans stood still so long, and were not read at all before; what it sent."""
    kitchen = bad.Kitchen()
    kitchen.serve(4 * 144 + phase * 6)
    kitchen.lie = {kit.BEANS: dict(bad.LIES)["NaN"]}
    sent = kitchen.serve(blind * 6)
    kitchen.lie = {kit.BEANS: bad.held(None)}
    sent += kitchen.serve(hours * 6)
    kitchen.lie = {}
    return kitchen, sent


@pytest.mark.parametrize(("hours", "phase", "blind"), [(34, 0, 0), (33, 9, 5), (120, 15, 0)])
def test_a_level_that_stood_still_buys_nothing_when_it_is_true_again(hours, phase, blind):
    kitchen, sent = frozen_for(hours, phase, blind)
    sent += kitchen.serve(3 * 144)
    assert not kit.of_kind(sent, kit.wire.RFQ)


@pytest.mark.nightly
@pytest.mark.parametrize("hours", [10, 16, 24, 33, 48, 72, 120])
def test_a_level_that_stood_still_for_any_time_from_any_hour_buys_nothing(hours):
    for phase in (0, 5, 10, 13, 17, 20):
        for blind in (0, 5):
            kitchen, sent = frozen_for(hours, phase, blind)
            sent += kitchen.serve(3 * 144)
            assert not kit.of_kind(sent, kit.wire.RFQ), (phase, blind)



VALUES = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 1e6, -1e6, 0.8, 800000.0]))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 2), VALUES, st.integers(0, 4),
                          st.integers(-10**6, 10**6)), max_size=60))  # fmt: skip
def test_single_readings_of_anything_at_any_time_buy_nothing(readings):
    kitchen = bad.Kitchen()
    kitchen.serve(2 * 144)
    sent = []
    for channel, value, quality, shift in readings:
        kitchen.thing.feed_reading(channel, value, quality, max(0, kitchen.up() + shift))
        sent += kitchen.serve()
    sent += kitchen.serve(144)
    assert not kit.of_kind(sent, kit.wire.RFQ)
    assert kitchen.thing.trade.shelf.items[0].plausible(kitchen.up()) is None
