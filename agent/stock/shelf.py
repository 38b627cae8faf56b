"""The shelf: every consumable of the product, fed by the channels that the product file names."""

from agent import const
from agent.stock.consumables import Consumable

STOCK = 15

_LEVEL = const(0)
_USAGE = const(1)
_IN_PLACE = const(2)


class Shelf:
    """Consumables by index.  Durable: what each has learned."""

    def __init__(self, product):
        self.specs = []  # of each its "name", "unit" and "items": what can be bought
        self.items = []
        self.unit_scales = []
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
