"""Experience: what sellers promised and what came, by the thing's own measure.

Of every seller a few averages are kept, each with a short memory; together they are the trust that
weighs in the next choice.  Of every consumable the usual price is kept, so that a surge is known
when it comes.  Nothing of it leaves the thing unless the mandate consents.
"""

from agent import limits

SELLER, USUAL = TAGS = 34, 35

IN_TIME, IN_FULL, RIGHT_ITEM, PRICE, FIXED = range(5)
ASPECTS = ("in time", "in full", "right item", "price", "fixed")

NEUTRAL = 50
_UNKNOWN = -1
# A new observation counts for three tenths: after seven the first one is all but forgotten.
_GAIN, _OF = 3, 10


class Experience:
    """Durable: {seller: [age, count, average of each aspect in thousandths or -1]}, and
    {(consumable, currency): [minor units for 1000 units x scale, count]}."""

    def __init__(self, note):
        self._note = note
        self.sellers = {}
        self._usual = {}

    def observe(self, seller, kept, at):
        """Learn how far a seller kept what it promised; kept: [(aspect, percent), ...]."""
        row = list(self.sellers.get(seller, [0, 0] + [_UNKNOWN] * len(ASPECTS)))
        row[0], row[1] = at, row[1] + 1
        for aspect, percent in kept:
            before = row[2 + aspect]
            before = 10 * NEUTRAL if before == _UNKNOWN else before
            row[2 + aspect] = before + (10 * percent - before) * _GAIN // _OF
        self.apply([SELLER, seller] + row)
        self._note([SELLER, seller] + row)

    def trust(self, seller, at):
        """Return the trust in a seller, 0..100; who is not known stands in the middle."""
        row = self.sellers.get(seller)
        known = [value for value in row[2:] if value != _UNKNOWN] if row else []
        if not known:
            return NEUTRAL
        distance = sum(known) // len(known) - 10 * NEUTRAL
        halvings = (at - row[0]) // limits.TRUST_HALF_LIFE_S
        faded = abs(distance) >> min(halvings, 10)
        return NEUTRAL + (faded if distance >= 0 else -faded) // 10

    def paid(self, consumable, currency, per_1000):
        """Learn what a consumable cost."""
        price, count = self._usual.get((consumable, currency), (per_1000, 0))
        record = [USUAL, consumable, price + (per_1000 - price) * _GAIN // _OF, count + 1, currency]
        self.apply(record)
        self._note(record)

    def usual(self, consumable, currency):
        """Return the usual price of 1000 units x scale in minor units, or None after one order."""
        price, count = self._usual.get((consumable, currency), (0, 0))
        return price if count > 1 else None

    def apply(self, record):
        if record[0] == USUAL:
            self._usual[record[1], "".join(record[4:])] = (record[2], record[3])
            return
        if record[1] not in self.sellers and len(self.sellers) >= limits.SELLERS_KEPT:
            oldest = min([(self.sellers[name][0], name) for name in self.sellers])
            del self.sellers[oldest[1]]
        self.sellers[record[1]] = record[2:]

    def dump(self):
        for name in sorted(self.sellers):
            yield [SELLER, name] + self.sellers[name]
        for name, currency in sorted(self._usual):
            price, count = self._usual[name, currency]
            yield [USUAL, name, price, count, currency]
