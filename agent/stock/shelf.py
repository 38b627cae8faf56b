"""The shelf: every consumable of the product, fed by the channels that the product file names."""

from agent.stock.consumables import Consumable

STOCK = 15

_LEVEL, _USAGE, _IN_PLACE = 0, 1, 2


class Shelf:
    """Consumables by index.  Durable: what each has learned."""

    def __init__(self, product):
        self.specs = product.consumables
        self.items = [Consumable(spec) for spec in self.specs]
        self.unit_scales = [product.channels[spec["channel"]].scale for spec in self.specs]
        self._routes = [[] for _ in product.channels]
        for item, spec in zip(self.items, self.specs):
            for what, key in ((_LEVEL, "channel"), (_USAGE, "usage"), (_IN_PLACE, "in_place")):
                channel = spec.get(key, -1)
                if channel >= 0:
                    self._routes[channel].append((item, what))
        self.events = []  # (index, kind, amount, at) of this step

    def feed(self, channel, value, at):
        """Hand a believable reading to the consumables that live by it."""
        for item, what in self._routes[channel]:
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
