"""A thing and a desk small enough for a test, on either runtime.

The store keeps bytes in memory and can fail the power at its n-th operation; the desk seals and
opens frames with the agent's own wire room (the real desk, tested elsewhere, does it with other
libraries). Product: one tank with beans, one boiler with a limit.
"""

import hashlib

from agent.core import Agent
from agent.identity import Identity
from agent.product import Product
from agent.wire import cbor, cose
from agent.wire import messages as wire

# Small, so that the journal is rewritten often and a test's flash fits a device's heap.
JOURNAL_BYTES = 6 * 1024

THING = "kit-1"
ROOT = b"r" * 32
START_UTC = 1767225600  # 2026-01-01
BEANS, BOILER = 0, 1
DAY = 86400

PRODUCT = {
    "v": 1, "product": "kit", "maker": "tests", "version": "1",
    "channels": [
        {"name": "beans_g", "unit": "g", "scale": 1, "low": -50.0, "high": 1500.0, "period": 600,
         "evidence": 8},
        {"name": "boiler_c", "unit": "degC", "scale": 10, "low": -20.0, "high": 180.0,
         "period": 600, "evidence": 8, "stale": 3600},
    ],
    "monitors": [
        {"name": "boiler_hot", "kind": "limit", "channels": [BOILER], "mode": "boiler_overheat",
         "severity": 3, "hold": 1200, "clear": 1200, "service": "repair",
         "settings": {"high": 120.0, "hysteresis": 2.0}},
    ],
    "consumables": [
        {"name": "beans", "unit": "g", "kind": "level", "channel": BEANS, "usage": -1,
         "in_place": -1, "capacity": 1000.0, "low": 0.25, "lead_days": 2.0, "spares": 1,
         "items": [{"sku": "BEAN-1", "name": "Beans 1 kg", "pack": 1000.0, "price_minor": 1500}]},
    ],
}


class PlainSigner:
    """A signer port that is quick and worth nothing: SHA-256 with the public key inside."""

    @staticmethod
    def public_key(private):
        return hashlib.sha256(private).digest() * 2

    def sign(self, private, message):
        return self._seal(self.public_key(private), message)

    def verify(self, public, message, signature):
        return signature == self._seal(public, message)

    @staticmethod
    def _seal(public, message):
        return hashlib.sha256(public + message).digest() * 2


SIGNER = PlainSigner()
OWNER, SELLER, THING_KEY = b"o" * 32, b"s" * 32, b"t" * 32


class PowerCut(BaseException):
    """The power failed in the middle of a flash operation."""


class Store:
    """The store port in memory; cut_at: operation (from 1) at which the power fails, 0 never."""

    def __init__(self):
        self.journal = []
        self.files = {}
        self.aside = b""
        self.appends = self.replaces = self.bytes_written = 0
        self.cut_at = 0
        self.operations = 0
        self.full = False

    def _operate(self):
        self.operations += 1
        if self.operations == self.cut_at:
            raise PowerCut()
        if self.full:
            raise OSError(28)

    def blocks(self):
        for block in self.journal:
            half = len(block) // 2
            yield block[:half]
            yield block[half:]

    def append(self, data):
        self._operate()
        self.appends += 1
        self.journal.append(data)

    def replace(self, pieces):
        new = list(pieces)
        self._operate()
        self.replaces += 1
        self.journal = new

    def quarantine(self, data):
        self.aside = (self.aside + data)[-4096:]  # as hal/store.py bounds it

    def load(self, name):
        return self.files.get(name)

    def save(self, name, data):
        self._operate()
        self.files[name] = data

    def damaged(self):
        return []

    def erase(self):
        self.save("erasing", b"1")


def entropy():
    """Return an entropy port whose bytes differ from call to call."""
    count = [0]

    def draw(size):
        count[0] += 1
        return hashlib.sha256(bytes([count[0]])).digest()[:size]

    return draw


def agent(store, product=PRODUCT, draw=None):
    identity = Identity(THING, ROOT, THING_KEY, SIGNER.public_key(OWNER), SIGNER)
    thing = Agent(Product(cbor.encode(product)), identity, store, draw or entropy())
    # On this one alone: limits are shared with whatever else runs in the process.
    thing.journal.outgrown = lambda: thing.journal.size > JOURNAL_BYTES
    return thing


def mandate(sequence=1, **changes):
    """A signed mandate; changes: key numbers as k6=1 for key 6."""
    terms = {0: "mandate", 1: sequence, 2: THING, 3: START_UTC - DAY, 4: START_UTC + 3650 * DAY,
             5: "EUR", 6: 0, 7: 0, 8: 5000, 9: 10000, 10: 30000, 11: 5, 12: 30,
             13: [["roaster", SIGNER.public_key(SELLER), 30000]]}
    for key in changes:
        terms[int(key[1:])] = changes[key]

    def sign(message):
        return SIGNER.sign(OWNER, message)

    return cose.sign1_seal(sign, b"ownr", cbor.encode(terms))


