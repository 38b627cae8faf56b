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

    def run(self, days, said=None):
        """Let days pass, in which the sensor says `said` instead of the truth if that is given."""
        for _ in range(int(days * 144)):
            if 8 <= self.at // 3600 % 24 < 20 and self.at % 1800 == 0 and self.level >= 9:
                self.level -= 9
                self.brews += 1
            self.read(said)


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


def test_what_is_to_be_left_when_the_goods_come_is_ordered_for():
    points = []
    for keep in (0.0, 120.0):
        machine = Machine(keep=keep)
        machine.run(3)
        while machine.stock.need(machine.at) is None:
            machine.run(1 / 144)
        points.append(dict(machine.stock.need(machine.at)[1])["reorder_point"])
    assert 110 < points[1] - points[0] < 130


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
    assert abs(machine.stock.rate_per_day() / rate - 1) < 0.02
    assert machine.stock.plausible(machine.at) is None


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
    machine.run(5)
    for _ in range(130):  # a Saturday of which nobody expects anything
        machine.read()
    assert abs(machine.stock.rate_per_day() / (5 * 216 / 7) - 1) < 0.2


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


def test_a_counter_that_leaps_or_goes_to_and_fro_draws_nothing():
    grease = Consumable(dict(BEANS, kind="count", capacity=2000.0, per_use=1.0))
    totals = [500, 501, 501000, 502, 503, 0.503, 504] + [400, 620, 380, 650, 500] * 20
    for step, total in enumerate(totals):
        grease.feed_usage(total, step * 600)
    assert grease.level() > 1990
    assert grease.plausible(step * 600) == "counter leaps"
    for total in range(505, 520):
        step += 1
        grease.feed_usage(total, step * 600)
    assert grease.level() > 1980 and grease.plausible(step * 600) is None


def test_a_counter_that_rests_is_no_old_reading():
    grease = Consumable(dict(BEANS, kind="count", capacity=2000.0, per_use=1.0))
    for hour in range(72):
        grease.feed_usage(500, hour * 3600)
    assert grease.plausible(71 * 3600) is None


def test_what_the_count_does_not_explain_teaches_no_rate():
    machine = Machine()
    machine.run(4)
    machine.level = 950.0
    machine.run(1)
    rate = machine.stock.rate_per_day()
    for _ in range(72):
        machine.read(machine.level / 2)
    assert machine.stock.plausible(machine.at) == "level contradicts usage"
    for _ in range(144):
        machine.read(machine.level / 2)
    assert abs(machine.stock.rate_per_day() - rate) < 1


def test_noise_is_no_refill_and_no_use():
    machine = Machine()
    machine.run(4)
    machine.level = 950.0
    machine.run(0.5)
    before, rate = len(machine.events), machine.stock.rate_per_day()
    state = 7
    for _ in range(3 * 144):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        machine.read(machine.level * (0.6 + 0.8 * (state >> 8) / 8388608))
    assert machine.stock.plausible(machine.at) is not None
    assert abs(machine.stock.rate_per_day() - rate) < 0.5 * rate
    assert len(machine.events) <= before + 1
    for _ in range(144):
        machine.read()
    assert abs(machine.stock.level() - machine.level) < 30


def test_spares_that_nobody_uses_are_forgotten_and_the_need_comes_back():
    machine = Machine()
    machine.run(4)
    machine.stock.delivered(2000.0, 2 * DAY)
    machine.run(1)
    assert machine.level < 9 and machine.stock.need(machine.at) is None
    machine.run(2)
    assert machine.stock.spares() == 0.0
    assert machine.stock.need(machine.at)[0] >= 1000.0


def test_spares_of_what_is_only_counted_are_kept():
    """Nobody said that it was filled: more likely nobody said so than that nothing lies there."""
    cups = Consumable(dict(BEANS, kind="count", capacity=100.0, per_use=1.0))
    cups.delivered(200.0, DAY)
    for hour in range(200):
        cups.feed_usage(hour, hour * 3600)
        cups.step(hour * 3600)
    assert cups.level() == 0.0 and cups.spares() == 200.0


def test_spares_are_kept_while_the_sensor_is_not_believed():
    machine = Machine()
    machine.run(4)
    machine.level = 600.0
    machine.run(0.1)
    machine.stock.delivered(1000.0, 2 * DAY)
    for _ in range(3 * 144):
        machine.read(0.0)
    assert machine.stock.spares() == 1000.0


def test_a_worn_cartridge_is_ordered_once_and_its_change_is_a_refill():
    descaler = Consumable({"name": "descaler", "kind": "wear", "capacity": 100.0, "low": 0.15,
                           "lead_days": 4, "items": [{"sku": "c", "pack": 100.0}]})
    at, left, asked, events = 0, 60.0, None, []
    while at < 60 * DAY:
        at += 600
        left = max(0.0, left - 1.0 / 144)
        if asked and at > asked + 4 * DAY and left < 50:
            left = 100.0
        descaler.feed_level(left, at)
        descaler.step(at)
        event = descaler.take_event()
        events += [event] if event else []
        need = descaler.need(at)
        if need and not asked:
            asked = at
            assert need[0] == 100.0 and left < 20
    assert [event[0] for event in events] == ["refilled"] and events[0][1] > 80


def test_hours_of_running_wear_a_part_until_it_is_said_to_be_new():
    strainer = Consumable({"name": "strainer", "kind": "wear", "capacity": 2000.0, "usage": 1,
                           "per_use": 1.0, "low": 0.15, "lead_days": 7.0, "unit": "h",
                           "items": [{"sku": "s", "pack": 2000.0}]})
    hours, at = 1200.0, 0
    while strainer.need(at) is None and at < 300 * DAY:
        at += 600
        hours += 0.5 / 6
        strainer.feed_usage(hours, at)
        strainer.step(at)
    assert 90 < strainer.level() < 250 and abs(strainer.level() - (3200 - hours)) < 1
    strainer.delivered(2000.0, 7 * DAY)
    assert strainer.need(at) is None
    strainer.refill(at)
    assert strainer.level() == 2000.0 and strainer.take_event()[0] == "refilled"
    assert strainer.spares() < 250
