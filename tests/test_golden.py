"""The golden rule of the simulator: the same seed gives the same bytes, whatever runs the agent.

A day and a half with orders, the dearer of which are approved through the desk, a lossy network, a
power cut in the middle of a flash operation and a broken grinder: every outgoing message and the
whole journal must agree to the last bit.
"""

import pytest

from sim.world import scenario
from sim.world.run import run

TEXT = {
    "title": "A day and a half with everything in it",
    "product": "coffee_machine",
    "plant": "coffee_machine",
    "duration": "36h",
    "network": {"loss": 0.05, "duplication": 0.05, "reordering": 0.05, "corruption": 0.02},
    "people": {"answers": "desk", "approves_after": ["10min", "1h"]},
    "mandate": {"approval": "ask above", "ask_above": 300},
    "sellers": [{"name": "corner", "travels": ["2h", "4h"], "ships_after": ["10min", "1h"]}],
    "events": [
        {"at": "10h", "do": "cut power", "operations": 3},
        {"at": "11h", "do": "break", "mode": "grinder_jam"},
        {"at": "12h", "do": "cut network", "lasts": "2h"},
        {"at": "13h", "do": "type", "line": "status"},
        {"at": "20h", "do": "kill", "off": "5min"},
        {"at": "30h", "do": "replay", "frames": 10},
    ],
}
EXERCISED = ("I1", "I2", "I3", "I4", "I5", "I6", "I7")


@pytest.fixture(scope="module")
def golden():
    return scenario.parse(TEXT, "golden.toml")


@pytest.fixture(scope="module")
def first(golden):
    return run(golden, seed=7)


def test_everything_is_exercised_and_holds(first):
    assert {name: first.invariants[name]["state"] for name in EXERCISED} == dict.fromkeys(
        EXERCISED, "held"
    )
    assert first.figures["boots"] == 3
    assert first.orders and first.cases


def test_the_same_seed_gives_the_same_bytes(golden, first):
    assert run(golden, seed=7).digest == first.digest


def test_another_seed_gives_others(golden, first):
    assert run(golden, seed=8).digest != first.digest


def test_micropython_gives_the_same_bytes(golden, first):
    other = run(golden, seed=7, runtime="micropython")
    assert other.figures["messages_up"] == first.figures["messages_up"]
    assert other.figures["flash"] == first.figures["flash"]
    assert other.digest == first.digest


@pytest.mark.nightly
def test_a_month_is_the_same_on_both_runtimes():
    month = scenario.load("coffee_machine")
    digests = {run(month, runtime=runtime).digest for runtime in ("cpython", "micropython")}
    assert len(digests) == 1
