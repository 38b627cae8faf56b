"""Random schedules of tests/schedules.py against the real desk, its database and its sellers.

    python tests/schedule_desk.py [N] [FIRST_SEED]

All that happens to the thing there happens to it here, and on top of it, on the other side:

    desk       two workers on one SQLite database, either of which takes in the next frame, hands
               out the next or does what is due; killed inside a transaction, and between the commit
               and the sending; started anew; frames of the thing that an attacker kept, again
    clock      the desk's is put forward by a day or a month, and back by up to three days
    sellers    two, each of a character of sim/desk/market.py, offers of which some are nonsense
    people     a seller's staff says any state of any order, answers disputes, settles them
    owner      through the desk as its pages do it, and past its checks, as one that was taken over

Keys are real here, for the desk checks signatures with a library of its own. What must hold is
looked up on both sides, and after the calm part both must say the same.
"""

import contextlib
import functools
import itertools
import random
import sqlite3
import sys
from collections.abc import Iterator

import quick_cbor
import schedules
from schedule_endpoint import DAY, HOUR, NONSENSE, OPEN, Endpoint, kit, need

from agent.money import orders as ordering
from agent.wire import cbor, cose
from agent.wire import messages as wire
from hal.linux import p256
from sim.desk import approvals, codec
from sim.desk.core import Desk
from sim.desk.intake import KNOWN
from sim.desk.market import KINDS
from sim.desk.models import OrderState
from sim.desk.suppliers import Article, HonestSupplier
from sim.desk.work import Refused

DIES = 0.02  # how often a worker is killed while it does one thing
HONEST = 0.5  # of the sellers
DECIDES_S = 4 * DAY
KEYS = {"roaster": kit.SELLER, "second": b"2" * 32}
PRICES = {"roaster": 1500, "second": 1600}
SELLERS = [[name, p256.public_key(key), 30000] for name, key in KEYS.items()]
NUMBERS = itertools.count()
STATEMENTS: dict = {}  # as compiled by a worker, for those that come after it


class Died(Exception):
    """A worker of the desk was killed."""


@contextlib.contextmanager
def real_keys() -> Iterator[None]:
    """The thing, its owner and its sellers sign as they do outside of tests."""
    plain, kit.SIGNER = kit.SIGNER, p256
    try:
        yield
    finally:
        kit.SIGNER = plain


class Careless(HonestSupplier):
    """Some offers of a seller are nonsense, or signed by nobody's key."""

    rng: random.Random

    def sign(self, content: dict) -> bytes:
        if self.rng.random() < 0.3:
            content = content | self.rng.choice(NONSENSE)
        if self.rng.random() < 0.05:
            return codec.sign(content, codec.new_private_key(9))
        return super().sign(content)


