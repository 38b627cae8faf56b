"""What a story can make happen reaches plant, desk and sellers; what it cannot is told at once."""

import pytest

from sim.plants import UnknownName
from sim.world import scenario
from sim.world.clock import HOUR
from sim.world.run import Run

STORY = {"title": "t", "product": "freezer_guard", "plant": "freezer_guard", "duration": "12h",
         "plant_settings": {"battery_pct": 20.0}}  # fmt: skip


def told(*events):
    return scenario.parse(STORY | {"events": list(events)}, "story.toml")


@pytest.mark.parametrize(("event", "words"), [
    ({"do": "break", "mode": "door_ayar"}, 'failure mode for "break" \'door_ayar\'.*door_ajar'),
    ({"do": "mend", "mode": "leak"}, "'leak'"),
    ({"do": "break sensor", "signal": "outside_temp_c", "kind": "noise"}, "'outside_temp_c'"),
    ({"do": "swap sensor", "signal": "door"}, "'door'.*door_closed"),
    ({"do": "empty", "consumable": "pack"}, "'pack'.*battery_pct"),
    ({"do": "set", "setting": "room", "value": 1}, "'room'.*room_c"),
])  # fmt: skip
def test_what_the_plant_does_not_have_is_told_before_the_story_begins(event, words):
    with pytest.raises(UnknownName, match=words):
        Run(told({"at": "11h"} | event))


def test_a_seller_that_is_not_there_has_no_prices():
    with pytest.raises(ValueError, match="no seller 'shop'"):
        told({"at": "1h", "do": "prices", "seller": "shop", "percent": 200, "lasts": "1h"})


def test_a_silent_desk_hears_nothing_and_what_waited_comes_after_it():
    events = [{"at": "1min", "do": "silence desk", "lasts": "6h"},
              {"at": "2h", "do": "prices", "seller": "corner", "percent": 200, "lasts": "8h"},
              {"at": "3h", "do": "set", "setting": "room_c", "value": 30.0},
              {"at": "4h", "do": "swap sensor", "signal": "battery_v", "more": 0.5}]  # fmt: skip
    run = Run(told(*events))
    try:
        run.advance(1 * HOUR)
        heard, volts = len(run.observer.frames["down"]), run.plant.read("battery_v")
        run.advance(6 * HOUR)
        assert run.network.up(run.name) and not run.observer.orders
        assert len(run.observer.frames["down"]) == heard
        run.advance(9 * HOUR)
        assert len(run.observer.frames["down"]) > heard
        ((_, order),) = run.observer.orders.values()
        assert order["total_minor"] == (1290 * 2 + 390) * 119 // 100
        assert run.plant.settings["room_c"] == 30.0
        assert run.plant.read("battery_v") == pytest.approx(volts + 0.5, abs=0.05)
        assert not run.observer.crashes
    finally:
        run.close()


def test_a_new_pack_leaves_the_box_without_power_for_a_moment():
    run = Run(told({"at": "2h", "do": "refill", "consumable": "battery_pct"}))
    try:
        run.advance(3 * HOUR)
        assert run.thing.alive and run.thing.boots == 2
        assert run.plant.levels["battery_pct"] > 99.9
        run.plant.levels["battery_pct"] = 0.01
        run.advance(6 * HOUR)
        assert not run.thing.alive
        run.plant.refill("battery_pct")
        run.advance(7 * HOUR)
        assert run.thing.alive
    finally:
        run.close()
