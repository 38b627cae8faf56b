"""The other side of random schedules: a desk and two sellers, not all of them honest.

What this endpoint accepted is what counts as done; it says `Broken` to what no thing may send.
"""

import hashlib
import random
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "portable")]

import kit  # noqa: E402 - lives among the portable tests, which run without a package
from market_bench import SECOND  # noqa: E402

from agent.wire import cbor, cose  # noqa: E402
from agent.wire import messages as wire  # noqa: E402
from sim.desk.intake import FENCE  # noqa: E402
from sim.desk.trade import PARTS  # noqa: E402

HOUR, DAY = 3600, 86400
CAP = 5000
KEYS = {"roaster": kit.SELLER, "second": SECOND}
OPEN, UNFULFILLED = (4, 5, 6, 7, 12), (8, 9, 10)
# What a desk says first: before, the thing is deaf to everything else.
GREETINGS = (wire.DOWN_ACK, wire.RECONCILE)
# What a seller may do to an offer, by key of its document.
NONSENSE = (
    {6: 0}, {6: -1}, {6: 1 << 31}, {5: 0}, {5: 4000}, {11: "USD"}, {13: 5}, {10: 1}, {4: "TEA"},
    {7: 90000, 10: 90200}, {3: "stranger"}, {2: bytes(16)}, {14: 101}, {1: b""}, {0: "order"},
)  # fmt: skip


class Broken(Exception):
    """An invariant does not hold."""


def need(holds: bool, invariant: str, *facts: object) -> None:
    if not holds:
        raise Broken(invariant, *facts)


