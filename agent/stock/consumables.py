"""One consumable: something in the thing that runs out, and what is known about it.

Three kinds. level: a sensor reads what is left. count: no such sensor; what is left is the
capacity less the uses since the refill. wear: a part with a rated life, read by a sensor or
counted in hours or uses.
"""

from array import array

from agent import const
from agent.stock import demand, forecast, gauge, reorder
from agent.stock.gauge import AGREE, DAY_S, mark, number, since

_STALE_S = const(36 * 3600)  # a level older than this is not bought on
_SWAP = const(0.5)  # a counted container put back above this level was only looked at
_FINEST = const(4096)  # uses are drawn once they make this fraction of the capacity
_RATIO = const(3.0)  # level and usage count may disagree by this factor
_LOST = const(0.2)  # share of the capacity that nobody takes at once
_EXPLAINED = const(1.5)  # factor within which a count is all of what has gone
_FULL = const(0.8)  # share of the capacity to which a refill answers all questions
_RATIO_SHARE = const(0.15)  # share of the capacity that must have gone before they are compared
_AWAITED = const(0.5)  # share that is held against a level at most: it is seen through sooner then
_SCARCE = const(0.05)  # share of the capacity below which a use no longer draws what it wants
_ROUNDED = const(0.01)  # what a counter may seem to go back because it is kept in float32
_FADE = const(0.8)  # memory of that comparison, per day
_FROZEN_SHARE = const(0.3)  # share of the capacity that should have gone while nothing moved
_HASTE = const(4.0)  # a drop is no surprise up to this many times the rate
_HASTE_SHARE = const(0.5)  # nor ever beyond this share of the capacity
_LEAP = const(0.1)  # share of the capacity at once, beyond that haste, that no honest counter goes
_CALM = const(8)  # readings that must rise calmly after a leap until a counter is believed again

# Columns of the state before those of the parts.
_TOTAL = const(0)
_COUNTED = const(2)
_BY_LEVEL = const(3)
_BY_COUNT = const(4)
_FADED_DAY = const(5)
_DRY = const(6)
_LEAPT = const(7)
_UNSEEN = const(8)
_SIZE = const(9)


