"""Random schedules against the money rooms: one seed, one schedule, the same every time.

    python tests/schedules.py [N] [FIRST_SEED]

A hostile part, in which anything of the list below may happen, and a calm part, in which everything
must come to its end and a new order be bought and seen. The invariants (DESIGN.md) are checked all
the way, from what leaves the thing and what its desk accepted.

    network    frames lost, doubled, reordered, late by an hour to 30 days, both ways; old ones
               again, and some with a bit changed
    power      cut in any flash operation, also while starting; a start anew; off for up to 30 days
    flash      an old copy comes back, the same one several times; all of it is lost (amnesia)
    clock      unknown after a start; forward a day or a month, back three days or a year; midnight
               and the ends of months go by, more of them when it jumps
    mandate    replaced, replayed with higher budgets, paused, resumed, through the desk and on the
               console; asks always, bargains, has a walk-away price or quiet hours
    owner      pause, resume, approve (also other terms), deny, cancel, received (right, none, too
               many, wrong, back, nothing), a test order; a signed yes, no or cancel through the
               desk, by another key, of other terms, for less, replayed
    offers     quantity 0, -1 and 2^31, pack 0 or another; other currency, item, seller, need, key;
               expired, sum wrong, above the cap, quality 101, no offer at all; replayed, declined,
               not answered; late, when another was chosen or the order placed
    sellers    honest, refusing, silent; a cent more, half of it, twice, never, a week late
    desk       refuses one order in ten for good; says of any order, or of one that never was, any
               state with any packs and charge
"""

import functools
import hashlib
import multiprocessing
import os
import random
import sys
from collections.abc import Iterable

import quick_cbor
from schedule_endpoint import DAY, HOUR, OPEN, UNFULFILLED, Broken, Endpoint, kit, need

from market_bench import SELLERS, control, ledger, verified  # isort: skip - the line above finds it

from agent.money import ledger as books
from agent.money import orders as ordering
from agent.wire import messages as wire

DAY_BUDGET, MONTH_BUDGET = 10000, 30000
HOSTILE_STEPS, CALM_STEPS = 50, 70
LOW = 250  # grams of beans below which more must be bought
PART = 25  # schedules that a process takes at a time


@functools.cache
def prepared() -> tuple[list[bytes], float, int]:
    """Flash, level and second of a thing that is reconciled, has a mandate and runs low."""
    bench = kit.Bench()
    bench.serve(4)
    bench.say(wire.MANDATE, {1: kit.mandate(1, k13=SELLERS)}, 900)
    bench.serve(2)
    while bench.thing.trade.orders.open == []:
        bench.beans -= 20
        bench.serve()
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    return list(bench.store.journal), bench.beans, bench.now


