"""A year of a coffee machine leaves nothing behind: memory and flash do not grow with time.

A year in virtual time, read every two hours instead of every minute so that it fits a test, with
orders, refills, cases and a sensor that comes and goes. What is learned keeps its size to the
byte, the journal and the outbox stay under their bounds, and the agent holds no more objects after
the year than after two months.
"""

import gc

import pytest

from agent import limits
from sim.desk.models import Order
from sim.world import scenario
from sim.world.clock import DAY
from sim.world.run import Run
from sim.world.thing import LocalThing

PRODUCT = scenario.PRODUCTS / "coffee_machine.toml"
MORE_OBJECTS = 0.1
"""Share of its objects by which an agent may differ between two moments: what is open then."""


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    text = PRODUCT.read_text("utf-8")
    for period in ("60s", "5min", "10min"):
        text = text.replace(f'every = "{period}"', 'every = "2h"')
    file = tmp_path_factory.mktemp("product") / "coffee_machine.toml"
    file.write_text(text, "utf-8")
    events = []
    for month in range(12):
        day = 30 * month
        events += [
            {"at": f"{day + 7}d", "do": "break", "mode": "grinder_jam"},
            {"at": f"{day + 12}d", "do": "break sensor", "signal": "ambient_temp_c",
             "kind": "disconnected"},
            {"at": f"{day + 15}d", "do": "cut network", "lasts": "2d"},
            {"at": f"{day + 20}d", "do": "kill", "off": "10min"},
        ]
    return scenario.parse({
        "title": "A year", "product": str(file), "plant": "coffee_machine", "duration": "364d",
        "plant_settings": {"customers_per_day": 8}, "events": events,
    }, "year.toml")  # fmt: skip


def objects(agent):
    """How many objects the agent holds, its own and those in them; code and classes left out."""
    seen, waiting = set(), [agent]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type) or (callable(one) and not hasattr(one, "step")):
            continue
        seen.add(id(one))
        if type(one).__module__.split(".")[0] in ("agent", "builtins", "array"):
            waiting += gc.get_referents(one)
    return len(seen)


def figures(playing):
    agent = playing.thing.agent
    gc.collect()
    return {
        "monitors": [len(bytes(watch.detector.state)) for watch in agent.senses.watches],
        "stock": [len(item.snapshot()) for item in agent.trade.shelf.items],
        "journal": len(playing.thing.journal()),
        "outbox": agent.outbox.waiting(),
        "objects": objects(agent.senses) + objects(agent.trade.shelf) + objects(agent.trade.orders),
    }


@pytest.mark.nightly
def test_a_year_leaves_nothing_behind(story):
    playing = Run(story, 1)
    assert isinstance(playing.thing, LocalThing)
    months = []
    for month in range(1, 13):
        playing.advance(month * 30 * DAY)
        months.append(figures(playing))
    orders = len(playing.endpoint.rows(Order))
    playing.close()
    assert orders > 50
    second, last = months[1], months[-1]
    assert last["monitors"] == second["monitors"] and last["stock"] == second["stock"]
    for month in months:
        assert month["journal"] <= limits.JOURNAL_BYTES + limits.TRANSACTION_BYTES
        assert month["outbox"] < 40
        assert abs(month["objects"] - second["objects"]) <= MORE_OBJECTS * second["objects"]


@pytest.mark.nightly
def test_the_heap_of_two_months_is_flat_on_micropython(story):
    playing = Run(story, 1, runtime="micropython")
    used = []
    for day in range(3, 64, 3):
        playing.advance(day * DAY)
        # This thing's flash is in its memory, too, and fills and empties with the journal.
        used.append(playing.thing.heap[0] - len(playing.thing.journal()))
    playing.close()
    early, late = used[4:9], used[-5:]
    assert sorted(late)[2] <= 1.05 * sorted(early)[2], used