class RealDesk(Endpoint):
    """The desk's own code in the place of the endpoint that tests/schedule_endpoint.py plays."""

    def __init__(self, rng: random.Random, content: bytes | None):
        super().__init__(rng, 0)
        name = f"file:/schedule-{next(NUMBERS)}?vfs=memdb"  # in memory, of all who open it
        self.url = f"sqlite:///{name}&uri=true"
        # Keeps the database while no worker runs, and looks at it behind their backs.
        self.rows = sqlite3.connect(name, uri=True)
        if content:
            with contextlib.closing(sqlite3.connect(":memory:")) as kept:
                kept.deserialize(content)
                kept.backup(self.rows)
        self.kinds = {name: "honest" if rng.random() < HONEST else rng.choice(sorted(KINDS))
                      for name in KEYS}  # fmt: skip
        self.decides_s = rng.choice((None, DECIDES_S))
        self.skew = self.now = self.down_seq = 0
        self.kept: list[bytes] = []  # frames that an attacker kept
        self.begun: dict[bytes, int] = {}  # orders, by when they were first seen
        self.workers = [self.worker(), self.worker()]

    def worker(self) -> Desk:
        """A process of the desk; what its sellers know is its own."""
        desk = Desk(
            self.url,
            clock=lambda: kit.START_UTC + self.now + self.skew,
            suppliers=[self.seller(name) for name in KEYS],
            decides_s=self.decides_s,
            on_delivered=self.put_down,
        )
        desk.database.engine.update_execution_options(compiled_cache=STATEMENTS)
        return desk

    def seller(self, name: str) -> HonestSupplier:
        rng = random.Random(self.rng.random())
        kind: type[HonestSupplier] = HonestSupplier
        if not self.calm:
            kind = type("Seller", (Careless, KINDS[self.kinds[name]]), {"rng": rng})
        article = Article("BEAN-1", PRICES[name], 1000)
        return kind(name, [article], rng=rng,
                    private_key=codec.new_private_key(int.from_bytes(KEYS[name])))  # fmt: skip

    def put_down(self, parcel) -> None:
        self.door += 1000 * parcel.packs if parcel.sku == "BEAN-1" else 0

    def any(self) -> Desk:
        """Whichever worker comes first; a new one in its place now and then."""
        number = self.rng.randrange(len(self.workers))
        if not self.calm and self.rng.random() < DIES:
            self.restart(number)
        return self.workers[number]

    def restart(self, number: int) -> None:
        self.workers[number].close()
        self.workers[number] = self.worker()

    def dies(self) -> bool:
        return not self.calm and self.rng.random() < DIES

    def killed(self, action) -> None:
        """A worker is killed when it has done everything but the commit."""

        def work(work) -> None:
            action(work)
            raise Died

        number = self.rng.randrange(len(self.workers))
        with contextlib.suppress(Died):
            self.workers[number].act(work)
        self.restart(number)

    def settle_down(self) -> None:
        """From here on nothing goes wrong but what has been begun."""
        self.calm = True
        for number in range(len(self.workers)):
            self.restart(number)

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
        self.rows.close()

    # -- what Schedule asks of its other side ----------------------------------------------------

    def say(self, kind: int, body: dict, wants_ack: bool = True) -> None:
        desk = self.any()
        if kind == wire.APPROVAL:
            self.relay(desk, body[1])
        else:
            desk.send(kit.THING, kind, document=body[1])

    def relay(self, desk: Desk, document: bytes) -> None:
        """As the desk's page does it; what it refuses, one that was taken over may send."""
        content = cbor.decode(cose.sign1_peek(document)[1])
        carry = approvals.cancel if content[0] == "cancel" else approvals.relay
        try:
            desk.act(lambda work: carry(work, kit.THING, content[1], document))
        except (Refused, codec.CodecError):
            if self.rng.random() < 0.5:
                desk.send(kit.THING, wire.APPROVAL, document=document)

    def go_on(self, now: int) -> None:
        self.now = now
        if self.dies():
            self.killed(lambda work: self.workers[0]._look(work))
        if self.due("tasks"):
            self.any().tick()

    def frames(self, now: int, utc: int) -> list[bytes]:
        made: list[bytes] = []
        while self.due("outgoing") and (taken := self.any().take()) is not None:
            number = self.down.open(taken[1])[wire.SEQ]
            need(number > self.down_seq, "I5", "a frame down with number", number)
            self.down_seq = number
            made.append(taken[1])
            if self.dies():  # taken and committed, and never published
                made.pop()
                self.restart(self.rng.randrange(len(self.workers)))
        return made

    def hear(self, frame: bytes, now: int) -> None:
        self.now = now
        self.kept.append(frame)
        if self.dies():
            self.killed(lambda work: self.workers[0]._receive(work, kit.THING, frame))
            if self.rng.random() < 0.5:
                return  # and the broker had no answer, but forgot it, too
        self.take_in(frame)
        if not self.calm and self.rng.random() < 0.1:
            self.take_in(self.rng.choice(self.kept))

    def take_in(self, frame: bytes) -> None:
        message = self.up.open(frame)
        (before,) = self.one("SELECT up_seq FROM things")
        self.any().receive(kit.THING, frame)
        (after,) = self.one("SELECT up_seq FROM things")
        rises = message[wire.SEQ] > before
        need(after >= message[wire.SEQ] if rises else after == before, "I5", before, after)
        if not rises:
            return
        if message[wire.KIND] == wire.QUESTION and 2 in message[wire.BODY]:
            self.questions.append(message[wire.BODY])
        if message[wire.KIND] == wire.ORDER:
            self.check_answer(message)

    def check_answer(self, message: dict) -> None:
        """A taken order was allowed; one refused for another's sake was sent in good faith."""
        content = cbor.decode(cose.sign1_peek(message[wire.BODY][1])[1])
        outcome, reason = self.one(
            "SELECT outcome, reason FROM messages WHERE message_id = ?", message[wire.ID]
        )
        if outcome == wire.REFUSED:
            busy = [i for i, order in self.orders.items() if order["state"] in OPEN
                    and order["content"][12] == content[12]]  # fmt: skip
            if "is open for this consumable" in reason and busy:
                need(self.ended(busy[0]), "I1", "a second open order", content)
            return
        self.offers = {
            row[0]: cbor.decode(cose.sign1_peek(row[1])[1])
            for row in self.rows.execute("SELECT hash, document FROM offers WHERE hash NOT NULL")
        }
        self.check_order(content)
        self.look()

    def look(self) -> None:
        """Learn what the database holds of orders."""
        self.orders = {}
        for order, document, state in self.rows.execute(
            "SELECT order_id, document, state FROM orders ORDER BY number"
        ):
            content = cbor.decode(cose.sign1_peek(document)[1])
            at = self.begun.setdefault(order, self.now)
            self.orders[order] = {"content": content, "state": state, "at": at}
        for test in (False, True):
            held = [o for o in self.orders.values()
                    if o["state"] in OPEN and o["content"][12] == test]  # fmt: skip
            need(len(held) <= 1, "I1", "two open orders at the desk")

    def nonsense(self) -> None:
        """A seller's staff says anything, or of an order that never was."""
        rng, desk = self.rng, self.any()
        numbers = [row[0] for row in self.rows.execute("SELECT number FROM orders")]
        disputed = [row[0] for row in self.rows.execute("SELECT number FROM disputes")]
        charged = rng.choice((None, 0, 1, 1 << 40))
        way = rng.random()
        with contextlib.suppress(Refused):
            if disputed and way < 0.3:
                desk.settle_dispute(rng.choice(disputed), "so be it", charged or 0)
            elif disputed and way < 0.6:
                desk.answer_dispute(rng.choice(disputed), "hm", rng.random() < 0.5, charged)
            elif numbers and way < 0.8:
                state = OrderState(rng.randrange(5, 11))
                packs, eta_s = rng.choice((None, 0, 1)), rng.choice((None, 0, 1 << 40))
                desk.set_order(rng.choice(numbers), state, packs=packs, eta_s=eta_s,
                               charged_minor=charged)  # fmt: skip
            else:
                desk.send(kit.THING, wire.ORDER_STATUS, order=rng.randbytes(16),
                          state=rng.randrange(5, 11), charged_minor=charged)  # fmt: skip

    def due(self, table: str) -> bool:
        """Whether there is anything to do: to find that there is not takes a worker long."""
        utc = kit.START_UTC + self.now + self.skew
        return self.one(f"SELECT count(*) FROM {table} WHERE due <= ?", utc) != (0,)

    def one(self, query: str, *values: object) -> tuple:
        return self.rows.execute(query, values).fetchone()


