"""For tests of the desk: a thing whose frames are made with cbor2 and hmac alone, and a world."""

import hashlib
import hmac
import random

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from sqlalchemy import func, select

from sim.desk import codec
from sim.desk.core import Desk
from sim.desk.service import SimpleDepartment
from sim.desk.suppliers import Article, HonestSupplier

SKU = "beans-1kg"
HEALTH = {1: 0, 2: {"beans": 3012}, 3: 0, 4: 0, 5: 0}
ACK, OFFER, ORDER_STATUS, CASE_STATUS, RECONCILE, DECLINE = 1, 2, 3, 4, 10, 11
START = 1_800_000_000  # unix seconds at which test clocks begin


class Clock:
    """A clock that moves when told to."""

    def __init__(self, now: int = START):
        self.now = now

    def __call__(self) -> int:
        return self.now


class TestThing:
    """Plays a thing: seals, numbers and signs what it sends, opens what the desk answers."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    def __init__(self, name: str = "thing-1", seed: int = 7):
        self.name = name
        self.root_key = hashlib.sha256(f"{name} {seed}".encode()).digest()
        self.private_key = ec.derive_private_key(int.from_bytes(self.root_key), ec.SECP256R1())
        self.seq = 0
        self.message = 0
        self.down_seq = 0
        self.frames: list[bytes] = []

    @property
    def public_key(self) -> bytes:
        """X || Y."""
        numbers = self.private_key.public_key().public_numbers()
        return numbers.x.to_bytes(32) + numbers.y.to_bytes(32)

    def admit(self, desk: Desk) -> "TestThing":
        """Provision this thing at a desk."""
        desk.provision(self.name, self.root_key, self.public_key, "coffee-machine", "anna")
        return self

    def payload(self, kind: int, body: dict, message: int | None = None) -> dict:
        """A payload with the next sequence number and, unless given, the next message id."""
        self.seq += 1
        if message is None:
            self.message += 1
            message = self.message
        return {1: self.seq, 2: kind, 3: message, 4: self.seq * 10, 6: body}

    def frame(self, kind: int, body: dict, message: int | None = None) -> bytes:
        """A sealed up frame."""
        return self.seal(cbor2.dumps(self.payload(kind, body, message), canonical=True))

    def seal(self, content: bytes, direction: str = "up") -> bytes:
        """COSE_Mac0 over any bytes, in one direction."""
        protected = cbor2.dumps({1: 5})
        aad = cbor2.dumps([direction, self.name, 1])
        structure = cbor2.dumps(["MAC0", protected, aad, content])
        tag = hmac.digest(self._key(direction), structure, "sha256")
        kid = hashlib.sha256(self.root_key).digest()[:4]
        return cbor2.dumps(cbor2.CBORTag(17, [protected, {4: kid}, content, tag]))

    def open(self, frame: bytes) -> dict:
        """The payload of a down frame; ValueError when it is not authentic or does not rise."""
        content = cbor2.loads(frame).value[2]
        if self.seal(content, "down") != frame:
            raise ValueError("down frame is not authentic")
        payload = cbor2.loads(content)
        if payload[1] <= self.down_seq:
            raise ValueError("down sequence number does not rise")
        self.down_seq = payload[1]
        if payload[2] == RECONCILE:
            self.seq = max(self.seq, payload[6][2])
        return payload

    def sign(self, document: dict) -> bytes:
        """COSE_Sign1 by this thing."""
        protected, payload = cbor2.dumps({1: -7}), cbor2.dumps(document, canonical=True)
        structure = cbor2.dumps(["Signature1", protected, b"", payload])
        r, s = decode_dss_signature(self.private_key.sign(structure, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32) + s.to_bytes(32)
        kid = hashlib.sha256(self.public_key).digest()[:4]
        return cbor2.dumps(cbor2.CBORTag(18, [protected, {4: kid}, payload, signature]))

    def send(self, desk: Desk, kind: int, body: dict, message: int | None = None) -> list[dict]:
        """Send one message and return what the desk then has to say to this thing."""
        desk.receive(self.name, self.frame(kind, body, message))
        return self.collect(desk)

    def collect(self, desk: Desk) -> list[dict]:
        """Payloads of all frames that are due now and for this thing."""
        payloads = []
        while (outgoing := desk.take()) is not None:
            name, frame = outgoing
            if name == self.name:
                self.frames.append(frame)
                payloads.append(self.open(frame))
        return payloads

    def need(self, consumable: str, cycle: int, test: bool = False) -> bytes:
        """The id of a need and of its order."""
        parts = [self.name, consumable, cycle] + ["test"] * test
        return hashlib.sha256(cbor2.dumps(parts)).digest()[:16]

    def hello(self, ledger_count: int = 0, orders=(), nonce: bytes = b"nonce--1") -> dict:
        """Body of a hello."""
        versions = {3: "coffee-machine", 4: "1", 5: "0.1"}
        rest = {6: 0, 7: self.down_seq, 8: ledger_count, 9: bytes(16), 10: 0}
        return {1: 1, 2: "power on"} | versions | rest | {11: list(orders), 12: [], 13: nonce}

    def rfq(self, consumable: str, cycle: int, skus, quantity=1000, change=None) -> dict:
        """Body of a request for quotations; `change` alters keys."""
        test = bool((change or {}).get(7))
        need = self.need(consumable, cycle, test)
        body = {1: need, 2: consumable, 3: list(skus), 4: quantity, 5: 432_000, 6: 1, 7: False}
        return body | {9: "EUR"} | (change or {})

    def order(self, consumable: str, cycle: int, offer: bytes, change=None) -> dict:
        """Body of an order for a signed offer; `change` alters keys of the document."""
        terms = cbor2.loads(cbor2.loads(offer).value[2])
        document = {
            0: "order",
            1: terms[2],
            2: self.name,
            3: consumable,
            4: terms[4],
            5: terms[6],
            6: terms[3],
            7: terms[10],
            8: terms[11],
            9: hashlib.sha256(offer).digest()[:12],
            10: bytes(12),
            11: bytes(12),
            12: False,
            13: cycle,
            15: terms[7],
        }
        return {1: self.sign(document | (change or {}))}

    def _key(self, direction: str) -> bytes:
        # HKDF-SHA-256 for one block, RFC 5869, spelled out.
        info = f"steward/1 {direction} {self.name}".encode()
        extracted = hmac.digest(bytes(32), self.root_key, "sha256")
        return hmac.digest(extracted, info + b"\x01", "sha256")


class World:
    """A desk, one thing, a clock, and what the hooks were told (`told`)."""

    def __init__(self, url="sqlite://", suppliers=None, department=None, clock=None, **options):
        self.clock = clock or Clock()
        self.told = []
        self.suppliers = suppliers if suppliers is not None else [seller("roaster", 1)]
        self.desk = Desk(
            url,
            clock=self.clock,
            suppliers=self.suppliers,
            department=department or SimpleDepartment(random.Random(2)),
            on_delivered=self.told.append,
            on_service_done=self.told.append,
            **options,
        )
        self.thing = TestThing().admit(self.desk)

    def send(self, kind, body, message=None):
        """Send one message of the thing; returns what the desk then says."""
        return self.thing.send(self.desk, kind, body, message)

    def run(self, seconds):
        """Let time pass; returns what came down, acknowledging all of it."""
        end, received = self.clock.now + seconds, []
        while True:
            due = self.desk.tick()
            for payload in self.thing.collect(self.desk):
                received.append(payload)
                if payload[3]:
                    self.desk.receive(
                        self.thing.name, self.thing.frame(11, {1: payload[3]}, message=0)
                    )
            due = self.desk.tick()
            if due is None or due > end:
                break
            self.clock.now = max(due, self.clock.now)
        self.clock.now = end
        return received

    def offer(self, cycle=0, consumable="beans", change=None):
        """Ask, and return the first offer's document."""
        rfq = self.thing.rfq(consumable, cycle, [SKU], change=change)
        assert ack(self.send(4, rfq))[2] in (0, 1)
        return next(payload[6][2] for payload in self.run(900) if payload[2] == OFFER)

    def order(self, cycle=0, consumable="beans"):
        """Ask and order; returns the acknowledgement."""
        offer = self.offer(cycle, consumable)
        return ack(self.send(5, self.thing.order(consumable, cycle, offer)))

    def rows(self, model):
        """All rows of a table."""
        return self.desk.act(lambda work: work.session.scalars(select(model)).all())

    def count(self, model):
        """How many rows a table has."""
        return self.desk.act(
            lambda work: work.session.scalar(select(func.count()).select_from(model))
        )


def seller(name, seed, kind=HonestSupplier):
    """A seller of beans that behaves as `kind`."""
    rng = random.Random(seed)
    article = Article(SKU, 1800, 1000, stock=50)
    return kind(name, [article], rng=rng, private_key=codec.new_private_key(seed))


def ack(payloads):
    """The body of the first acknowledgement among payloads."""
    return next(payload[6] for payload in payloads if payload[2] == ACK)


def case_body(case=bytes(16), update=0, severity=2, mode="scale"):
    """Body of a case message."""
    evidence = [["flow", 100, [[-60, 180], [0, 90]]]]
    return {1: case, 2: mode, 3: "repair", 4: severity, 5: 90, 7: evidence, 9: update}
