"""Consumables: what counts as a refill, a removal or a need, on both runtimes."""

from agent.stock.consumables import Consumable

DAY = 86400
BEANS = {"name": "beans", "unit": "g", "kind": "level", "capacity": 1000.0, "per_use": 9.0,
         "low": 0.2, "lead_days": 2, "spares": 1, "items": [{"sku": "a", "pack": 1000.0}]}


class Machine:
    """A machine that brews every half hour from 8 to 20 and is read every ten minutes."""

    def __init__(self, **changes):
        spec = dict(BEANS)
        spec.update(changes)
        self.stock = Consumable(spec)
        self.level = 1000.0
        self.brews = 0
        self.at = 0
        self.events = []

    def read(self, level=None, count=True):
        self.stock.feed_level(self.level if level is None else level, self.at)
        if count:
            self.stock.feed_usage(self.brews, self.at)
        self.stock.step(self.at)
        event = self.stock.take_event()
        if event:
            self.events.append(event)
        self.at += 600

    def run(self, days):
        for _ in range(int(days * 144)):
            if 8 <= self.at // 3600 % 24 < 20 and self.at % 1800 == 0 and self.level >= 9:
                self.level -= 9
                self.brews += 1
            self.read()


def test_the_rate_is_learned_and_the_band_holds_the_truth():
    machine = Machine()
    machine.run(4.5)
    assert abs(machine.stock.rate_per_day() - 216) < 5
    low, mid, high = machine.stock.days_left(machine.at)
    assert low < mid < high
    assert low < machine.level / 216 < high


def test_nothing_is_known_before_it_is_learned():
    stock = Consumable(BEANS)
    assert stock.level() is None and stock.rate_per_day() is None
    assert stock.days_left(0) is None and stock.need(0) is None
    assert stock.plausible(0) == "single reading"


def test_a_refill_counts_once_confirmed():
    machine = Machine()
    machine.run(3.5)
    before = machine.stock.level()
    machine.level = 1000.0
    machine.read()
    assert machine.events == [] and machine.stock.plausible(machine.at)
    machine.read()
    machine.read()
    kind, amount, _ = machine.events[0]
    assert kind == "refilled" and abs(amount - (1000 - before)) < 20
    assert abs(machine.stock.rate_per_day() - 216) < 5


def test_a_need_is_met_by_what_is_in_transit():
    machine = Machine()
    machine.run(4)
    quantity, reason = machine.stock.need(machine.at)
    assert quantity == 1000.0 and ("in_transit", 0.0) in reason
    assert machine.stock.need(machine.at, in_transit=quantity) is None
    machine.stock.delivered(quantity, 2 * DAY)
    assert machine.stock.need(machine.at) is None


def test_taken_out_for_a_minute_is_no_need_and_no_refill():
    machine = Machine()
    machine.run(1)
    level = machine.level
    for _ in range(6):
        machine.read(0.0)
        assert machine.stock.need(machine.at) is None
    for _ in range(6):
        machine.read(level)
    assert [event[0] for event in machine.events] == ["removed"]
    assert abs(machine.stock.level() - level) < 10


def test_unit_mix_ups_and_spikes_change_nothing():
    machine = Machine()
    machine.run(1)
    level = machine.stock.level()
    for wrong in (level * 1000, -500.0, float("nan"), float("inf"), 0.0, level * 1000):
        machine.read(wrong, count=False)
        assert machine.stock.need(machine.at) is None
    assert machine.stock.level() == level and machine.events == []


def test_a_level_that_the_usage_count_contradicts_is_not_bought_on():
    machine = Machine()
    machine.run(1)
    for _ in range(100):
        machine.level -= 5
        machine.read()
    assert machine.stock.plausible(machine.at) == "level contradicts usage"
    assert machine.stock.need(machine.at) is None


def test_a_counted_container_is_filled_by_word_or_by_a_swap():
    stock = Consumable(dict(BEANS, kind="count", capacity=100.0, per_use=1.0))
    for total in range(80):
        stock.feed_usage(total, total * 4000)
    assert stock.level() == 21.0
    assert stock.need(80 * 4000)[0] == 1000.0
    stock.feed_in_place(False, 320001)
    assert stock.plausible(320001) == "not in place"
    stock.feed_in_place(True, 320060)
    assert stock.take_event() == ("refilled", 79.0, 320060)


def test_a_counter_that_restarts_goes_on_from_there():
    stock = Consumable(dict(BEANS, kind="count", capacity=100.0, per_use=1.0))
    stock.feed_usage(5000000, 0)
    stock.feed_usage(5000010, 600)
    stock.feed_usage(3, 1200)
    assert stock.level() == 87.0


def test_a_snapshot_is_transparent():
    one, two = Machine(), Machine()
    one.run(2)
    two.run(1)
    other = Consumable(BEANS)
    assert other.restore(two.stock.snapshot())
    two.stock = other
    two.run(1)
    assert one.stock.snapshot() == two.stock.snapshot()
    assert not other.restore(b"short")
