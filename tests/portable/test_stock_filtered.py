"""A level behind the filters of its board (median of five, then a slow mean), on both runtimes.

What is filled up or taken out arrives in ever smaller steps.
"""

from monitor_streams import Noise
from test_stock import BEANS, Machine

from agent.stock.consumables import Consumable

MINUTE = 60


class Filtered:
    """A container that nobody uses, read every minute through the filter of the shipped boards."""

    def __init__(self, level):
        self.stock = Consumable(BEANS)
        self.noise = Noise(7)
        self.latest = [level] * 5
        self.mean = level
        self.at = 0
        self.events = []
        self.rest(level, 60)

    def rest(self, level, minutes):
        """Hold so much for so long; return the minutes until that was believed, or None."""
        believed = None
        for minute in range(minutes):
            self.latest = self.latest[1:] + [level + 2 * self.noise.normal()]
            self.mean += 0.3 * (sorted(self.latest)[2] - self.mean)
            self.stock.feed_level(float(int(self.mean)), self.at)
            self.stock.feed_usage(500, self.at)
            self.stock.step(self.at)
            event = self.stock.take_event()
            if event:
                self.events.append(event[:2])
            known = self.stock.level()
            if known is not None and abs(known - level) < 40 and (
                    believed is None and self.stock.plausible(self.at) is None):
                believed = minute + 1
            self.at += MINUTE
        return believed


def test_a_refill_is_one_and_is_believed_soon():
    for level, full in ((50, 1000), (200, 900), (400, 700)):
        machine = Filtered(level)
        assert machine.rest(full, 60) <= 20, level
        (kind, amount), = machine.events
        assert kind == "refilled" and abs(amount - (full - level)) < 0.1 * (full - level)


def test_a_container_that_was_taken_out_and_put_back_was_neither_emptied_nor_filled():
    for level in (300, 1000):
        for minutes in (3, 10, 20, 300):
            machine = Filtered(level)
            machine.rest(0, minutes)
            assert machine.rest(level, 60) <= 20, (level, minutes)
            assert machine.events in ([], [("removed", 0.0)]), (level, minutes)


def test_one_that_was_filled_while_it_was_out_is_believed_soon():
    for minutes in (3, 10, 20):
        machine = Filtered(400)
        machine.rest(0, minutes)
        assert machine.rest(700, 60) <= 20, minutes
        kind, amount = machine.events[-1]
        assert kind in ("refilled", "replaced") and abs(amount - 300) < 40, minutes


def test_what_is_used_at_every_reading_is_no_way_that_never_ends():
    stock = Consumable(BEANS)
    for hour in range(5):
        stock.feed_level(900.0, 3600 * hour)
    for hour in range(5, 25):  # looked at once in an hour, and used all the time
        stock.feed_level(700.0 - 20 * hour, 3600 * hour)
    assert abs(stock.level() - (700 - 20 * 24)) < 60


def test_a_refill_that_is_used_from_at_once_is_believed_at_the_third_reading():
    machine = Machine()
    machine.run(3.5)
    machine.level = 1000.0
    for _ in range(3):
        machine.brews += 2
        machine.read()
        machine.level -= 18
    assert [event[0] for event in machine.events] == ["refilled"]