class Schedule:
    """One thing, its endpoint, and everything that may happen to both."""

    SELLERS = SELLERS

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        journal, beans, now = self.start()
        self.bench = bench = kit.Bench.__new__(kit.Bench)
        bench.product, bench.store = kit.PRODUCT, kit.Store()
        bench.store.journal = list(journal)
        bench.desk, bench.draw = kit.Desk(), kit.entropy()
        bench.now, bench.beans, bench.boiler = now, beans, 92.0
        self.endpoint = self.other_side()
        self.air: list[bytes] = []  # frames on their way down
        self.past: list[bytes] = []  # frames that an attacker kept
        self.under_way: list[tuple[int, bool, bytes]] = []  # until when, up or down, delayed frames
        self.holds: int | None = None  # for how long a lost frame is late; None: as it comes
        self.old_flash: list[bytes] | None = None
        self.skew = 0
        self.sequence = 1
        self.asks: dict[str, int] = {}  # what the owner's mandates have in common
        self.trace = hashlib.sha256()
        self.begun = now
        self.boot()
        self.endpoint.ended = lambda identifier: any(
            row[4] in (ordering.VERIFIED, ordering.CANCELLED)
            for row in ledger(bench, books.ORDER, identifier)
        )

    @staticmethod
    def prepare() -> None:
        """Make once what every schedule begins with."""
        prepared()

    def start(self) -> tuple[list[bytes], float, int]:
        """What the thing begins with: flash, level, second."""
        return prepared()

    def other_side(self) -> Endpoint:
        return Endpoint(self.rng, 10000)

    def mandate(self, sequence: int, **terms: object) -> bytes:
        return kit.mandate(sequence, k13=self.SELLERS, **terms)

    def run(self) -> str:
        """Run the schedule; return the digest of everything that left the thing."""
        if self.rng.random() < 0.4:  # an owner who wants to be asked about everything
            self.sequence, self.asks = 2, {"k6": 2}
            self.endpoint.say(wire.MANDATE, {1: self.mandate(2, k6=2)})
        for number in range(HOSTILE_STEPS):
            self.hostile()
            self.check()
            if number % 10 == 9:
                self.check_approvals()
        self.settle()
        return self.trace.hexdigest()

    # -- what happens ----------------------------------------------------------------------------

    def hostile(self) -> None:
        rng, bench = self.rng, self.bench
        chance = rng.random()
        if chance < 0.08:
            self.cut(rng.randrange(1, 4))
        elif chance < 0.12:
            self.boot()
        elif chance < 0.15:
            self.old_flash = list(bench.store.journal)
        elif chance < 0.17 and self.old_flash is not None:
            self.swap_flash(self.old_flash)
        elif chance < 0.18:
            self.swap_flash([])
        elif chance < 0.22:
            self.turn_clock()
        elif chance < 0.32:
            self.owner()
        elif chance < 0.35:
            self.endpoint.nonsense()
        elif chance < 0.355:
            bench.now += rng.randrange(30 * DAY)  # without power
            self.boot()
        if self.endpoint.questions and rng.random() < 0.3:
            self.endpoint.answer()
        bench.beans = max(3.0, bench.beans - rng.choice((0, 5, 20)))
        if self.endpoint.door and bench.beans < 400 and rng.random() < 0.5:
            self.refill()
        self.step(rng.choice((60, 600, 600, HOUR, 6 * HOUR)), rng.choice((0.0, 0.2, 0.6)))

    def turn_clock(self) -> None:
        self.skew = self.rng.choice((0, 0, -3 * DAY, DAY, 32 * DAY, -400 * DAY))

    def cut(self, operations: int) -> None:
        """Let the power fail in the flash operation that comes after so many less one."""
        self.bench.store.cut_at = self.bench.store.operations + operations

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
            self.mandate(self.sequence, **(self.asks | terms)),
            self.mandate(1, k8=99999, k9=99999, k10=99999),  # replayed
            control(self.sequence, 1), control(self.sequence, 0),
        ))  # fmt: skip
        self.install(document)
        words = ["pause", "resume", "status", "test-order beans"]
        for order in bench.thing.trade.orders.open:
            ref = order.ref()
            words += ["approve " + ref] * 3 + [
                f"approve {ref} 00000000", "deny " + ref, "cancel " + ref,
                *(f"received {ref} {came}" for came in (1, 1, 0, 5, "wrong", "back", "nothing")),
            ]  # fmt: skip
        line = rng.choice(words)
        self.endpoint.agreed |= {order.id for order in bench.thing.trade.orders.open
                                 if line == "approve " + order.ref()}  # fmt: skip
        self.endpoint.withdrawn |= {order.id for order in bench.thing.trade.orders.open
                                    if line in ("cancel " + order.ref(), "deny " + order.ref())}
        bench.thing.feed_line(line, bench.up())

    def install(self, document: bytes) -> None:
        """Through the desk, or on the console, where its desk hears of it by the thing alone."""
        if self.rng.random() < 0.7:
            self.endpoint.say(wire.MANDATE, {1: document})
        else:
            self.bench.thing.feed_line("mandate " + document.hex(), self.bench.up())

    def step(self, seconds: int, loss: float) -> None:
        """Let time pass: frames come in as the network likes, the thing thinks, frames go out."""
        rng, bench, endpoint = self.rng, self.bench, self.endpoint
        endpoint.go_on(bench.now)
        self.air += endpoint.frames(bench.now, kit.START_UTC + bench.now + self.skew)
        if loss and rng.random() < loss:
            rng.shuffle(self.air)
        arriving, self.air = self.arrived(False) + self.air, []
        for frame in arriving:
            self.past.append(frame)
            if rng.random() < loss:
                self.delay(False, frame)
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
        for frame in self.arrived(True):
            endpoint.hear(frame, bench.now)
        for frame in sent:
            self.trace.update(frame)
            if rng.random() < loss:
                self.delay(True, frame)
                continue
            endpoint.hear(frame, bench.now)
            if rng.random() < loss / 2:
                endpoint.hear(frame, bench.now)

    def delay(self, up: bool, frame: bytes) -> None:
        """What is lost may only be late, up to a month."""
        if self.holds or self.rng.random() < 0.3:
            late = self.holds or self.rng.choice((HOUR, DAY, 5 * DAY, 30 * DAY))
            self.under_way.append((self.bench.now + late, up, frame))

    def arrived(self, up: bool) -> list[bytes]:
        """Take the delayed frames of a direction whose time has come."""
        come = [one for one in self.under_way if one[0] <= self.bench.now and one[1] == up]
        self.under_way = [one for one in self.under_way if one not in come]
        return [frame for _, _, frame in come]

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
        today, month = thing.trade.budget.committed(None, "EUR")
        need(today <= DAY_BUDGET and month <= MONTH_BUDGET, "I3", "budget", today, month)
        spent = sum(
            order["content"][7]
            for order in self.endpoint.orders.values()
            if order["state"] not in UNFULFILLED and not order["content"][12]
        )
        months = (self.bench.now - self.begun) // (28 * DAY) + 2
        need(spent <= MONTH_BUDGET * months, "I3", "spent", spent)
        open_real = [order for order in thing.trade.orders.open if not order.test]
        need(len(open_real) <= 1, "I1", "two open orders in the thing")
        need(thing.trade.ledger.fault is None, "I6", thing.trade.ledger.fault)

    def check_approvals(self) -> None:
        """Nothing counts as approved or taken back but what the owner said or signed so."""
        for row in ledger(self.bench, books.ORDER):
            if row[4] == ordering.AWAITING and str(row[5]).startswith("approved"):
                need(row[3] in self.endpoint.agreed, "I4", "approved by nobody", row)
            if row[5] == "asked to cancel":
                need(row[3] in self.endpoint.withdrawn, "I4", "cancelled by nobody", row)

    def settle(self) -> None:
        """The calm part: everything comes to its end, and the next order is bought and seen.

        Steps count while there is little left: what an order of the hostile part brings late is
        used up before there is anything to buy.
        """
        bench, endpoint = self.bench, self.endpoint
        endpoint.calm, self.skew, bench.store.cut_at = True, 0, 0
        self.sequence += 1
        self.install(self.mandate(self.sequence, k12=99, k4=kit.START_UTC + 9999 * DAY))
        bench.thing.feed_line("resume", bench.up())
        begun, lacked = bench.now, 0
        for number in range(5 * CALM_STEPS):  # more than sellers ever bring at once
            bench.beans = max(3.0, bench.beans - 30)
            if endpoint.door and bench.beans < 400:
                self.refill()
            self.step(4 * HOUR, 0.0)
            self.check()
            if number % 6 == 0:
                self.close_disputes()
            lacked += bench.beans + endpoint.door < LOW
            done = self.bought_since(begun, True) and not bench.thing.trade.orders.open
            if done or lacked == CALM_STEPS:
                break
        for _ in range(3):  # for what the last of these steps sent to be answered
            self.step(60, 0.0)
        count, wrong = verified(bench.thing.journal.transactions())
        need(wrong is None, "I6", count, wrong)
        stuck = [order.state for order in bench.thing.trade.orders.open
                 if order.state in (ordering.NEEDED, ordering.QUOTING)
                 and bench.thing._at - order.since > 3 * DAY]  # fmt: skip
        need(not stuck, "I2", "stuck", stuck)
        need(bench.thing.outbox.waiting() <= 2, "I2", "not delivered to the desk")
        awaited = [order for order in bench.thing.trade.orders.open
                   if order.promised + 4 * DAY > bench.thing._at]  # a seller put it off by a month
        bought = self.bought_since(begun, False) or bool(awaited)
        need(bought, "I2", "nothing bought in the calm part")
        bench.now += 31 * DAY  # what was still under way comes now
        self.step(HOUR, 0.0)
        self.check()

    def bought_since(self, begun: int, seen: bool) -> bool:
        """Whether there is an order of the calm part, and the thing's own sensor saw it come."""
        states = (ordering.VERIFIED,) if seen else (*OPEN, ordering.VERIFIED)
        return any(order["at"] >= begun and order["state"] in states and not order["content"][12]
                   for order in self.endpoint.orders.values())  # fmt: skip

    def close_disputes(self) -> None:
        """The owner closes what nobody answers."""
        thing = self.bench.thing
        for order in list(thing.trade.orders.open):
            if order.state == ordering.DISPUTED:
                thing.feed_line("cancel " + order.ref(), self.bench.up())


