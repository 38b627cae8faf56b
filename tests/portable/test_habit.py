"""A sensor whose readings are all possible, and that does not behave as it did in health."""

import kit
from monitor_streams import Noise

from agent.sense import habit
from agent.sense.channels import GOOD
from agent.sense.findings import CONFIRMED, NONE
from agent.sense.senses import LEARNED
from agent.wire import messages as wire

DAY = 86400
LEARN, TICK_S = 144, 600
FLOW, BREWS, ROOM = range(3)


def product():
    """The kit's beans by weight, a flow that is known after each brew, a counter, a room."""
    made = dict(kit.PRODUCT)
    made["channels"] = [
        {"name": name, "unit": "1", "scale": scale, "low": -100.0, "high": 1000000.0, "period": 600}
        for name, scale in (("flow", 100), ("brews", 1), ("room", 10), ("beans", 1))]
    made["monitors"] = []
    made["consumables"] = [dict(kit.PRODUCT["consumables"][0], channel=3)]
    made["habits"] = [[FLOW, BREWS, LEARN, 0], [BREWS, BREWS, LEARN, 0], [ROOM, ROOM, LEARN, 0],
                      [3, 3, LEARN, 1]]
    return made


class Healthy(kit.Bench):
    """Brews every half hour; `lie` bends what a channel says."""

    def __init__(self):
        kit.Bench.__init__(self, product())
        self.noise = Noise(3)
        self.flow, self.brews, self.beans = 2.2, 500, 900.0
        self.lie = {}
        self.serve(2)  # it takes no mandate before the desk has greeted it
        self.say(wire.MANDATE, {1: kit.mandate()}, 900)
        self.serve()
        assert self.thing.trade.mandate.refusal(self.thing.clock.utc(self.thing.age())) is None

    def tick(self, seconds=TICK_S):
        self.now += seconds
        if self.now // TICK_S % 3 == 0:
            self.brews += 1
            self.flow = 2.2 + 0.05 * self.noise.normal()
            self.beans = self.beans - 3 if self.beans > 800 else 950.0
        room = round(21 + 0.2 * self.noise.normal(), 1)
        weight = round(self.beans + 3 * self.noise.normal())
        for channel, value in enumerate((round(self.flow, 2), self.brews, room, weight)):
            if channel in self.lie:
                value = self.lie[channel](value)
            self.thing.feed_reading(channel, value, GOOD, self.up())
        self.thing.step(self.up())
        return self.desk.read(self.thing)

    def found(self):
        """Return the names of the confirmed findings."""
        return sorted([watch.name for watch in self.thing.senses.open_watches()
                       if watch.finding.state == CONFIRMED])

    def learned(self):
        self.serve(3 * LEARN)
        assert self.found() == []
        return self


def lied(channel, lie, ticks=72):
    thing = Healthy().learned()
    thing.lie = {channel: lie}
    thing.serve(ticks)
    found = thing.found()
    thing.lie = {}
    thing.serve(72)
    assert thing.found() == [], "well again, and still held against it"
    return found


def test_another_unit_shows_though_it_is_in_range():
    assert lied(ROOM, lambda value: value * 1.8 + 32) == ["habit_room"]
    assert lied(ROOM, lambda value: (value - 32) / 1.8) == ["habit_room"]
    assert lied(FLOW, lambda value: value * 1000) == ["habit_flow"]
    assert lied(FLOW, lambda value: value * 0.001) == ["habit_flow"]
    assert lied(ROOM, lambda value: -value) == ["habit_room"]


def test_ten_times_the_noise_shows():
    noise = Noise(9)
    assert lied(ROOM, lambda value: value + 2 * noise.normal()) == ["habit_room"]


def test_what_trembles_in_health_and_stands_still_shows():
    assert lied(ROOM, lambda value: 21.0) == ["habit_room"]


def test_what_moves_only_in_use_is_timed_by_its_witness():
    assert lied(FLOW, lambda value: 2.21, ticks=144) == ["habit_flow"]


def test_nobody_makes_coffee_for_a_week():
    thing = Healthy().learned()
    brews, beans = thing.brews, thing.beans
    flow = round(thing.flow, 2)
    thing.lie = {FLOW: lambda value: flow, BREWS: lambda value: brews,
                 3: lambda value: round(beans + 3 * thing.noise.normal())}
    thing.serve(7 * 144)
    assert thing.found() == []


def test_a_counter_that_falls_shows_and_a_refill_does_not():
    assert lied(BREWS, lambda value: value - 300) == ["habit_brews"]
    thing = Healthy().learned()
    thing.beans = 950.0
    thing.serve(36)


def test_one_odd_reading_is_nothing_two_within_hours_are():
    thing = Healthy().learned()
    for wait, found in ((72, []), (12, []), (6, ["habit_room"])):
        thing.lie = {ROOM: lambda value: 0.0}
        thing.serve(1)
        thing.lie = {}
        thing.serve(wait)
        assert thing.found() == found, wait


def test_what_stays_is_the_new_habit():
    thing = Healthy().learned()
    thing.lie = {ROOM: lambda value: value - 30}
    thing.serve(LEARN - 2)
    assert thing.found() == ["habit_room"]
    thing.serve(LEARN + 72)
    assert thing.found() == []
    thing.lie = {}
    thing.serve(72)
    assert thing.found() == ["habit_room"]


def test_nothing_is_bought_on_a_doubtful_level_and_no_case_is_opened():
    thing = Healthy().learned()
    thing.lie = {3: lambda value: value * 0.035}
    sent = thing.serve(100)
    assert thing.found() == ["habit_beans"]
    assert not kit.of_kind(sent, wire.CASE) + kit.of_kind(sent, wire.RFQ)
    assert thing.thing.trade.shelf.items[0].plausible(thing.thing.age()) == "out of range"
    assert "longest_rest" in thing.thing.feed_line("why habit_beans", thing.up())


def test_what_was_learned_survives_a_restart():
    thing = Healthy().learned()
    journal = thing.thing.journal
    journal.rewrite(thing.thing.age(), thing.thing._dump())
    before = [bytes(one.state) for one in thing.thing.senses.habits]
    thing.boot()
    assert [bytes(one.state) for one in thing.thing.senses.habits] == before
    thing.serve(36)
    assert thing.found() == []
    thing.lie = {ROOM: lambda value: value * 1.8 + 32}
    thing.serve(36)
    assert thing.found() == ["habit_room"]


class Repair:
    """A case that was opened on the room's sensor."""

    @staticmethod
    def holds(watch):
        return watch.name == "sensor_room"


def test_a_sensor_that_was_repaired_is_learned_anew():
    thing = Healthy().learned()
    senses = thing.thing.senses
    senses.renew(Repair, thing.thing.age(), False)
    kept = [record for record in senses.learned() if record[0] == LEARNED]
    assert [not any(record[2]) for record in kept] == [False, False, True, False]
    thing.lie = {ROOM: lambda value: value - 30}  # another sensor, in its place
    thing.serve(2 * LEARN)
    assert thing.found() == []
    assert senses.habits[ROOM].finding.state == NONE


def test_a_product_without_habits_has_none():
    thing = kit.Bench()
    assert not thing.thing.senses.habits
    assert habit.Habit.service is None
