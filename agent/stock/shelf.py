"""The shelf: every consumable of the product, fed by the channels that the product file names."""

from agent import const
from agent.sense.findings import NONE, Finding
from agent.sense.senses import SensorWatch
from agent.stock.consumables import Consumable

STOCK = 15

_LEVEL = const(0)
_USAGE = const(1)
_IN_PLACE = const(2)
_DOUBT_S = const(86400)  # a container is taken out, cleaned and filled within a day
_CLEAR_S = const(6 * 3600)
_UNSEEN_S = const(3 * 3600)  # since the last look: power was off or the clock set, none watched


class Doubt(SensorWatch):
    """That a level has not been believed for a day: nothing is bought, so somebody should know.

    A finding and no case: what is wrong with the sensor, if it is the sensor, others may find.
    """

    mode = "level_doubtful"
    severity = 1
    service = None

    def __init__(self, signal, item, of):
        SensorWatch.__init__(self, signal)
        self._item = item
        self._of = of

    def begin(self):
        if self.finding is SensorWatch.finding:
            self.finding = Finding(_DOUBT_S, _CLEAR_S)

    @property
    def name(self):
        return "stock_" + self._of["name"]

    @property
    def advice(self):
        return "check the sensor of %s; if it is right, say: believe %s" % (
            self.signals[0].channel.name, self._of["name"])

    def look(self, at):
        doubted = (not self.signals[0].sick  # that is a finding already
                   and self._item.plausible(at) not in (None, "frozen"))  # or it is a holiday
        if not doubted and self.finding.state == NONE:
            return False
        self.begin()
        # What is believed for an hour now and then is not to be bought on either.
        self.finding.paused = at - self.finding.seen > _UNSEEN_S
        return self.finding.advance(doubted, 1.0, at)

    def why(self, at):
        return [("doubt", self._item.plausible(at))] + self._item.why(at)


class Shelf:
    """Consumables by index.  Durable: what each has learned."""

    def __init__(self, product, senses):
        self.specs = []  # of each its "name", "unit" and "items": what can be bought
        self.items = []
        self.unit_scales = []
        self._senses = senses
        self._doubts = []
        self._hour = 0
        self._routes = {}  # channel: what it tells of which consumable
        for spec in product.consumables:
            item = Consumable(spec)
            for what, key in ((_LEVEL, "channel"), (_USAGE, "usage"), (_IN_PLACE, "in_place")):
                if spec.get(key, -1) >= 0:
                    self._routes.setdefault(spec[key], []).append((item, what))
            self.items.append(item)
            self.unit_scales.append(product.channels[spec["channel"]].scale)
            self.specs.append({"name": spec["name"], "unit": spec["unit"],
                               "items": spec.get("items", ())})
            self._doubts.append(Doubt(senses.signals[spec["channel"]], item, self.specs[-1]))
            senses.also(self._doubts[-1])
        product.consumables = ()
        self.events = []  # (index, kind, amount, at) of this step

    def feed(self, channel, value, at):
        """Hand a believable reading to the consumables that live by it."""
        for item, what in self._routes.get(channel, ()):
            if what == _LEVEL:
                item.feed_level(value, at)
            elif what == _USAGE:
                item.feed_usage(value, at)
            else:
                item.feed_in_place(value > 0.5, at)

    def step(self, at):
        """Close time buckets and collect what happened to the containers."""
        if at // 3600 != self._hour:
            self._hour = at // 3600
            for doubt in self._doubts:
                self._senses.look_with(doubt, at)
        self.events = []
        for index, item in enumerate(self.items):
            item.step(at)
            event = item.take_event()
            while event is not None:
                self.events.append((index,) + event)
                event = item.take_event()

    def index(self, name):
        """Return the index of a consumable by name, or None."""
        for index, spec in enumerate(self.specs):
            if spec["name"] == name:
                return index
        return None

    def apply(self, record):
        index = self.index(record[1])
        if index is not None:
            self.items[index].restore(record[2])

    def record(self, index):
        """Return what is durable of one consumable."""
        return [STOCK, self.specs[index]["name"], self.items[index].snapshot()]

    def dump(self):
        for index in range(len(self.items)):
            yield self.record(index)
