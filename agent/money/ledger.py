"""The ledger: the thing's hash-chained record of money and decisions.

Entry n is [n, age, kind, ...] and its link is SHA-256(link n-1 || entry), so nothing can be taken
out, put in or changed without every later link giving it away.  Entries are never rewritten; old
ones may be left behind when the journal is rewritten, and a checkpoint (count, link) then vouches
for them.  Links also go to the desk with every hello, out of reach of whoever holds the thing.

A chain that does not verify is never mended.  Once the desk has told what the thing may have
forgotten, a checkpoint that does not follow from what is before it starts a new chain, and its
first entry says that it was reconciled: without that entry the checkpoint is a forgery.
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
        self.fault = None  # why the chain did not verify when it was read
        self.verified = 0  # entries read since the chain began, up to a fault
        self._anew = False  # a checkpoint was read that does not follow

    def add(self, at, kind, *fields):
        """Append an entry; return the head of its link, by which documents name it."""
        entry = cbor.encode([self.count, at, kind] + list(fields))
        self.head = link(self.head, entry)
        self.count += 1
        self._note([ENTRY, entry, self.head[:16]])
        return self.head[:limits.HASH_BYTES]

    def restart(self):
        """Start a new chain after what cannot be verified; a RECONCILED entry must follow."""
        self.head = link(self.head, b"")
        self.fault = None
        self._note([CHECKPOINT, self.count, self.head])

    def apply(self, record):
        """Take up an entry or checkpoint from the journal, verifying the chain."""
        if record[0] == CHECKPOINT:
            self._anew = self.count > 0 and (self.count, self.head) != (record[1], record[2])
            self.count, self.head = record[1], record[2]
            return
        number, _, kind = cbor.decode(record[1])[:3]
        if self._anew:
            self._anew = False
            self.verified = 0
            self.fault = None if kind == RECONCILED else (
                "checkpoint at %d does not continue the chain" % self.count)
        self.head = link(self.head, record[1])
        if not self.fault and (self.head[:16] != record[2] or number != self.count):
            self.fault = "entry %d does not match its link" % number
        if not self.fault:
            self.verified += 1
        self.count = max(self.count, number) + 1

    def dump(self, transactions, oldest):
        """Yield the records a rewritten journal keeps.

        transactions: the journal as it is; oldest: index of the first entry an open order needs.
        """
        keep_from = min(oldest, max(0, self.count - limits.LEDGER_KEPT))
        head, begun = _GENESIS, False
        for record in entries(transactions):
            if record[0] == CHECKPOINT:
                head = record[2]
                if begun:
                    yield record
                continue
            number = cbor.decode(record[1])[0]
            if number >= keep_from:
                if not begun:
                    yield [CHECKPOINT, number, head]
                    begun = True
                yield record
            head = link(head, record[1])
        if not begun:
            yield [CHECKPOINT, self.count, self.head]


def entries(transactions):
    """Yield the ledger's records out of journal transactions [age, record, ...]."""
    for transaction in transactions:
        for record in transaction[1:]:
            if record[0] == ENTRY or record[0] == CHECKPOINT:
                yield record