def offer(need, private=SELLER, **changes):
    """A signed offer for a need, one pack of beans at 15.00 and 2.00 shipping."""
    terms = {0: "offer", 1: b"offer--1", 2: need, 3: "roaster", 4: "BEAN-1", 5: 1000, 6: 1,
             7: 1500, 8: 200, 9: 0, 10: 1700, 11: "EUR", 12: DAY, 13: START_UTC + 3650 * DAY,
             14: 80, 15: 500}
    for key in changes:
        terms[int(key[1:])] = changes[key]

    def sign(message):
        return SIGNER.sign(private, message)

    return cose.sign1_seal(sign, b"sell", cbor.encode(terms))


def answer(message, outcome=0):
    """The body of the desk's acknowledgement of a message; of a greeting with its nonce."""
    body = {1: message[wire.ID], 2: outcome}
    if message[wire.KIND] == wire.HELLO:
        body[5] = message[wire.BODY][13]
    return body


class Desk:
    """Opens what a thing sends, and seals what it is told to say."""

    def __init__(self):
        self._up = wire.Channel(ROOT, THING, wire.UP)
        self._down = wire.Channel(ROOT, THING, wire.DOWN)
        self.seq = 0
        self.skew_s = 0  # how wrong its clock is
        self.seen = []

    def read(self, thing):
        """Take all frames a thing has and return their messages."""
        new = []
        frame = thing.take_message()
        while frame is not None:
            new.append(self._up.open(frame))
            frame = thing.take_message()
        self.seen += new
        return new

    def frame(self, kind, body, at, identifier=0, seq=None):
        self.seq = self.seq + 1 if seq is None else seq
        utc = START_UTC + at + self.skew_s
        return self._down.seal(self.seq, kind, identifier, utc, utc, cbor.encode(body))

    def say(self, thing, now, kind, body, identifier=0):
        thing.feed_message(self.frame(kind, body, now, identifier), now)

    def acknowledge(self, thing, now, messages, outcome=0):
        for message in messages:
            if message[wire.ID]:
                self.say(thing, now, wire.DOWN_ACK, answer(message, outcome))


class Bench:
    """A thing, its store and its desk, with a clock that the test moves."""

    def __init__(self, product=PRODUCT):
        self.product = product
        self.store = Store()
        self.desk = Desk()
        self.draw = entropy()
        self.now = 0
        self.beans = 800.0
        self.boiler = 92.0
        self.boot()

    def boot(self):
        """(Re)start the thing: its uptime begins at 0, the desk's clock goes on."""
        self.past = self.now
        self.thing = agent(self.store, self.product, self.draw)
        self.thing.feed_link(True, 0)

    def up(self):
        return self.now - self.past

    def tick(self, seconds=600):
        """Let time pass, read the channels, think once; return what the thing sent."""
        self.now += seconds
        self.thing.feed_reading(BEANS, self.beans, 0, self.up())
        self.thing.feed_reading(BOILER, self.boiler + 0.1 * (self.now // 600 % 3), 0, self.up())
        self.thing.step(self.up())
        return self.desk.read(self.thing)

    def say(self, kind, body, identifier=0):
        self.thing.feed_message(self.desk.frame(kind, body, self.now, identifier), self.up())

    def serve(self, ticks=1, seconds=600):
        """Tick with a desk that acknowledges everything; return what the thing sent."""
        got = []
        for _ in range(ticks):
            sent = self.tick(seconds)
            got += sent
            for message in sent:
                if message[wire.ID]:
                    self.say(wire.DOWN_ACK, answer(message))
                if message[wire.KIND] == wire.HELLO:
                    self.say(wire.RECONCILE, {1: [], 2: 0, 3: message[wire.BODY][13]})
        return got

    def ready(self):
        """Reconciled and under a mandate, with a trusted level."""
        self.serve(4)
        self.say(wire.MANDATE, {1: mandate()}, 900)
        self.serve(2)
        return self

    def quoted(self):
        """Ready, and asking for quotations because the beans run low; return the need's id."""
        self.ready()
        asked = []
        while not asked:
            self.beans -= 20
            asked = of_kind(self.serve(), wire.RFQ)
        self.serve()
        return asked[0][wire.BODY][1]

    def ordered(self):
        """Through quotation to an order that the desk has taken; return its id."""
        need = self.quoted()
        self.say(wire.OFFER, {1: need, 2: offer(need)}, 901)
        self.serve(3)
        return need


def of_kind(sent, kind):
    return [message for message in sent if message[wire.KIND] == kind]
