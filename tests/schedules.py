"""Random schedules against the money rooms: one seed, one schedule, the same every time.

    python tests/schedules.py [N] [FIRST_SEED]

Each schedule has a hostile part, in which frames are lost, doubled, reordered, replayed and
changed, sellers quote nonsense, charge a cent more, deliver half, twice or never, the power fails
in the middle of flash operations, flash is lost or an old copy of it comes back, and the clock
jumps; and a calm part, in which everything must come to its end. The invariants (DESIGN.md) are
checked all the way, from what leaves the thing and what its desk accepted.
"""

import copy
import functools
import hashlib
import random
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "portable")]

import kit
from market_bench import SECOND, SELLERS, control, ledger

from agent.money import ledger as books
from agent.money import orders as ordering
from agent.wire import cbor, cose
from agent.wire import messages as wire

HOUR, DAY = 3600, 86400
CAP, DAY_BUDGET, MONTH_BUDGET = 5000, 10000, 30000
HOSTILE_STEPS, CALM_STEPS = 50, 140
KEYS = {"roaster": kit.SELLER, "second": SECOND}
UNFULFILLED = (8, 9, 10)
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


@functools.cache
def prepared() -> tuple[list[bytes], float, int]:
    """Flash, level and second of a thing that is reconciled, has a mandate and runs low."""
    bench = kit.Bench()
    bench.serve(4)
    bench.say(wire.MANDATE, {1: kit.mandate(1, k13=SELLERS)}, 900)
    bench.serve(2)
    while bench.thing.orders.open == []:
        bench.beans -= 20
        bench.serve()
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    return list(bench.store.journal), bench.beans, bench.now


