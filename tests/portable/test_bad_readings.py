"""Bad readings never become an order: whatever the sensors say, the thing buys nothing for it.

A tank whose beans a counter of brews explains, at two thirds full, read every ten minutes. Each
test has it live healthily for a few days, lets something lie for days, and then looks at all that
left the thing: no request for quotation, no order, and one service case at most.
"""

import sys

import kit
from monitor_streams import Noise

from agent.wire import messages as wire

BREWS = 2
HOUR, DAY = 3600, 86400
NAN, INF = float("nan"), float("inf")
PER_USE = 9.0


def product():
    """The kit's thing with a counter of brews, which is also what turns a contact to and fro."""
    made = dict(kit.PRODUCT)
    made["channels"] = kit.PRODUCT["channels"] + [
        {"name": "brews", "unit": "1", "scale": 1, "low": 0.0, "high": 1000000.0, "period": 600}]
    beans = dict(kit.PRODUCT["consumables"][0], usage=BREWS, per_use=PER_USE,
                 lead_days=0.5)  # so little is wanted that nothing is, until something lies
    grease = {"name": "grease", "unit": "g", "kind": "count", "channel": BREWS, "usage": BREWS,
              "in_place": -1, "capacity": 2000.0, "per_use": 1.0, "low": 0.2, "lead_days": 2.0,
              "spares": 1, "items": [{"sku": "GREASE", "name": "Grease", "pack": 2000.0,
                                      "price_minor": 900}]}
    made["consumables"] = [beans, grease]
    made["monitors"] = kit.PRODUCT["monitors"] + [
        {"name": "leak", "kind": "crosscheck", "channels": [kit.BEANS, BREWS], "mode": "leak",
         "severity": 3, "hold": 1200, "clear": 3600, "service": "repair",
         "settings": {"gain": -PER_USE, "tolerance": 60.0, "share": 0.2, "jump": 150.0}},
        {"name": "beans_stuck", "kind": "stuck", "channels": [kit.BEANS, BREWS],
         "mode": "leak", "severity": 2, "hold": 1200, "clear": 3600, "service": "repair",
         "settings": {"seconds": 7200, "epsilon": 0.5, "moved": 8}}]
    return made


class Kitchen(kit.Bench):
    """A machine that brews twice an hour by day, kept between half and full by a good soul."""

    def __init__(self, lie=None):
        for begin in AFRESH:
            begin()
        kit.Bench.__init__(self, product())
        self.brews = 480
        self.beans = 900.0
        self.noise = Noise(5)
        self.lie = lie or {}
        self.late_s = 0
        self.silent = ()
        self.serve(2)  # it takes no mandate before the desk has greeted it
        self.say(wire.MANDATE, {1: kit.mandate()}, 900)
        self.serve()
        assert self.thing.trade.mandate.refusal(self.thing.clock.utc(self.thing.age())) is None

    def tick(self, seconds=600):
        self.now += seconds
        if 8 <= self.now // HOUR % 24 < 18 and self.now // 600 % 3 == 0:
            self.brews += 1
            self.beans -= PER_USE
        if self.beans < 600:
            self.beans = 950.0
        truth = (self.beans + self.noise.normal(), 92 + self.noise.normal(), self.brews)
        for channel, value in enumerate(truth):
            if channel not in self.silent:
                value = self.lie.get(channel, float)(value)
                at = max(0, self.up() - self.late_s)
                self.thing.feed_reading(channel, value, 0, at)
        self.thing.step(self.up())
        return self.desk.read(self.thing)


def lived(lie, days=3, kitchen=None):
    """Four healthy days, so many with the lie, one without; all that was said since the lie."""
    kitchen = kitchen or Kitchen()
    kitchen.serve(4 * 144)
    kitchen.lie = lie
    sent = kitchen.serve(int(days * 144))
    kitchen.lie = {}
    kitchen.silent = ()
    kitchen.late_s = 0
    return sent + kitchen.serve(144)


def harmless(sent, what=""):
    """Nothing bought and one case at the most; return the modes of the cases.

    A tank read in another unit that stays within its range also leaks, for all that can be seen.
    """
    bought = kit.of_kind(sent, wire.RFQ) + kit.of_kind(sent, wire.ORDER)
    assert not bought, (what, bought)
    cases = {m[wire.BODY][1]: m[wire.BODY][2] for m in kit.of_kind(sent, wire.CASE)}
    assert len(cases) <= (2 if what in ("as Fahrenheit", "as Celsius") else 1), (what, cases)
    return list(cases.values())


AFRESH = []  # what begins each lie anew for a new kitchen: nothing of another test's lasts


def held(value):
    """A sensor that keeps saying what it said first."""
    kept = []
    AFRESH.append(kept.clear)

    def read(now):
        kept.append(now)
        del kept[1:]
        return kept[0] if value is None else value

    return read