class DeskSchedule(schedules.Schedule):
    """A schedule with the real desk on the other side."""

    SELLERS = SELLERS
    endpoint: RealDesk

    def __init__(self, seed: int):
        with real_keys():
            super().__init__(seed)

    @staticmethod
    def prepare() -> None:
        prepared()

    def start(self) -> tuple[list[bytes], float, int]:
        return prepared()[:3]

    def other_side(self) -> RealDesk:
        return RealDesk(self.rng, prepared()[3])

    def turn_clock(self) -> None:
        """The desk's own; far back it would wait that long for all that it put off."""
        self.endpoint.skew += self.rng.choice((-3 * DAY, -5 * HOUR, HOUR, DAY, 32 * DAY))

    def run(self) -> str:
        with real_keys():
            try:
                return super().run()
            finally:
                self.endpoint.close()

    def check(self) -> None:
        self.endpoint.look()
        super().check()

    def settle(self) -> None:
        self.endpoint.settle_down()
        super().settle()
        self.check_agreement()

    def check_agreement(self) -> None:
        """After the calm part thing and desk say the same of orders, mandate and questions."""
        thing, desk = self.bench.thing, self.endpoint
        mine = {o.id: o.state for o in thing.trade.orders.open if o.state >= ordering.PLACED}
        theirs = {i: o["state"] for i, o in desk.orders.items() if o["state"] in OPEN}
        need(mine == theirs, "I6", "open orders", mine, theirs)
        for order in thing.trade.orders.lately():
            held = desk.orders.get(order.id)
            same = held["state"] == order.state if held else not order.placed
            need(same, "I6", "the last order", order.state, held)
        (known,) = desk.one(f"SELECT json_extract(hello, '$.{KNOWN}') FROM things")
        need(known == thing.trade.mandate.sequence(), "I4", "mandate", known)
        (asked,) = desk.one("SELECT count(*) FROM questions WHERE state = 1")
        need(asked == 0, "I2", "questions that wait", asked)
        (waits,) = desk.one("SELECT count(*) FROM outgoing WHERE wants_ack")
        need(waits <= 2, "I2", "not delivered to the thing", waits)


class First(DeskSchedule):
    """The beginning of all: a new thing at a new desk."""

    def start(self) -> tuple[list[bytes], float, int]:
        return [], 800.0, 0

    def other_side(self) -> RealDesk:
        desk = RealDesk(self.rng, None)
        desk.calm = True
        desk.workers[0].provision(kit.THING, kit.ROOT, p256.public_key(kit.THING_KEY))
        return desk


@functools.cache
def prepared() -> tuple[list[bytes], float, int, bytes]:
    """Flash, level and second of a thing that has a mandate and runs low; what its desk holds."""
    with real_keys(), quick_cbor.installed():
        first = First(0)
        bench = first.bench
        for number in range(6):
            first.step(600, 0.0)
            if number == 2:
                first.endpoint.say(wire.MANDATE, {1: first.mandate(1)})
        while not bench.thing.trade.orders.open:
            bench.beans -= 20
            first.step(600, 0.0)
        bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
        content = first.endpoint.rows.serialize()
        first.endpoint.close()
    return list(bench.store.journal), bench.beans, bench.now, content


if __name__ == "__main__":
    sys.exit(schedules.main(DeskSchedule, 200))
