"""The invariants of money and decisions (DESIGN.md, chapter 6), checked from outside.

Every check reads what was observed, the desk's tables or the journal's bytes; none asks the agent.
A check says how many facts it looked at: one that found nothing to look at was not exercised,
which is not the same as held.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import cbor2

from sim.desk.models import OPEN_ORDER, OrderState
from sim.world.clock import DAY, HOUR

QUOTING_MOST_S = DAY
"""A need that has had the network this long must be ordered, refused or escalated."""

BOOT_MOST_S = 15 * 60
"""How long a thing may take from power to its first hello, with the network up."""

NEED, ORDER, MANDATE, RECONCILED = 1, 3, 4, 7
"""Kinds of ledger entries, as agent/money/ledger.py writes them."""

ENTRY, CHECKPOINT = 20, 21

# How far along its life an order is; a ledger that ever goes down this scale is broken.
RANK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 12: 8, 8: 9, 9: 9, 10: 9, 11: 9}
WAITING = (1, 2)
SAID_BY_SELLER = (5, 6, 7)
UNFULFILLED = (OrderState.CANCELLED, OrderState.REFUSED, OrderState.EXPIRED)


@dataclass
class Check:
    """One invariant: how many facts were looked at and what was found broken."""

    words: str
    checked: int = 0
    broken: list[str] = field(default_factory=list)

    def fact(self, holds: bool, otherwise: str) -> None:
        self.checked += 1
        if not holds:
            self.broken.append(otherwise)

    @property
    def state(self) -> str:
        if self.broken:
            return "broken"
        return "held" if self.checked else "not exercised"


@dataclass
class Book:
    """The ledger as read from the journal's bytes: entries, and what is wrong with the chain."""

    entries: list[list] = field(default_factory=list)
    first: int = 0
    links: dict[int, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_book(transactions) -> Book:
    """Walk the hash chain anew: SHA-256(previous link || entry), 16 bytes of it written beside.

    A checkpoint that does not follow begins a new chain if its first entry says RECONCILED: flash
    was damaged, and the desk has told what may have been forgotten.
    """
    book, head, count, gap = Book(), bytes(32), 0, None
    for transaction in transactions:
        for record in transaction[1:]:
            if record[0] == CHECKPOINT:
                if count and (record[1], record[2]) != (count, head):
                    gap = f"checkpoint {record[1]} does not continue entry {count}"
                count, head = record[1], record[2]
                book.first = count if not book.entries else book.first
            elif record[0] == ENTRY:
                head = hashlib.sha256(head + record[1]).digest()
                entry = cbor2.loads(record[1])
                if gap and entry[2] == RECONCILED:
                    book.faults.clear()
                    book.links.clear()
                elif gap:
                    book.faults.append(gap)
                gap = None
                if head[:16] != record[2]:
                    book.faults.append(f"entry {count} does not match its link")
                if entry[0] != count:
                    book.faults.append(f"entry {count} calls itself {entry[0]}")
                count += 1
                book.entries.append(entry)
            book.links[count] = head[:16]
    return book


def check(
    observer, orders: list, book: Book, mandate, now: int, cut_s: int, twice: tuple[str, ...] = ()
) -> dict[str, Check]:
    """All invariants of one thing at the end of a run.

    orders: the desk's Order rows; mandate: the scenario's terms or None; now: the last second;
    cut_s: when the network was last cut off (0: never); twice: sellers that bring things twice.
    """
    return {
        "I1": one_fulfilment(observer, orders, twice),
        "I2": every_need_decided(book, now, cut_s),
        "I3": within_budget(observer, orders, mandate),
        "I4": only_verified_words(observer, book),
        "I5": sequences_rise(observer),
        "I6": ledger_forward(observer, book),
        "I7": every_boot_arrives(observer, now),
        "I8": detection_without_cloud(observer),
    }


def one_fulfilment(observer, orders: list, twice: tuple[str, ...] = ()) -> Check:
    """twice: sellers whose second parcel is their own doing."""
    check = Check("at most one fulfilled order per need")
    parcels: dict[str, int] = {}
    spoilt = {order.order_id for order in orders if order.seller in twice}
    for _, number, order_id, _ in observer.parcels:
        if order_id not in spoilt:
            parcels[number] = parcels.get(number, 0) + 1
    for number, count in parcels.items():
        check.fact(count == 1, f"order {number} was brought {count} times")
    cycles: dict[tuple, int] = {}
    for order in orders:
        if not order.test and order.state not in UNFULFILLED:
            key = (order.consumable, order.cycle)
            cycles[key] = cycles.get(key, 0) + 1
    for (consumable, cycle), count in cycles.items():
        check.fact(count == 1, f"{consumable} cycle {cycle} was ordered {count} times")
    still_open: dict[str, int] = {}
    for order in orders:
        if order.state in OPEN_ORDER and not order.test:
            still_open[order.consumable] = still_open.get(order.consumable, 0) + 1
    for consumable, count in still_open.items():
        check.fact(count == 1, f"{count} orders are open for {consumable}")
    return check


def every_need_decided(book: Book, now: int, cut_s: int) -> Check:
    check = Check("every need ends in ordered, refused or escalated")
    opened, state, escalated = {}, {}, set()
    for entry in book.entries:
        if entry[2] == NEED:
            opened[entry[3]] = (entry[1], entry[4])
            state[entry[3]] = 1
        elif entry[2] == ORDER:
            if entry[4] == state.get(entry[3]):
                escalated.add(entry[3])
            state[entry[3]] = entry[4]
    for order, (at, consumable) in opened.items():
        stuck = state[order] in WAITING and order not in escalated
        old = now - max(at, cut_s) > QUOTING_MOST_S
        check.fact(not (stuck and old), f"need of {consumable} from {_when(at)} still waits")
    return check


def within_budget(observer, orders: list, mandate) -> Check:
    check = Check("committed sum within budget, each order within its cap")
    ended = {o.order_id: o.changed_at for o in orders if o.state in UNFULFILLED}
    spent: list[tuple[int, int, bytes]] = []
    for order_id, (at, order) in observer.orders.items():
        if order["test"]:
            continue
        if mandate is None:
            check.fact(False, "an order without a mandate")
            continue
        utc = observer.world.start_unix + at
        check.fact(order["total_minor"] <= mandate.cap,
                   f"an order of {order['total_minor']} is above the cap of {mandate.cap}")
        spent.append((utc, order["total_minor"], order_id))
        alive = [row for row in spent if ended.get(row[2], utc + 1) > utc]
        for word, same, most in (("day", _day, mandate.day_budget),
                                 ("month", _month, mandate.month_budget)):
            total = sum(row[1] for row in alive if same(row[0]) == same(utc))
            check.fact(total <= most, f"{total} committed in a {word} with {most} allowed")
    return check


def only_verified_words(observer, book: Book) -> Check:
    check = Check("no state change without a verified message")
    for entry in book.entries:
        if entry[2] == ORDER and entry[4] in SAID_BY_SELLER and len(entry) > 4:
            check.fact((entry[3], entry[4]) in observer.told,
                       f"order {entry[3].hex()[:8]} became {entry[4]}, which the desk never said")
    return check


def sequences_rise(observer) -> Check:
    check = Check("accepted sequence numbers strictly rise")
    for direction, numbers in observer.sequences.items():
        for (then, before), (at, after) in pairwise(numbers):
            if direction == "up" and observer.forgot_between(then, at):
                continue
            check.fact(after > before, f"{direction}: {after} after {before}")
    for (then, earlier), (at, later) in pairwise(observer.hellos):
        if not observer.forgot_between(then, at):
            before, after = earlier[7], later[7]
            check.fact(after >= before, f"the thing forgot: it had heard {before}, then {after}")
    return check


def ledger_forward(observer, book: Book) -> Check:
    check = Check("ledger states only move forward, the chain verifies")
    check.checked += len(book.entries)
    check.broken += book.faults
    rank: dict[bytes, int] = {}
    for entry in book.entries:
        if entry[2] != ORDER:
            continue
        step = RANK[entry[4]]
        check.fact(step >= rank.get(entry[3], 0),
                   f"order {entry[3].hex()[:8]} went back to state {entry[4]}")
        rank[entry[3]] = step
    damaged = max(observer.damaged, default=-1)
    for at, body in observer.hellos:
        if at > damaged and body[8] in book.links:
            check.fact(book.links[body[8]].startswith(body[9]),
                       f"the link told after {body[8]} entries is no longer in the chain")
    return check


def every_boot_arrives(observer, now: int) -> Check:
    check = Check("every boot reaches RUN or SAFE in bounded time")
    for at, reason in observer.crashes:
        check.fact(False, f"crashed at {_when(at)}: {reason}")
    greeted = [at for at, _ in observer.hellos]
    for at, end in pairwise([*observer.boots, now]):
        if end - at < BOOT_MOST_S or observer.cut_between(at, at + BOOT_MOST_S):
            continue
        arrived = any(at <= hello <= at + BOOT_MOST_S for hello in greeted)
        check.fact(arrived, f"no hello within {BOOT_MOST_S} s of the boot at {_when(at)}")
    return check


def detection_without_cloud(observer) -> Check:
    check = Check("detection works with no cloud")
    for fault in observer.injected:
        if not fault.cut_off or not fault.shows_as:
            continue
        online = min((end for start, end in observer.cuts if start <= fault.at < end),
                     default=fault.at)
        if online - fault.at < 6 * HOUR + fault.over_s:
            continue
        seen = any(f.mode in fault.shows_as and fault.at <= f.at < online
                   for f in observer.findings)
        check.fact(seen, f"{fault.what} at {_when(fault.at)} was not found while cut off")
    return check


def _day(utc: int) -> int:
    return utc // DAY


def _month(utc: int) -> tuple[int, int]:
    date = datetime.fromtimestamp(utc, UTC)
    return date.year, date.month


def _when(at: int) -> str:
    return f"day {at // DAY} {at % DAY // HOUR:02d}:{at % HOUR // 60:02d}"
