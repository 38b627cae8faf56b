"""Installed, repaired, refilled: the step itself is no finding, and what comes after it is seen."""

import kit
from monitor_streams import Noise

from agent.sense.findings import CONFIRMED
from agent.service import cases as services
from agent.wire import messages as wire

TICK_S, HOURS, DAYS = 600, 6, 144
HEAT, BREWS = 1, 2
WEEK = 7 * DAYS


def product():
    """Beans with a counter and a leak watched between them, a heating that scale makes longer."""
    made = dict(kit.PRODUCT)
    made["channels"] = kit.PRODUCT["channels"][:1] + [
        {"name": "heat_up_s", "unit": "s", "scale": 10, "low": 0.0, "high": 600.0, "period": 600},
        {"name": "brews", "unit": "1", "scale": 1, "low": 0.0, "high": 1000000.0, "period": 600}]
    made["consumables"] = [dict(kit.PRODUCT["consumables"][0], usage=BREWS, per_use=9.0)]
    made["monitors"] = [
        {"name": "scaling", "kind": "drift", "channels": [HEAT], "mode": "scaling", "severity": 2,
         "hold": 7200, "clear": 14400, "service": "repair",
         "settings": {"block": 7200, "learn": 24, "direction": 1, "floor": 0.3, "slack": 2.0}},
        {"name": "spill", "kind": "crosscheck", "channels": [kit.BEANS, BREWS], "mode": "spill",
         "severity": 2, "hold": 1200, "clear": 7200, "service": "repair",
         "settings": {"gain": -9.0, "tolerance": 80.0, "share": 0.35, "jump": 150.0}}]
    made["habits"] = [[HEAT, HEAT, 3 * DAYS, 0], [kit.BEANS, kit.BEANS, 3 * DAYS, 2],
                      [BREWS, BREWS, 3 * DAYS, 0]]
    return made


class Machine(kit.Bench):
    """Makes a coffee every hour; somebody fills it by hand, without an order."""

    def __init__(self, heat=24.0):
        kit.Bench.__init__(self, product())
        self.noise = Noise(11)
        self.heat = self.aim = heat  # a fault comes on within hours, a repair at once
        self.brews, self.beans = 0, 950.0
        self.lost = 0.0

    def tick(self, seconds=TICK_S):
        self.now += seconds
        if self.now // TICK_S % 6 == 0:
            self.brews += 1
            self.beans -= 9
        self.beans = max(0.0, self.beans - self.lost)
        self.heat = min(self.aim, self.heat + 0.2)
        if self.beans < 400 and not self.lost:
            self.beans = 950.0
        for channel, value in enumerate((round(self.beans + 2 * self.noise.normal()),
                                         round(self.heat + 0.5 * self.noise.normal(), 1),
                                         self.brews)):
            self.thing.feed_reading(channel, value, 0, self.up())
        self.thing.step(self.up())
        return self.desk.read(self.thing)

    def found(self):
        return sorted([watch.name for watch in self.thing.senses.open_watches()
                       if watch.finding.state == CONFIRMED])

    def lived(self, ticks):
        """Let time pass; return the modes of the findings that were told, and events of cases."""
        sent = self.serve(ticks)
        self.case = ([m[wire.BODY][1] for m in kit.of_kind(sent, wire.CASE)] + [None])[0]
        return ([m[wire.BODY][1] for m in kit.of_kind(sent, wire.FINDING)],
                [m[wire.BODY][2] for m in kit.of_kind(sent, wire.CASE_EVENT)])

    def seen_done(self, case):
        self.say(wire.CASE_STATUS, {1: case, 2: services.DONE})


def test_what_is_installed_learns_what_is_normal_there():
    """Hard water or a weak mains: another machine's normal would be a fault here."""
    for heat in (24.0, 45.0):
        machine = Machine(heat)
        assert machine.lived(WEEK) == ([], [])
        machine.aim += 4.0
        assert machine.lived(3 * DAYS)[0] == ["scaling"], heat


def test_a_repair_is_no_finding_and_the_fault_is_seen_again():
    machine = Machine()
    machine.lived(WEEK)
    machine.aim = 30.0
    assert machine.lived(2 * DAYS)[0] == ["scaling"]
    case = machine.case
    machine.heat = machine.aim = 23.0  # cleaner than it came
    machine.seen_done(case)
    assert machine.lived(WEEK) == (["scaling"], [services.RECOVERED])  # that it is gone
    assert machine.found() == []
    machine.aim = 30.0
    assert machine.lived(2 * DAYS)[0] == ["scaling"]


def test_a_part_of_another_kind_is_learned_when_service_insists():
    machine = Machine()
    machine.lived(WEEK)
    machine.aim = 34.0
    machine.lived(2 * DAYS)
    case = machine.case
    machine.heat = machine.aim = 30.0  # a weaker element, and that is how it is to be
    machine.seen_done(case)
    assert machine.lived(3 * DAYS)[1] == [services.CAME_BACK]
    machine.seen_done(case)
    assert machine.lived(WEEK) == (["scaling"], [services.RECOVERED])
    assert machine.found() == []
    machine.aim = 36.0
    assert machine.lived(2 * DAYS)[0] == ["scaling"]


def test_a_refill_by_hand_is_no_finding_and_a_spill_after_it_is_seen():
    machine = Machine()
    assert machine.lived(2 * WEEK) == ([], [])  # five refills
    machine.beans = 420.0
    machine.lived(HOURS)
    machine.beans = 950.0
    assert machine.lived(12 * HOURS) == ([], [])
    assert abs(machine.thing.trade.shelf.items[0].level() - machine.beans) < 30
    machine.lost = 12.0
    assert machine.lived(9 * HOURS)[0] == ["spill"]


def test_a_refill_of_which_the_console_is_told():
    machine = Machine()
    machine.lived(WEEK)
    rate = machine.thing.trade.shelf.items[0].rate_per_day()
    machine.beans = 950.0
    assert "full" in machine.thing.feed_line("refill beans", machine.up())
    assert machine.lived(2 * DAYS) == ([], [])
    item = machine.thing.trade.shelf.items[0]
    assert item.plausible(machine.thing.age()) is None
    assert abs(item.rate_per_day() - rate) < 0.1 * rate  # the refill was no use, and undid none
