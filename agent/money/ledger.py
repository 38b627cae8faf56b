"""The ledger: the thing's hash-chained record of money and decisions.

Entry n is [n, age, kind, ...] and its link is SHA-256(link n-1 || entry), so nothing can be taken
out, put in or changed without every later link giving it away.  Entries are never rewritten; old
ones may be left behind when the journal is rewritten, and a checkpoint (count, link) then vouches
for them.  Links also go to the desk with every hello, out of reach of whoever holds the thing.
"""

import hashlib

from agent import limits
from agent.wire import cbor

ENTRY, CHECKPOINT = TAGS = 20, 21

# Kinds of entries.
NEED, DECISION, ORDER, MANDATE, DISPUTE, EXPERIENCE, RECONCILED = 1, 2, 3, 4, 5, 6, 7
KINDS = ("", "need", "decision", "order", "mandate", "dispute", "experience", "reconciled")

_GENESIS = bytes(32)


def link(previous, entry):
    """Return the link (32 bytes) of an encoded entry after a previous link."""
    return hashlib.sha256(previous + entry).digest()


class Ledger:
    """Count and head link in memory, entries in the journal."""

    def __init__(self, note):
        self._note = note
        self.count = 0
        self.head = _GENESIS
        self.broken = False  # the chain did not verify when it was read

    def add(self, at, kind, *fields):
        """Append an entry of CBOR-able fields; return the first half of its link (16 bytes)."""
        entry = cbor.encode([self.count, at, kind] + list(fields))
        self.head = link(self.head, entry)
        self.count += 1
        self._note([ENTRY, entry, self.head[:16]])
        return self.head[:16]

    def apply(self, record):
        """Take up an entry or checkpoint from the journal, verifying the chain."""
        if record[0] == CHECKPOINT:
            self.count, self.head = record[1], record[2]
            return
        self.head = link(self.head, record[1])
        if self.head[:16] != record[2] or cbor.decode(record[1])[0] != self.count:
            self.broken = True
        self.count += 1

    def dump(self, transactions, oldest):
        """Yield the records a rewritten journal keeps.

        transactions: the journal as it is; oldest: index of the first entry an open order needs.
        """
        keep_from = min(oldest, max(0, self.count - limits.LEDGER_KEPT))
        count, head, begun = 0, _GENESIS, False
        for record in entries(transactions):
            if record[0] == CHECKPOINT:
                count, head = record[1], record[2]
                continue
            if count >= keep_from:
                if not begun:
                    yield [CHECKPOINT, count, head]
                    begun = True
                yield record
            head = link(head, record[1])
            count += 1
        if not begun:
            yield [CHECKPOINT, count, head]


def entries(transactions):
    """Yield the ledger's records out of journal transactions [age, record, ...]."""
    for transaction in transactions:
        for record in transaction[1:]:
            if record[0] == ENTRY or record[0] == CHECKPOINT:
                yield record


def verify(transactions):
    """Return (entries verified, None), or (entries before it, what is wrong)."""
    count, head = 0, _GENESIS
    for record in entries(transactions):
        if record[0] == CHECKPOINT:
            if count and (count, head) != (record[1], record[2]):
                return count, "checkpoint at %d does not continue the chain" % record[1]
            count, head = record[1], record[2]
            continue
        head = link(head, record[1])
        if head[:16] != record[2]:
            return count, "entry %d does not match its link" % count
        count += 1
    return count, None
