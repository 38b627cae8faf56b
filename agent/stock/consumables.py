"""One consumable: something in the thing that runs out, and what is known about it.

Three kinds. level: a sensor reads what is left. count: no such sensor; what is left is the
capacity less the uses since the refill. wear: a part with a rated life in hours or uses.
"""

from array import array

from agent.stock import demand, forecast, gauge, reorder
from agent.stock.gauge import AGREE, DAY_S, mark, number, since

STALE_S = 36 * 3600    # a level older than this is not bought on
SWAP = 0.5             # a counted container put back above this level was only looked at
FINEST = 4096          # uses are drawn once they make this fraction of the capacity
RATIO = 3.0            # level and usage count may disagree by this factor
RATIO_SHARE = 0.15     # share of the capacity before they are compared
FADE = 0.8             # memory of that comparison, per reading day
FROZEN_SHARE = 0.3     # share of the capacity that should have gone while nothing moved

# Columns of the state before those of the parts.
TOTAL, _1, COUNTED, BY_LEVEL, BY_COUNT, COMPARED_DAY = range(6)
SIZE = 6


class Consumable:
    """spec: one entry of the product's "consumables"; amounts are in its unit, at in seconds.

    state holds all that is learned or running, as float32, so that snapshot and restore are
    exact and both runtimes agree.
    """

    def __init__(self, spec):
        self.spec = spec
        self.kind = spec["kind"]
        self.capacity = float(spec["capacity"])
        self.per_use = float(spec.get("per_use", 0)) or (0.0 if self.kind == "level" else 1.0)
        self.low = spec.get("low", 0.2)
        packs = [float(item["pack"]) for item in spec.get("items", ()) if item["pack"] > 0]
        packs = packs or [self.capacity]
        room = self.capacity + spec.get("spares", 1) * min(packs)
        self._lay_out(packs, room)
        if self.kind != "level":
            self.gauge.state[gauge.LEVEL] = self.capacity
            self.gauge.state[gauge.SETTLED] = AGREE

    def _lay_out(self, packs, room):
        """Give each part its stretch of the one array."""
        sizes = (SIZE, gauge.SIZE, demand.SIZE, forecast.SIZE, reorder.SIZE)
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
        self.reorder = reorder.Reorder(views[4], self.spec.get("lead_days", 3), packs, room)

    def feed_level(self, level, at):
        """A reading in base units, of good quality; implausible ones are dropped and counted."""
        if self.kind != "level":
            return
        known = self.gauge.state
        elapsed = since(known, gauge.READ_AT, at) if known[gauge.SETTLED] else 0
        rate = self.demand.rate() or 0.0
        expected = min(4.0 * rate * elapsed / DAY_S, self.capacity)
        used = self.gauge.read(level, at, expected)
        self.own[BY_LEVEL] += used
        self._use(used, at)

    def feed_usage(self, total, at):
        """The cumulative usage counter: brews, hours. It may start again from 0."""
        if not number(total) or total < 0:
            return
        own = self.own
        most = 2 * self.capacity / (self.per_use or self.capacity)
        uses = since(own, TOTAL, total)
        if not own[COUNTED] or not -1e-6 <= uses <= most:
            restarted = own[COUNTED] and 0 <= total < -uses and total <= most
            uses = total if restarted else 0
        elif self.kind != "level" and uses * self.per_use * FINEST < self.capacity:
            self._use(0.0, at)
            return
        own[COUNTED] = 1.0
        mark(own, TOTAL, total)
        amount = uses * self.per_use
        own[BY_COUNT] += amount
        if self.kind != "level":
            self.gauge.draw(amount, at)
            self._use(amount, at)

    def feed_in_place(self, present, at):
        """The contact that tells whether the container is in."""
        if self.kind == "level":
            self.gauge.place(present, at)
            return
        state = self.gauge.state
        if present and state[gauge.ABSENT] and state[gauge.LEVEL] <= SWAP * self.capacity:
            self.refill(at)
        state[gauge.ABSENT] = 0.0 if present else 1.0

    def refill(self, at, level=None):
        """A person says that it was filled or changed; level: what is in it now, else full."""
        before = self.level() or 0.0
        level = self.capacity if level is None else min(max(0.0, level), self.capacity)
        self.gauge.fill(level, at)
        self.reorder.refilled(max(0.0, level - before))

    def delivered(self, quantity, lead_s):
        """A delivery came: base units, and how long it took from the order."""
        self.reorder.delivered(quantity, lead_s)

    def _use(self, used, at):
        self.demand.use(used, at)
        level = self.gauge.level()
        if level is not None:
            self.forecast.used(used, level, self.demand, self.capacity, at)

    def step(self, at):
        """Once per step: fade the comparison of level and usage count by the day."""
        own = self.own
        if at // DAY_S != int(own[COMPARED_DAY]):
            own[COMPARED_DAY] = at // DAY_S
            own[BY_LEVEL] *= FADE
            own[BY_COUNT] *= FADE

    def level(self):
        """Base units left in the container, or None before that is known."""
        return self.gauge.level()

    def rate_per_day(self):
        """Base units a day, or None before that is known."""
        return self.demand.rate()

    def days_left(self, at):
        """(low, mid, high) days until empty, an 80 % band; None while unknown."""
        level = self.gauge.level()
        return None if level is None else self.forecast.days(level, self.demand)

    def take_event(self):
        """(kind, amount, at) or None; kind: refilled, removed, replaced or empty."""
        event = self.gauge.take_event()
        if event and self.kind == "level":
            self.reorder.refilled(event[1])
        return event

    def plausible(self, at):
        """None, or in a few words why no purchase may rest on this level."""
        state = self.gauge.state
        if state[gauge.ABSENT] or state[gauge.LEVEL] < 0 <= state[gauge.BEFORE]:
            return "not in place"
        if state[gauge.LEVEL] < 0 or state[gauge.SETTLED] < AGREE:
            return "single reading"
        if state[gauge.STRANGE] >= AGREE:
            return "out of range"
        if state[gauge.AGREED]:
            return "unsettled"
        if since(state, gauge.READ_AT, at) > STALE_S:
            return "old reading"
        return self._contradiction(at) if self.kind == "level" else None

    def _contradiction(self, at):
        own, state = self.own, self.gauge.state
        least = RATIO_SHARE * self.capacity
        if own[COUNTED] and self.per_use and max(own[BY_LEVEL], own[BY_COUNT]) > least and not (
                own[BY_LEVEL] / RATIO <= own[BY_COUNT] <= own[BY_LEVEL] * RATIO):
            return "level contradicts usage"
        gone = (self.demand.rate() or 0.0) * since(state, gauge.CHANGED_AT, at) / DAY_S
        if gone > FROZEN_SHARE * self.capacity and state[gauge.LEVEL] > gauge.EMPTY * self.capacity:
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
            point = self.reorder.point(rate, self.demand.spread(), lead, variance)
        if position > point:
            return None
        quantity = self.reorder.quantity(rate or 0.0, position)
        return quantity, self.why(at) + [("lead_days", lead), ("reorder_point", point),
                                         ("in_transit", in_transit)]

    def why(self, at):
        """What the figures rest on, as (word, number) pairs."""
        days = self.days_left(at) or (-1.0, -1.0, -1.0)
        level, rate = self.gauge.level(), self.demand.rate()
        return [("level", -1.0 if level is None else level),
                ("rate_per_day", -1.0 if rate is None else rate),
                ("days_low", days[0]), ("days_left", days[1]), ("days_high", days[2]),
                ("days_learned", self.demand.state[demand.DAYS]),
                ("spares", self.reorder.state[reorder.SPARES])]

    def relearn(self, at):
        """Forget the rate and its spread (a new site, a new owner); keep the level."""
        self.demand.relearn()
        self.forecast.relearn()

    def snapshot(self):
        """All that is learned or running, as bytes of float32."""
        return bytes(self.state)

    def restore(self, data):
        """Take a snapshot back; one of another size (another version) is refused: False."""
        if len(data) != 4 * len(self.state):
            return False
        self.state[:] = array("f", data)
        return True