class Endpoint:
    """The desk and its sellers, in memory: what it accepted is what counts as done."""

    def __init__(self, rng: random.Random, seq: int):
        self.rng = rng
        self.down = wire.Channel(kit.ROOT, kit.THING, wire.DOWN)
        self.up = wire.Channel(kit.ROOT, kit.THING, wire.UP)
        self.seq, self.number = seq, 5000
        self.up_seq = self.count = 0
        self.orders: dict[bytes, dict] = {}
        self.offers: dict[bytes, dict] = {}
        self.documents: list[tuple[bytes, bytes]] = []
        self.waiting: dict[int, tuple[int, dict]] = {}  # said, not yet acknowledged
        self.plans: list[tuple[int, bytes, dict]] = []  # when, order, what its seller says
        self.door = 0  # grams that lie beside the machine
        self.calm = False
        self.ended = lambda identifier: False

    def say(self, kind: int, body: dict, wants_ack: bool = True) -> None:
        self.number += 1
        self.waiting[self.number if wants_ack else -self.number] = (kind, body)

    def frames(self, now: int, utc: int) -> list[bytes]:
        """Everything that is not acknowledged, sealed anew, as the desk sends it again."""
        made = []
        for number, (kind, body) in list(self.waiting.items()):
            if number < 0:
                del self.waiting[number]
            self.seq += 1
            made.append(self.down.seal(self.seq, kind, max(0, number), utc, utc, cbor.encode(body)))
        return made

    def hear(self, frame: bytes, now: int) -> None:
        message = self.up.open(frame)
        kind, body = message[wire.KIND], message[wire.BODY]
        if message[wire.SEQ] <= self.up_seq:
            if kind == wire.HELLO:
                self.reconcile(body[13], wants_ack=False)
                self.count = 1 << 31  # it forgot something, whatever its next hello says
            return
        self.up_seq = message[wire.SEQ]
        outcome = 0
        if kind == wire.HELLO:
            outcome = self.hello(body)
        elif kind == wire.UP_ACK:
            self.waiting.pop(body[1], None)
        elif kind == wire.RFQ:
            self.quote(body, now)
        elif kind == wire.ORDER:
            outcome = self.place(body[1], now)
        elif kind == wire.ORDER_EVENT:
            self.event(body, now)
        elif kind == wire.DISPUTE:
            self.dispute(cbor.decode(cose.sign1_peek(body[1])[1]))
        if message[wire.ID]:
            self.say(wire.DOWN_ACK, {1: message[wire.ID], 2: outcome}, wants_ack=False)

    def hello(self, body: dict) -> int:
        outcome = 0
        open_ids = {i for i, order in self.orders.items() if order["state"] in (4, 5, 6, 7)}
        unheard = [kind for kind, _ in self.waiting.values() if kind == wire.RECONCILE]
        if body[8] < self.count or body[8] == 0 or unheard or open_ids - set(body[11]):
            self.reconcile(body[13], wants_ack=True)
            outcome = 1
        self.count = body[8]
        return outcome

    def reconcile(self, nonce: bytes, wants_ack: bool) -> None:
        self.waiting = {n: m for n, m in self.waiting.items() if m[0] != wire.RECONCILE}
        rows = [
            [i, "beans", o["content"][13], o["state"], o["content"][6], o["content"][7], o["utc"]]
            for i, o in self.orders.items()
        ]
        self.say(wire.RECONCILE, {1: rows[-8:], 2: self.up_seq, 3: nonce}, wants_ack)

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
        busy = [i for i, order in self.orders.items() if order["state"] in (4, 5, 6, 7)]
        if busy:  # legal only as long as the word of the first one's end is on its way
            need(self.ended(busy[0]), "I1", "a second open order", content)
            return 2
        if not self.calm and self.rng.random() < 0.1:
            return 2
        self.orders[content[1]] = {"content": content, "state": 4, "utc": content[14], "at": now}
        self.count += 2  # its decision and that it was placed are in the thing's ledger
        self.plan(content, now)
        return 0

    def check_order(self, content: dict) -> None:
        terms = self.offers.get(content[9])
        need(terms is not None, "I3", "an offer nobody made")
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
            order["state"] = 12
            if self.calm or self.rng.random() < 0.5:
                self.plans.append((now + DAY, body[1], {2: 8, 7: 0}))
        elif body[2] == 1 and order["state"] in (4, 5):
            self.plans = [plan for plan in self.plans if plan[1] != body[1]]
            self.plans.append((now, body[1], {2: 8, 7: 0}))

    def dispute(self, content: dict) -> None:
        """A raised dispute marks an open order; a denial must be true."""
        order = self.orders.get(content[1])
        need(content[3] != 1 or order is None, "I4", "denied what it had placed", content)
        if order and content[4] == 1 and order["state"] in (4, 5, 6, 7):
            order["state"] = 12

    def go_on(self, now: int) -> None:
        """Carry out what sellers planned for now."""
        for plan in sorted([p for p in self.plans if p[0] <= now], key=lambda p: p[0]):
            self.plans.remove(plan)
            order, told = self.orders[plan[1]], plan[2]
            if order["state"] in (9, 10, 8) or (order["state"] == 11 and told[2] != 7):
                continue
            if told[2] == 7:
                self.door += 1000 * told[3]
            if order["state"] not in (11, 12) or told[2] == 8:
                order["state"] = told[2]
            self.say(wire.ORDER_STATUS, {1: plan[1], **told})