class Consumable:
    """spec: one entry of the product's "consumables"; amounts are in its unit, at in seconds.

    state holds all that is learned or running, as float32, so that snapshot and restore are
    exact and both runtimes agree.
    """

    def __init__(self, spec):
        kind = spec["kind"]
        self.measured = kind == "level" or (kind == "wear" and spec.get("usage", -1) < 0)
        self.capacity = float(spec["capacity"])
        self.per_use = float(spec.get("per_use", 0 if self.measured else 1))
        self.low = spec.get("low", 0.2)
        self.keep = spec.get("keep", 0.0)  # base units to be there still when the goods come
        packs = [(float(item["pack"]), item.get("price_minor", 0))
                 for item in spec.get("items", ()) if item["pack"] > 0]
        packs = packs or [(self.capacity, 0)]
        room = self.capacity + spec.get("spares", 1) * min(packs)[0]
        sizes = (_SIZE, gauge.SIZE, demand.SIZE, forecast.SIZE, reorder.SIZE)
        self.state = array("f", bytes(4 * sum(sizes)))
        views = []
        start = 0
        for size in sizes:
            views.append(memoryview(self.state)[start:start + size])
            start += size
        self.own = views[0]
        self.gauge = gauge.Gauge(views[1], self.capacity)
        self.demand = demand.Demand(views[2])
        self.forecast = forecast.Forecast(views[3])
        self.reorder = reorder.Reorder(views[4], spec.get("lead_days", 3), packs, room)
        if not self.measured:
            views[1][gauge.LEVEL] = self.capacity
            views[1][gauge.SETTLED] = AGREE

    def feed_level(self, level, at):
        """A reading in base units, of good quality; implausible ones are dropped and counted."""
        if not self.measured:
            return
        disputed = self._disputed()
        own, state = self.own, self.gauge.state
        vanished = state[gauge.VANISHED]
        used = self.gauge.read(level, at, self._at_most(at))
        own[_BY_LEVEL] += used
        gone, counted = state[gauge.VANISHED] - vanished, own[_UNSEEN]
        if gone > 0 and counted / _EXPLAINED <= gone <= counted * _EXPLAINED:
            state[gauge.VANISHED] = vanished  # it stood still while it was used up
            own[_BY_LEVEL] = own[_BY_COUNT] = 0.0
        if used > _LOST * self.capacity and (used > _RATIO * own[_UNSEEN] or self._disputed()):
            state[gauge.VANISHED] += used  # at once, and nothing tells where to
            used = 0.0
        if state[gauge.LEVEL] >= 0 and not (
                state[gauge.AGREED] or since(state, gauge.CHANGED_AT, at)):
            own[_UNSEEN] = 0.0  # it moves, and it is seen how much
        self._use(0.0 if disputed else used, at)

    def _at_most(self, at):
        """What may have gone since the last reading without surprising anybody, base units."""
        elapsed = min(_STALE_S, max(0, since(self.gauge.state, gauge.READ_AT, at)))
        expected = _HASTE * (self.demand.rate() or 0.0) * elapsed / DAY_S
        return min(expected, _HASTE_SHARE * self.capacity)

    def feed_usage(self, total, at):
        """The cumulative usage counter: brews, hours. It may start again from 0."""
        if not number(total) or total < 0:
            return
        own = self.own
        most = 2 * self.capacity / self.per_use if self.per_use else 0
        uses = since(own, _TOTAL, total) if own[_COUNTED] else 0
        back = uses < -_ROUNDED
        if uses < 0:  # it began again, or only float32 rounded it down
            uses = total if back else 0.0
        if not self.measured:
            most = self._honest(uses, back, at)
            if own[_COUNTED] and not back and uses * self.per_use * _FINEST < self.capacity:
                mark(self.gauge.state, gauge.READ_AT, at)
                self._use(0.0, at)
                return
        own[_COUNTED] = 1.0
        mark(own, _TOTAL, total)
        amount = uses * self.per_use if uses <= most else 0.0
        if self.gauge.state[gauge.LEVEL] >= 0:
            own[_UNSEEN] += amount
        if (self.level() or 0.0) > _SCARCE * self.capacity:
            own[_BY_COUNT] = min(own[_BY_COUNT] + amount, _AWAITED * self.capacity)
        elif amount and self._vanished():  # of what is not there
            self.gauge.state[gauge.VANISHED] = max(
                self.gauge.state[gauge.VANISHED], 2 * _RATIO_SHARE * self.capacity)
        if not self.measured:
            self.gauge.draw(amount, at)
            self._use(amount, at)

    def _honest(self, uses, back, at):
        """Uses that may be drawn now: none for a counter that leaps or goes to and fro."""
        own = self.own
        doubted = own[_LEAPT]
        most = max(_LEAP * self.capacity, self._at_most(at)) / max(self.per_use, 1e-9)
        own[_LEAPT] = _CALM if back or uses > most else max(0.0, doubted - 1)
        return -1.0 if doubted else most

    def feed_in_place(self, present, at):
        """The contact that tells whether the container is in."""
        state = self.gauge.state
        if self.measured:
            self.gauge.place(present, at)
        elif present and state[gauge.ABSENT] and state[gauge.LEVEL] <= _SWAP * self.capacity:
            self.gauge.fill(self.capacity, at)
        state[gauge.ABSENT] = 0.0 if present else 1.0

    def refill(self, at, level=None):
        """A person says that it was filled or changed; level: what is in it now, else full, unless
        it has a sensor: that knows better, and all that spoke against it is answered."""
        if self.measured and level is None:
            self.gauge.state[gauge.VANISHED] = 0.0
            self.settle()
        else:
            self.gauge.fill(self.capacity if level is None else level, at)

    def delivered(self, quantity, lead_s):
        """A delivery came: base units, and how long it took from the order."""
        self.reorder.delivered(quantity, lead_s)

    def spares(self):
        """Base units believed to lie outside the container."""
        return self.reorder.state[reorder.SPARES]

    def _use(self, used, at):
        level = self.gauge.level()
        if self._disputed():
            self.demand.forget_day()
        if not self.demand.use(used, at, not self.gauge.state[gauge.EMPTIED]):
            self.forecast.forget()
        elif level is not None:
            self.forecast.used(used, level, self.demand, self.capacity, at)

    def step(self, at):
        """Once per step; by the day: fade what contradicts, forget spares that nobody uses."""
        own, state = self.own, self.gauge.state
        if at // DAY_S == int(own[_FADED_DAY]):
            return
        own[_FADED_DAY] = at // DAY_S
        if own[_BY_COUNT] <= _RATIO * own[_BY_LEVEL]:  # what is counted and not gone is awaited
            own[_BY_LEVEL] *= _FADE
            own[_BY_COUNT] *= _FADE
        state[gauge.VANISHED] *= _FADE  # nothing will ever explain it: believed after a week
        dry = (self.measured and 0 <= state[gauge.LEVEL] <= _SCARCE * self.capacity
               and not self.plausible(at))
        if dry and own[_DRY]:  # a whole day: what should lie there, does not
            self.reorder.state[reorder.SPARES] = 0.0
        own[_DRY] = dry

    def level(self):
        """Base units left in the container, or None before that is known."""
        return self.gauge.level()

    def rate_per_day(self):
        """Base units a day, or None before that is known."""
        return self.demand.rate()

    def days_left(self, at):
        """(low, mid, high) days until empty, an 80 % band; None while unknown."""
        level = self.gauge.level()
        return None if level is None else self.forecast.days(level, self.demand, at)

    def take_event(self):
        """(kind, amount, at) or None; kind: refilled, removed, replaced or empty."""
        event = self.gauge.take_event()
        if event and event[1] > 0:
            self.reorder.refilled(event[1])
            self.settle()
        return event

    def settle(self):
        """A refill begins the comparison anew, and answers for what vanished if it fills up."""
        if (self.level() or 0.0) >= _FULL * self.capacity:
            self.gauge.state[gauge.VANISHED] = 0.0
        self.own[_BY_LEVEL] = self.own[_BY_COUNT] = 0.0

    def plausible(self, at):
        """None, or in a few words why no purchase may rest on this level."""
        state = self.gauge.state
        if state[gauge.ABSENT] or state[gauge.LEVEL] < 0 <= state[gauge.BEFORE]:
            return "not in place"
        if state[gauge.SETTLED] < AGREE:
            return "single reading"
        if self.gauge.wild():
            return "noisy"
        if state[gauge.STRANGE] >= AGREE:
            return "out of range"
        if state[gauge.AGREED]:
            return "unsettled"
        if since(state, gauge.READ_AT, at) > _STALE_S:
            return "old reading"
        if self.own[_LEAPT]:
            return "counter leaps"
        return self._contradiction(at) if self.measured else None

    def _disputed(self):
        """Has more gone, or less, than uses were counted?"""
        own = self.own
        gone, counted = own[_BY_LEVEL], own[_BY_COUNT]
        return (self.measured and own[_COUNTED] and self.per_use
                and max(gone, counted) > _RATIO_SHARE * self.capacity
                and not counted / _RATIO <= gone <= counted * _RATIO)

    def _vanished(self):
        """Has so much gone at once that nothing explains?"""
        return self.gauge.state[gauge.VANISHED] > _RATIO_SHARE * self.capacity

    def _contradiction(self, at):
        state = self.gauge.state
        if self._vanished() or self._disputed():
            return "level contradicts usage"
        due = (self.demand.rate() or 0.0) * since(state, gauge.CHANGED_AT, at) / DAY_S
        if due > _FROZEN_SHARE * self.capacity and not state[gauge.EMPTIED]:
            return "frozen"
        return None

    def need(self, at, in_transit=0.0, lead_days=None, lead_sigma=None):
        """(base units to buy now, [(word, number)]) or None.

        in_transit: base units ordered and not yet delivered; lead_days, lead_sigma: of the
        likely supplier, else as learned from deliveries.
        """
        if self.plausible(at):
            return None
        state = self.reorder.state
        lead = state[reorder.LEAD] if lead_days is None else lead_days
        variance = state[reorder.LEAD_VARIANCE] if lead_sigma is None else lead_sigma * lead_sigma
        rate = self.demand.rate()
        position = self.gauge.level() + state[reorder.SPARES] + max(0.0, in_transit)
        point = self.low * self.capacity
        if rate is not None:
            point = self.keep + self.reorder.point(rate, self.demand.spread(), lead, variance)
        if position > point:
            return None
        quantity = self.reorder.quantity(rate or 0.0, lead, position, point)
        return quantity, self.why(at) + [("lead_days", lead), ("reorder_point", point),
                                         ("in_transit", in_transit)]

    def why(self, at):
        """What the figures rest on, as (word, number) pairs; -1 where unknown."""
        days = self.days_left(at) or (-1.0, -1.0, -1.0)
        level, rate = self.gauge.level(), self.demand.rate()
        return [("level", -1.0 if level is None else level),
                ("rate_per_day", -1.0 if rate is None else rate),
                ("days_low", days[0]), ("days_left", days[1]), ("days_high", days[2]),
                ("days_learned", self.demand.state[demand.DAYS]),
                ("spares", self.reorder.state[reorder.SPARES])]

    def snapshot(self):
        """All that is learned or running, as bytes of float32."""
        return bytes(self.state)

    def restore(self, data):
        """Take a snapshot back; one of another size (another version) is refused: False."""
        if len(data) != 4 * len(self.state):
            return False
        self.state[:] = array("f", data)
        return True
