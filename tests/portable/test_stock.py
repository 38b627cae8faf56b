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
    machine.run(4.4)
    assert abs(machine.stock.rate_per_day() - 216) < 5
    low, mid, high = machine.stock.days_left(machine.at)
    asked = machine.at
    while machine.level >= 9:
        machine.run(1 / 144)
    assert low < mid < high
    assert low < (machine.at - asked) / DAY < high


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
    assert quantity == 2000.0 and ("in_transit", 0.0) in reason
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


def test_half_a_pack_is_a_refill_of_half_a_pack():
    machine = Machine()
    machine.run(3.5)
    machine.level += 300
    machine.run(0.1)
    assert [event[0] for event in machine.events] == ["refilled"]
    assert abs(machine.events[0][1] - 300) < 20


def test_a_week_without_power_teaches_nothing():
    machine = Machine()
    machine.run(3.5)
    rate = machine.stock.rate_per_day()
    machine.at += 7 * DAY
    assert machine.stock.plausible(machine.at) == "old reading"
    machine.run(0.2)
    assert machine.stock.rate_per_day() == rate and machine.stock.plausible(machine.at) is None


def test_a_unit_mix_up_that_stays_is_never_bought_on():
    machine = Machine()
    machine.run(2)
    for _ in range(10 * 144):
        if machine.at % 7200 == 0:
            machine.brews += 1
        machine.read(machine.level / 1000)
        assert machine.stock.need(machine.at) is None


def test_a_frozen_reading_is_not_bought_on():
    machine = Machine()
    machine.run(3.9)
    level = machine.level
    for _ in range(3 * 144):
        machine.read(level, count=False)
    assert machine.stock.plausible(machine.at) == "frozen"
    assert machine.stock.need(machine.at) is None


def test_the_contact_stops_everything_until_the_level_is_settled_again():
    machine = Machine()
    machine.run(1)
    stock = machine.stock
    before = stock.level()
    stock.feed_in_place(False, machine.at)
    machine.read(0.0)
    assert stock.plausible(machine.at) == "not in place" and stock.level() == before
    stock.feed_in_place(True, machine.at)
    machine.level = 1000.0
    for _ in range(7):
        machine.read()
    assert [event[0] for event in machine.events] == ["removed", "replaced"]
    assert abs(machine.events[1][1] - (1000.0 - before)) < 1
    assert stock.plausible(machine.at) is None


def test_a_sensor_that_drifts_up_never_makes_a_negative_rate():
    machine = Machine()
    for _ in range(5 * 144):
        machine.level += 0.05
        machine.read(count=False)
    assert machine.stock.rate_per_day() == 0.0 and machine.events == []
    assert machine.stock.days_left(machine.at)[1] == 3650.0
    assert machine.stock.need(machine.at) is None


def test_an_office_week_is_learned_once_it_has_proved_itself():
    machine = Machine(capacity=10000.0)
    machine.level = 9000.0
    for day in range(63):
        if day % 7 < 5:
            machine.run(1)
        else:
            for _ in range(144):
                machine.read()
        if machine.level < 2000:
            machine.level += 7000
    low, mid, high = machine.stock.days_left(machine.at)
    demand = machine.stock.demand
    assert demand.weekday(5) < 0.2 < 1.2 < demand.weekday(1)
    weeks = machine.level / (5 * 216) * 7
    assert low < weeks < high and abs(mid - weeks) < 0.35 * weeks


def test_a_rare_part_is_known_by_odds_and_size():
    stock = Consumable({"name": "filter", "kind": "count", "capacity": 100.0, "per_use": 5.0})
    for day in range(70):
        stock.feed_usage(day // 7, day * DAY)
        stock.feed_usage(day // 7, day * DAY + DAY // 2)
    assert abs(stock.rate_per_day() - 5 / 7) < 0.2


def test_lead_times_are_learned_from_deliveries():
    machine = Machine()
    machine.run(4)
    first = dict(machine.stock.need(machine.at)[1])
    for _ in range(8):
        machine.stock.delivered(0.0, 6 * DAY)
    then = dict(machine.stock.need(machine.at)[1])
    assert first["lead_days"] == 2.0 and then["lead_days"] > 4
    assert then["reorder_point"] > first["reorder_point"]


def test_a_counter_of_broken_hours_does_not_seem_to_begin_again():
    thing = Consumable({"name": "grease", "unit": "h", "kind": "count", "capacity": 2000.0,
                        "per_use": 1.0, "items": [{"sku": "g", "pack": 2000.0}]})
    hours = 1200.4
    for step in range(2000):
        thing.feed_usage(hours, 600 * step)
        if step % 6 == 0:
            hours += 0.1
    assert thing.level() > 1900