def wild(share, seed=3):
    noise = Noise(seed)
    AFRESH.append(lambda: noise.__init__(seed))
    return lambda value: value + share * value * noise.normal()


def now_and_then(lie):
    turns = [0]

    def begin():
        turns[0] = 0

    def read(value):
        turns[0] += 1
        return lie(value) if turns[0] * 7 % 5 < 2 else value

    AFRESH.append(begin)
    return read


def thousandth(value):
    return value * 0.001


def thousandfold(value):
    return value * 1000


def fahrenheit(value):
    return value * 1.8 + 32


def celsius(value):
    return (value - 32) / 1.8


LIES = (
    ("NaN", lambda value: NAN), ("infinity", lambda value: INF), ("-infinity", lambda v: -INF),
    ("high rail", lambda value: 1e6), ("low rail", lambda value: -1e6),
    ("top of the range", lambda value: 1500.0), ("nought", lambda value: 0.0),
    ("frozen", held(None)), ("a thousandfold", thousandfold), ("a thousandth", thousandth),
    ("as Fahrenheit", fahrenheit), ("as Celsius", celsius), ("ounces", lambda v: v * 0.035274),
    ("ten times the noise", wild(0.2)), ("half the noise", wild(0.1)),
    ("nothing", lambda value: None), ("largest float", lambda value: 3e38),
    ("now and then nought", now_and_then(held(0.0))),
    ("now and then a thousandth", now_and_then(thousandth)),
    ("now and then a thousandfold", now_and_then(thousandfold)),
    ("now and then NaN", now_and_then(lambda value: NAN)),
)


# The agent is the same on both runtimes: there every second lie, of each channel other ones.
EVERY = 1 if sys.implementation.name == "cpython" else 2


def lies(first):
    return [LIES[index] for index in range(first, len(LIES), EVERY)]


def test_a_healthy_week_buys_nothing_and_complains_of_nothing():
    kitchen = Kitchen()
    assert harmless(kitchen.serve(7 * 144)) == []
    assert kitchen.thing.trade.shelf.items[0].plausible(kitchen.up()) is None


def test_whatever_the_level_says():
    for name, lie in lies(0):
        harmless(lived({kit.BEANS: lie}), name)


def told(kitchen, name):
    """The owner hears that a level is doubted, and sees on the console why nothing is bought."""
    said = []
    effect = kitchen.thing.take_effect()
    while effect:
        said.append(effect[1])
        effect = kitchen.thing.take_effect()
    line = "level_doubtful: check the sensor of beans_g; if it is right, say: believe beans"
    assert line in said, (name, said)
    doubt = kitchen.thing.trade.shelf.items[0].plausible(kitchen.thing.age())
    for line in ("consumables", "needs", "why beans", "why stock_beans"):
        assert doubt in kitchen.thing.feed_line(line, kitchen.up()), (name, line)


def test_a_level_that_is_doubted_for_a_day_is_a_finding_and_no_case():
    for name in ("ounces", "now and then nought", "nought"):
        kitchen = Kitchen()
        kitchen.serve(4 * 144)
        kitchen.lie = {kit.BEANS: dict(LIES)[name]}
        sent = kitchen.serve(4 * 144)
        found = {m[wire.BODY][1]: m[wire.BODY] for m in kit.of_kind(sent, wire.FINDING)}
        assert found["stock_beans"][2] == "level_doubtful" and found["stock_beans"][4] == 1, name
        told(kitchen, name)
        kitchen.boot()
        kitchen.lie = {}
        kitchen.beans = 950.0
        kitchen.serve(3 * 144)
        assert kitchen.thing.senses.find("stock_beans").finding.state == 0, name


def test_days_that_nobody_watched_do_not_make_a_doubt_a_finding():
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    kitchen.lie = {kit.BEANS: dict(LIES)["nought"]}
    kitchen.serve(3 * 6)
    doubt = kitchen.thing.senses.find("stock_beans").finding
    assert doubt.state == 1
    kitchen.now += 2 * kit.DAY
    kitchen.serve(6)
    assert doubt.state == 1
    kitchen.serve(144)
    assert doubt.state == 2


def test_whatever_the_counter_says():
    for name, lie in lies(EVERY - 1):
        harmless(lived({BREWS: lie}), name)


def test_whatever_the_boiler_says_is_a_matter_of_service():
    for name, lie in lies(0):
        modes = harmless(lived({kit.BOILER: lie}, 1), name)
        assert modes in ([], ["sensor_fault"], ["boiler_overheat"]), (name, modes)


def test_what_cannot_be_read_at_all_is_a_sensor_fault():
    for name in ("NaN", "infinity", "high rail", "low rail", "nothing", "a thousandfold"):
        lie = dict(LIES)[name]
        assert harmless(lived({kit.BEANS: lie}, 1), name) == ["sensor_fault"], name