def broken_by(kind: type[Schedule], seeds: Iterable[int]) -> list[tuple[int, str]]:
    """Run schedules by seed; return the seeds that broke, with what broke."""
    broken = []
    with quick_cbor.installed():
        for seed in seeds:
            try:
                kind(seed).run()
            except Broken as error:
                broken.append((seed, str(error)))
            except Exception as error:
                raise RuntimeError(f"seed {seed}: {error!r}") from error
    return broken


def run(count: int, first: int = 0, kind: type[Schedule] = Schedule) -> list[tuple[int, str]]:
    """Run so many schedules from a first seed on, on all cores."""
    kind.prepare()  # once, and every process has it
    part = min(PART, -(-count // (os.cpu_count() or 1)))
    parts = [range(n, min(n + part, first + count)) for n in range(first, first + count, part)]
    work = functools.partial(broken_by, kind)
    with multiprocessing.get_context("fork").Pool() as pool:
        return [one for part in pool.imap_unordered(work, parts) for one in part]


def main(kind: type[Schedule] = Schedule, count: int = 2000) -> int:
    numbers = [int(word) for word in sys.argv[1:]] or [count]
    broken = run(numbers[0], numbers[1] if len(numbers) > 1 else 0, kind)
    for seed, error in sorted(broken):
        print(f"seed {seed}: {error}")
    print(f"{len(broken)} of {numbers[0]} schedules broke an invariant")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