class Endpoint:
    """The desk and its sellers, in memory: what it accepted is what counts as done."""

    def __init__(self, rng: random.Random, seq: int):
        self.rng = rng
        self.down = wire.Channel(kit.ROOT, kit.THING, wire.DOWN)
        self.up = wire.Channel(kit.ROOT, kit.THING, wire.UP)
        self.seq, self.number = seq, 5000
        self.up_seq = self.mandate = 0  # the highest numbers seen
        self.outcomes: dict[int, tuple[bytes, int]] = {}  # by message id: what it was, its outcome
        self.orders: dict[bytes, dict] = {}
        self.offers: dict[bytes, dict] = {}
        self.documents: list[tuple[bytes, bytes]] = []
        self.waiting: dict[int, tuple[int, dict]] = {}  # said, not yet acknowledged
        self.plans: list[tuple[int, bytes, dict]] = []  # when, order, what its seller says
        self.refused: set[bytes] = set()
        self.questions: list[dict] = []  # what the owner was asked, also long ago
        self.answers: list[bytes] = []  # what the owner signed
        self.agreed: set[bytes] = set()  # orders that the owner said yes to
        self.withdrawn: set[bytes] = set()  # those that the owner took back
        self.door = 0  # grams that lie beside the machine
        self.calm = False
        self.ended = lambda identifier: False

    def say(self, kind: int, body: dict, wants_ack: bool = True) -> None:
        self.number += 1
        self.waiting[self.number if wants_ack else -self.number] = (kind, body)

    def frames(self, now: int, utc: int) -> list[bytes]:
        """Everything that is not acknowledged, sealed anew, as the desk sends it again."""
        made = []
        said = sorted(self.waiting.items(), key=lambda one: one[1][0] not in GREETINGS)
        for number, (kind, body) in said:
            if number < 0:
                del self.waiting[number]
            self.seq += 1
            made.append(self.down.seal(self.seq, kind, max(0, number), utc, utc, cbor.encode(body)))
        return made

    def hear(self, frame: bytes, now: int) -> None:
        message = self.up.open(frame)
        kind, body = message[wire.KIND], message[wire.BODY]
        if message[wire.SEQ] <= self.up_seq:
            if kind == wire.HELLO:  # the number alone
                told = {1: [], 2: self.up_seq, 3: body[13], 4: PARTS - 1, 5: PARTS}
                self.say(wire.RECONCILE, told, wants_ack=False)
            return
        self.up_seq = message[wire.SEQ]
        outcome, what = 0, hashlib.sha256(cbor.encode([kind, body])).digest()
        known = self.outcomes.get(message[wire.ID]) if message[wire.ID] else None
        if known and known[0] == what:
            self.say(wire.DOWN_ACK, kit.answer(message, known[1] or 1), wants_ack=False)
            return
        if kind == wire.HELLO:
            outcome = self.hello(body)
        elif kind == wire.UP_ACK:
            said = self.waiting.pop(body[1], None)
            if said and said[0] == wire.MANDATE and not body.get(2):
                number = cbor.decode(cose.sign1_peek(said[1][1])[1])[1]
                self.mandate = max(self.mandate, number)
        elif kind == wire.RFQ:
            self.quote(body, now)
        elif kind == wire.ORDER:
            outcome = self.place(body[1], now)
        elif kind == wire.ORDER_EVENT:
            self.event(body, now)
        elif kind == wire.QUESTION and 2 in body:
            self.questions.append(body)
        elif kind == wire.DISPUTE:
            self.dispute(cbor.decode(cose.sign1_peek(body[1])[1]))
        if message[wire.ID]:
            self.outcomes[message[wire.ID]] = what, outcome
            self.say(wire.DOWN_ACK, kit.answer(message, outcome), wants_ack=False)

    def hello(self, body: dict) -> int:
        """Tell what counts, after which nothing that was sent before does (sim/desk/intake.py)."""
        self.waiting = {n: m for n, m in self.waiting.items() if m[0] != wire.RECONCILE}
        self.up_seq += FENCE
        self.mandate = max(self.mandate, body[10])
        rows = [
            [i, "beans", o["content"][13], o["state"], o["content"][6],
             0 if o["state"] in UNFULFILLED else o["content"][7], o["utc"]]
            for i, o in self.orders.items()
        ]
        parts = [rows[n : n + 3] for n in range(0, len(rows), 3)] or [[]]
        for number, part in enumerate(parts):
            told = {1: part, 2: self.up_seq, 3: body[13], 4: number, 5: len(parts),
                    6: self.mandate}  # fmt: skip
            self.say(wire.RECONCILE, told)
        return 1

    def answer(self) -> None:
        """Carry what the owner signs about an order, or what somebody made of it."""
        rng = self.rng
        asked, yes, key = rng.choice(self.questions), rng.random() < 0.8, kit.OWNER
        said = {0: "approval", 1: asked[1], 2: kit.THING, 3: asked[2][10], 4: asked[2][6], 5: yes}
        if self.orders and rng.random() < 0.3:
            said, yes = {0: "cancel", 1: rng.choice([*self.orders]), 2: kit.THING}, False
        way = rng.random()
        if way < 0.2:
            key = rng.choice((b"d" * 32, kit.SELLER))
        elif way < 0.3:
            other = ({2: "kit-2"}, {3: bytes(12)}, {4: asked[2][6] - 1})
            said.update(rng.choice(other[:1] if said[0] == "cancel" else other))
        document = cose.sign1_seal(
            lambda message: kit.SIGNER.sign(key, message), b"ownr", cbor.encode(said)
        )
        if way >= 0.3:
            self.answers.append(document)
            self.agreed |= {asked[1]} if yes else set()
            self.withdrawn |= {said[1]} if said[0] == "cancel" else set()
        old = rng.random() < 0.3 and self.answers
        self.say(wire.APPROVAL, {1: rng.choice(self.answers) if old else document})

    # -- sellers ---------------------------------------------------------------------------------

    def quote(self, body: dict, now: int) -> None:
        for seller in ("roaster", "second"):
            if self.calm or self.rng.random() < 0.8:
                document = self.offer(seller, body, now)
                self.say(wire.OFFER, {1: body[1], 2: document})
            elif self.rng.random() < 0.5:
                self.say(wire.DECLINE, {1: body[1], 2: seller, 3: "no"})
        if self.documents and not self.calm and self.rng.random() < 0.3:
            self.say(wire.OFFER, {1: body[1], 2: self.rng.choice(self.documents)[1]})

    def offer(self, seller: str, body: dict, now: int) -> bytes:
        rng = self.rng
        packs = max(1, -(-body[4] // 1000))
        price, shipping = rng.randrange(1200, 2000), rng.randrange(300)
        expires = kit.START_UTC + now + rng.choice((HOUR, DAY, 9 * DAY))
        terms = {0: "offer", 1: rng.randbytes(8), 2: body[1], 3: seller, 4: "BEAN-1", 5: 1000,
                 6: packs, 7: price, 8: shipping, 9: 0, 10: price * packs + shipping, 11: "EUR",
                 12: rng.randrange(HOUR, 3 * DAY), 13: expires, 14: 80, 15: 500,
                 17: body[6]}  # fmt: skip
        key = KEYS[seller]
        if not self.calm and rng.random() < 0.4:
            terms.update(rng.choice(NONSENSE))
            key = rng.choice((key, key, b"x" * 32))
        document = cose.sign1_seal(
            lambda message: kit.SIGNER.sign(key, message), b"sell", cbor.encode(terms)
        )
        self.offers[hashlib.sha256(document).digest()[:12]] = terms
        self.documents.append((body[1], document))
        return document

    def place(self, document: bytes, now: int) -> int:
        content = cbor.decode(cose.sign1_peek(document)[1])
        known = self.orders.get(content[1])
        if known:
            need(known["content"] == content, "I1", "one id, two contents", content)
            return 1
        self.check_order(content)
        alike = {i: o for i, o in self.orders.items() if o["content"][12] == content[12]}
        cycles = [order["content"][13] for order in alike.values()]
        if content[13] < max(cycles, default=0):
            return 2  # of an old flash: the thing got over it long ago
        busy = [i for i, order in alike.items() if order["state"] in OPEN]
        if busy:  # legal only as long as the word of the first one's end is on its way
            need(self.ended(busy[0]), "I1", "a second open order", content)
            return 2
        if content[1] in self.refused or (not self.calm and self.rng.random() < 0.1):
            self.refused.add(content[1])  # an answer once given stays
            return 2
        self.orders[content[1]] = {"content": content, "state": 4, "utc": content[14], "at": now}
        self.plan(content, now)
        return 0

    def nonsense(self) -> None:
        """A seller, or a desk that was taken over, says of orders whatever it likes."""
        rng = self.rng
        body = {1: rng.choice([*self.orders, rng.randbytes(16)]), 2: rng.randrange(5, 11)}
        if body[2] == 7 and body[1] in self.orders:
            body[2] = 6  # a delivery is the endpoint's own affair: it counts what lies at the door
        for key, values in ((3, (0, 1, 1 << 31)), (4, (0, 1 << 40)), (7, (0, 1, 1 << 40))):
            if rng.random() < 0.3:
                body[key] = rng.choice(values)
        if body[2] in UNFULFILLED and body[1] in self.orders:
            self.plans = [plan for plan in self.plans if plan[1] != body[1]]
            if self.orders[body[1]]["state"] in OPEN:
                self.orders[body[1]]["state"] = body[2]
        self.say(wire.ORDER_STATUS, body)

    def check_order(self, content: dict) -> None:
        terms = self.offers.get(content[9])
        if terms is None:
            raise Broken("I3", "an offer nobody made", content)
        need(content[7] <= CAP and content[8] == "EUR", "I3", "above the cap", content)
        need(content[6] in KEYS and terms[3] == content[6], "I3", "seller", content)
        need(terms[13] > content[14], "I3", "an expired offer", content)
        same = [content[key] for key in (4, 5, 7, 8, 15)] == [terms[k] for k in (4, 6, 10, 11, 7)]
        need(same, "I3", "other terms than offered", content)

    def plan(self, content: dict, now: int) -> None:
        rng, identifier = self.rng, content[1]
        ways = ("honest", "refuse", "silent", "cent", "half", "twice", "never", "late")
        way = "honest" if self.calm or rng.random() < 0.5 else rng.choice(ways)
        at = now + rng.randrange(HOUR, DAY)
        if way in ("refuse", "silent"):
            wait, state = (at, 9) if way == "refuse" else (now + 2 * DAY, 10)
            self.plans.append((wait, identifier, {2: state}))
            return
        charged, packs = content[7] + (way == "cent"), content[5]
        arrives = at + DAY + (8 * DAY if way == "late" else 0)
        self.plans.append((at, identifier, {2: 5}))
        self.plans.append((at + HOUR, identifier, {2: 6, 4: DAY}))
        told = {2: 7, 3: max(1, packs // 2) if way == "half" else packs, 7: charged}
        for number in range(2 if way == "twice" else 1):
            self.plans.append((arrives + number, identifier, told))

    def event(self, body: dict, now: int) -> None:
        order = self.orders.get(body[1])
        need(order is not None or body[2] == 1, "I4", "an event on no order")
        if order is None or order["state"] in UNFULFILLED:
            return
        if body[2] == 2:
            order["state"] = 11
        elif body[2] in (3, 4, 5, 7):
            if order["state"] in OPEN:  # what has come to its end stays there
                order["state"] = 12
            if self.calm or self.rng.random() < 0.5:
                self.plans.append((now + DAY, body[1], {2: 8, 7: 0}))
        elif body[2] == 1 and order["state"] == 12:
            order["state"], order["disputes"] = 8, set()  # its owner closed it
        elif body[2] == 1 and order["state"] in (4, 5):
            self.plans = [plan for plan in self.plans if plan[1] != body[1]]
            self.plans.append((now, body[1], {2: 8, 7: 0}))

    def dispute(self, content: dict) -> None:
        """A raised dispute marks an open order, the last one frees it; a denial must be true."""
        order = self.orders.get(content[1])
        need(content[3] != 1 or order is None, "I4", "denied what it had placed", content)
        if order is None:
            return
        held = order.setdefault("disputes", set())
        if content[4] == 1:
            held.add(content[3])
            order["state"] = 12 if order["state"] in OPEN else order["state"]
            return
        held.discard(content[3])
        if not held and order["state"] == 12:  # it came after all, or its owner closed it
            order["state"] = 11 if content[4] == 2 else 8

    def go_on(self, now: int) -> None:
        """Carry out what sellers planned for now."""
        for plan in sorted([p for p in self.plans if p[0] <= now], key=lambda p: p[0]):
            self.plans.remove(plan)
            order, told = self.orders[plan[1]], plan[2]
            state = order["state"]
            if state in UNFULFILLED or (state == 11 and told[2] != 7):
                continue
            if state == 12 and told[2] in (9, 10):  # of one in dispute it is too late to say so
                continue
            if told[2] == 7 and not order["content"][12]:
                self.door += 1000 * told[3]
            if state not in (11, 12) or told[2] == 8:
                order["state"] = told[2]
            self.say(wire.ORDER_STATUS, {1: plan[1], **told})