class Schedule:
    """One thing, its endpoint, and everything that may happen to both."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        journal, beans, now = prepared()
        self.bench = bench = kit.Bench.__new__(kit.Bench)
        bench.product, bench.store = kit.PRODUCT, kit.Store()
        bench.store.journal = list(journal)
        bench.desk, bench.draw = kit.Desk(), kit.entropy()
        bench.now, bench.beans, bench.boiler = now, beans, 92.0
        self.endpoint = Endpoint(self.rng, 10000)
        self.air: list[bytes] = []  # frames on their way down
        self.past: list[bytes] = []  # frames that an attacker kept
        self.old_flash: list[bytes] | None = None
        self.skew = 0
        self.sequence = 1
        self.trace = hashlib.sha256()
        self.begun = now
        self.boot()
        self.endpoint.ended = lambda identifier: any(
            row[4] in (ordering.VERIFIED, ordering.CANCELLED)
            for row in ledger(bench, books.ORDER, identifier)
        )

    def run(self) -> str:
        """Run the schedule; return the digest of everything that left the thing."""
        for _ in range(HOSTILE_STEPS):
            self.hostile()
            self.check()
        self.settle()
        return self.trace.hexdigest()

    # -- what happens ----------------------------------------------------------------------------

    def hostile(self) -> None:
        rng, bench = self.rng, self.bench
        chance = rng.random()
        if chance < 0.08:
            bench.store.cut_at = bench.store.operations + rng.randrange(1, 4)
        elif chance < 0.12:
            self.boot()
        elif chance < 0.15:
            self.old_flash = list(bench.store.journal)
        elif chance < 0.17 and self.old_flash is not None:
            self.swap_flash(self.old_flash)
        elif chance < 0.18:
            self.swap_flash([])
        elif chance < 0.22:
            self.skew = rng.choice((0, 0, -3 * DAY, DAY, 32 * DAY, -400 * DAY))
        elif chance < 0.32:
            self.owner()
        bench.beans = max(3.0, bench.beans - rng.choice((0, 5, 20)))
        if self.endpoint.door and bench.beans < 400 and rng.random() < 0.5:
            self.refill()
        self.step(rng.choice((60, 600, 600, HOUR, 6 * HOUR)), rng.choice((0.0, 0.2, 0.6)))

    def swap_flash(self, journal: list[bytes]) -> None:
        self.bench.store.journal = list(journal)
        self.boot()

    def boot(self) -> None:
        """Switch the thing on; the power may fail again while it starts."""
        try:
            self.bench.boot()
        except kit.PowerCut:
            self.bench.boot()

    def refill(self) -> None:
        amount = min(1000.0 - self.bench.beans, self.endpoint.door)
        self.endpoint.door -= int(amount)
        self.bench.beans += amount

    def owner(self) -> None:
        """The owner signs something, or says something on the console."""
        rng, bench = self.rng, self.bench
        self.sequence += 1
        terms = rng.choice(({}, {"k6": 2}, {"k26": 3}, {"k27": {"beans": 1900}}, {"k18": [0, 600]}))
        document = rng.choice((
            kit.mandate(self.sequence, k13=SELLERS, **terms),
            kit.mandate(1, k13=SELLERS, k8=99999, k9=99999, k10=99999),  # replayed
            control(self.sequence, 1), control(self.sequence, 0),
        ))  # fmt: skip
        self.endpoint.say(wire.MANDATE, {1: document})
        words = ["pause", "resume", "status"]
        for order in bench.thing.orders.open:
            ref = order.ref()
            words += ["approve " + ref] * 3 + ["cancel " + ref, "received %s 1" % ref]
        bench.thing.feed_line(rng.choice(words), bench.up())

    def step(self, seconds: int, loss: float) -> None:
        """Let time pass: frames come in as the network likes, the thing thinks, frames go out."""
        rng, bench, endpoint = self.rng, self.bench, self.endpoint
        endpoint.go_on(bench.now)
        self.air += endpoint.frames(bench.now, kit.START_UTC + bench.now + self.skew)
        if loss and rng.random() < loss:
            rng.shuffle(self.air)
        arriving, self.air = self.air, []
        for frame in arriving:
            self.past.append(frame)
            if rng.random() < loss:
                continue
            bench.thing.feed_message(frame, bench.up())
            if rng.random() < loss / 2:
                bench.thing.feed_message(frame, bench.up())
        if loss and self.past:
            self.attack()
        try:
            sent = self.think(seconds)
        except kit.PowerCut:
            self.boot()
            sent = []
        for frame in sent:
            self.trace.update(frame)
            if rng.random() >= loss:
                endpoint.hear(frame, bench.now)

    def attack(self) -> None:
        """Old frames again, and one with a bit changed: neither may do anything."""
        thing, now = self.bench.thing, self.bench.up()
        thing.feed_message(self.rng.choice(self.past), now)
        frame = bytearray(self.rng.choice(self.past))
        frame[self.rng.randrange(len(frame))] ^= 1 << self.rng.randrange(8)
        thing.feed_message(bytes(frame), now)

    def think(self, seconds: int) -> list[bytes]:
        bench = self.bench
        thing = bench.thing
        for part in (seconds - seconds // 2, seconds // 2):
            bench.now += part
            thing.feed_reading(kit.BEANS, bench.beans, 0, bench.up())
            thing.feed_reading(kit.BOILER, bench.boiler, 0, bench.up())
            thing.step(bench.up())
        sent = []
        frame = thing.take_message()
        while frame is not None:
            sent.append(frame)
            frame = thing.take_message()
        while thing.take_effect():
            pass
        return sent

    # -- what must hold --------------------------------------------------------------------------

    def check(self) -> None:
        thing = self.bench.thing
        today, month = thing.budget.committed(None)
        need(today <= DAY_BUDGET and month <= MONTH_BUDGET, "I3", "budget", today, month)
        spent = sum(
            order["content"][7]
            for order in self.endpoint.orders.values()
            if order["state"] not in UNFULFILLED
        )
        months = (self.bench.now - self.begun) // (28 * DAY) + 2
        need(spent <= MONTH_BUDGET * months, "I3", "spent", spent)
        open_real = [order for order in thing.orders.open if not order.test]
        need(len(open_real) <= 1, "I1", "two open orders in the thing")
        need(thing.ledger.fault is None, "I6", thing.ledger.fault)

    def settle(self) -> None:
        """The calm part: everything comes to its end, and the next order is bought and seen."""
        bench, endpoint = self.bench, self.endpoint
        endpoint.calm, self.skew, bench.store.cut_at = True, 0, 0
        self.sequence += 1
        endpoint.say(wire.MANDATE, {1: kit.mandate(self.sequence, k13=SELLERS, k12=99,
                                                   k4=kit.START_UTC + 9999 * DAY)})
        bench.thing.feed_line("resume", bench.up())
        for number in range(CALM_STEPS):
            bench.beans = max(3.0, bench.beans - 15)
            if endpoint.door and bench.beans < 400:
                self.refill()
            self.step(2 * HOUR, 0.0)
            self.check()
            if number % 12 == 0:
                self.close_disputes()
        count, wrong = books.verify(bench.thing.journal.transactions())
        need(wrong is None, "I6", count, wrong)
        stuck = [order.state for order in bench.thing.orders.open
                 if order.state in (ordering.NEEDED, ordering.QUOTING)
                 and bench.thing._at - order.since > 3 * DAY]  # fmt: skip
        need(not stuck, "I2", "stuck", stuck)
        need(bench.thing.outbox.waiting() <= 2, "I2", "not delivered to the desk")

    def close_disputes(self) -> None:
        """The owner closes what nobody answers."""
        thing = self.bench.thing
        for order in list(thing.orders.open):
            if order.state == ordering.DISPUTED:
                thing.feed_line("cancel " + order.ref(), self.bench.up())


def run(count: int, first: int = 0) -> list[tuple[int, BaseException]]:
    """Run schedules by seed; return the seeds that broke, with what broke."""
    broken = []
    for seed in range(first, first + count):
        try:
            Schedule(seed).run()
        except Broken as error:
            broken.append((seed, error))
    return broken


def main() -> int:
    numbers = [int(word) for word in sys.argv[1:]]
    broken = run(*(numbers or [2000]))
    for seed, error in broken:
        print(f"seed {seed}: {error}")
    print(f"{len(broken)} of {(numbers or [2000])[0]} schedules broke an invariant")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
