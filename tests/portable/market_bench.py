"""A bench for money: a thing, two sellers, and an owner whose mandate the test writes."""

import kit

from agent.money import ledger as books
from agent.wire import cbor, cose
from agent.wire import messages as wire

HOUR = 3600
SECOND = b"2" * 32
SELLERS = [["roaster", kit.SIGNER.public_key(kit.SELLER), 30000],
           ["second", kit.SIGNER.public_key(SECOND), 30000]]


class Market(kit.Bench):
    """A bench whose mandate the test writes, with two sellers unless it says otherwise."""

    def __init__(self, product=kit.PRODUCT, **changes):
        super().__init__(product)
        self.number = 1000
        terms = {"k13": SELLERS}
        terms.update(changes)
        self.serve(4)
        self.install(1, **terms)
        self.serve(2)

    def install(self, sequence, **changes):
        self.tell(wire.MANDATE, {1: kit.mandate(sequence, **changes)})

    def tell(self, kind, body):
        self.number += 1
        self.say(kind, body, self.number)

    def needs(self):
        """Let the beans run low; return the need that is asked about."""
        asked = []
        while not asked:
            self.beans -= 20
            asked = kit.of_kind(self.serve(), wire.RFQ)
        self.serve()
        return asked[-1][wire.BODY][1]

    def low(self):
        """Let the beans run low step by step, for a leap is not bought on; return what it sent."""
        sent = []
        while self.beans > 200:
            self.beans -= 20
            sent += self.serve()
        return sent

    def offer(self, need, **changes):
        self.tell(wire.OFFER, {1: need, 2: kit.offer(need, **changes)})

    def second(self, need, total=1800, **changes):
        """An offer of the second seller at a total without shipping."""
        terms = {"k1": b"offer--2", "k3": "second", "k7": total, "k8": 0, "k10": total}
        terms.update(changes)
        self.tell(wire.OFFER, {1: need, 2: kit.offer(need, SECOND, **terms)})

    def decline(self, need, seller="second"):
        self.tell(wire.DECLINE, {1: need, 2: seller, 3: "no"})

    def status(self, need, state, **more):
        body = {1: need, 2: state}
        body.update({int(key[1:]): more[key] for key in more})
        self.tell(wire.ORDER_STATUS, body)
        return self.serve(2)

    def bought(self, **changes):
        """Buy from the roaster; return the order's id."""
        need = self.needs()
        self.decline(need)
        self.offer(need, **changes)
        sent = self.serve(3)
        assert kit.of_kind(sent, wire.ORDER), self.thing.feed_line("ledger", self.up())
        return need

    def line(self, text):
        return self.thing.feed_line(text, self.up())

    def told(self):
        """Return what the owner was told since this was last asked."""
        words = []
        effect = self.thing.take_effect()
        while effect:
            words.append(effect[1])
            effect = self.thing.take_effect()
        return words

    def order(self, need):
        return self.thing.trade.orders.find(need)


def signed(message):
    return cbor.decode(cose.sign1_peek(message[wire.BODY][1])[1])


def disputes(sent):
    return [(d[3], d[4]) for d in map(signed, kit.of_kind(sent, wire.DISPUTE))]


def events(sent):
    return [message[wire.BODY][2] for message in kit.of_kind(sent, wire.ORDER_EVENT)]


def quiet(bench, hours=40):
    """Nothing is asked for or ordered for so long, though less and less is left."""
    sent = []
    for _ in range(hours):
        bench.beans = max(5.0, bench.beans - 1.0)
        sent += bench.serve(1, HOUR)
    assert not kit.of_kind(sent, wire.RFQ) and not kit.of_kind(sent, wire.ORDER)
    return sent


def two_packs(bench, **changes):
    """Order two packs of the roaster."""
    terms = {"k6": 2, "k10": 3200}
    terms.update(changes)
    return bench.bought(**terms)


def control(sequence, state, private=kit.OWNER):
    def sign(message):
        return kit.SIGNER.sign(private, message)

    content = {0: "control", 1: sequence, 2: kit.THING, 3: state}
    return cose.sign1_seal(sign, b"ownr", cbor.encode(content))


def ledger(bench, kind, identifier=None):
    records = books.entries(bench.thing.journal.transactions())
    entries = [cbor.decode(record[1]) for record in records if record[0] == books.ENTRY]
    return [row for row in entries
            if row[2] == kind and identifier in (None, row[3])]


def learn_price(bench, times=2, **changes):
    for _ in range(times):
        need = bench.bought(**changes)
        bench.status(need, 6)
        bench.status(need, 7)
        for level in (1000.0, 800.0, 600.0):
            bench.beans = level
            bench.serve(6, HOUR)


def verified(transactions):
    """Return (entries verified, what is wrong or None) of a ledger in a journal."""
    book = books.Ledger(None)
    for record in books.entries(transactions):
        book.apply(record)
    return book.verified, book.fault