def test_all_sensors_at_once():
    for name, lie in LIES[:6]:
        lies = {kit.BEANS: lie, kit.BOILER: lie, BREWS: lie}
        harmless(lived(lies, 1), name)


def test_a_machine_well_again_is_believed_again():
    for name in ("NaN", "a thousandfold", "ten times the noise", "now and then NaN"):
        kitchen = Kitchen()
        harmless(lived({kit.BEANS: dict(LIES)[name]}, 1, kitchen), name)
        kitchen.serve(2 * 144)
        assert kitchen.thing.trade.shelf.items[0].plausible(kitchen.up()) is None, name


def test_readings_out_of_order_are_dropped_and_counted():
    kitchen = Kitchen()
    kitchen.serve(144)
    for late in (600, 4000, 90000):
        kitchen.thing.feed_reading(kit.BEANS, 3.0, 0, max(0, kitchen.up() - late))
        harmless(kitchen.serve(20), late)
    signal = kitchen.thing.senses.signals[kit.BEANS]
    assert signal.late == 3 and signal.value > 500


def test_readings_that_come_hours_late_are_harmless():
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    kitchen.late_s = 5 * HOUR
    harmless(kitchen.serve(2 * 144))
    kitchen.late_s = 0
    harmless(kitchen.serve(2 * 144))


def test_a_reading_from_the_future_does_not_deafen_its_channel():
    kitchen = Kitchen()
    kitchen.serve(144)
    kitchen.thing.feed_reading(kit.BEANS, 3.0, 0, kitchen.up() + 40 * DAY)
    harmless(kitchen.serve(144))
    signal = kitchen.thing.senses.signals[kit.BEANS]
    assert signal.at == kitchen.thing.clock.at(kitchen.up()) and signal.value > 500


def test_a_week_without_readings():
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    kitchen.silent = (kit.BEANS, kit.BOILER, BREWS)
    assert harmless(kitchen.serve(7 * 144)) == ["sensor_fault"]
    kitchen.silent = ()
    assert harmless(kitchen.serve(2 * 144)) == []
    assert kitchen.thing.senses.open_watches() == []


UNSETTLED = ("unsettled", "single reading")


def test_a_desk_whose_clock_jumps():
    jumps = (-3 * HOUR, 5 * HOUR, -400 * DAY, 30 * DAY, 3000 * DAY, -9000 * DAY, 0)
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    for skew in jumps:
        for restart in (False, True):
            if restart:
                kitchen.boot()
            kitchen.desk.skew_s = skew
            assert harmless(kitchen.serve(72), skew) == [], skew
            item, ticks = kitchen.thing.trade.shelf.items[0], 0
            while item.plausible(kitchen.thing._at) in UNSETTLED and ticks < 9:
                kitchen.serve()  # it was just filled, on which readings must agree
                ticks += 1
            assert item.plausible(kitchen.thing._at) is None, skew


def test_a_counter_that_begins_again():
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    for left in (0, 7, 480, 0):
        kitchen.brews = left
        harmless(kitchen.serve(144), left)
    grease = kitchen.thing.trade.shelf.items[1]
    assert 1500 < grease.level() < 2000 and grease.plausible(kitchen.up()) is None


def test_a_counter_that_leaps_draws_nothing():
    for lie in (thousandfold, fahrenheit, wild(0.2), now_and_then(thousandth)):
        kitchen = Kitchen()
        kitchen.serve(144)
        kitchen.lie = {BREWS: lie}
        harmless(kitchen.serve(3 * 144))
        assert kitchen.thing.trade.shelf.items[1].level() > 1700


def test_a_container_out_of_its_place():
    kitchen = Kitchen()
    kitchen.serve(4 * 144)
    item = kitchen.thing.trade.shelf.items[0]
    for hours in (1, 5, 30):
        kitchen.lie = {kit.BEANS: held(0.0)}
        item.feed_in_place(False, kitchen.up())
        harmless(kitchen.serve(6 * hours), hours)
        assert item.plausible(kitchen.up()) == "not in place"
        kitchen.lie = {}
        item.feed_in_place(True, kitchen.up())
        harmless(kitchen.serve(144), hours)
        assert item.plausible(kitchen.up()) is None, hours


def test_without_a_counter_a_level_that_is_gone_at_once_is_not_bought_on():
    bench = kit.Bench().ready()
    bench.serve(2 * 144)
    bench.beans = 0.8
    assert harmless(bench.serve(3 * 144)) == []
    assert "contradicts" in bench.thing.trade.shelf.items[0].plausible(bench.up())
    bench.beans = 800.0
    bench.serve(20)
    assert bench.thing.trade.shelf.items[0].plausible(bench.up()) is None
