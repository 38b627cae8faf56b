"""Disputes: what the thing holds against a seller or the desk, signed, with its ledger behind it.

    raised -> withdrawn   it came after all, or was explained
    raised -> settled     the money was given back, or the owner closed it

The first reason is a denial: an order or a charge that is not in this thing's ledger, whose count
and head the document names.  One dispute is raised for an order and reason.
"""

from agent import limits
from agent.money import ledger as books
from agent.wire import messages as wire

DISPUTE = 36

UNKNOWN, PRICE, SHORT, WRONG, NEVER, DOUBLE, BACK = range(1, 8)
REASONS = ("", "unknown order", "price changed", "short", "wrong goods", "never came",
           "came double", "sent back")
RAISED, WITHDRAWN, SETTLED = 1, 2, 3
STATES = ("", "raised", "withdrawn", "settled")


class Dispute:
    """terms: the seller's, as an order keeps them, [] when there is no such order."""

    COLUMNS = ("order", "reason", "state", "since", "seller", "total", "charged", "packs", "seen",
               "evidence")

    def __init__(self, values):
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)

    def record(self):
        return [DISPUTE] + [getattr(self, column) for column in self.COLUMNS]

    def is_on(self, other):
        """Return whether it is about the same order, for the same reason."""
        return (self.order, self.reason) == (other.order, other.reason)


class Disputes:
    """The latest disputes.  Durable."""

    def __init__(self, identity, ledger, send, note):
        self._identity = identity
        self._ledger = ledger
        self._send = send
        self._note = note
        self.all = []

    def raise_for(self, order, reason, at, utc):
        """Raise a dispute on an order of this thing, once for a reason."""
        evidence = [[order.decided, order.decision]] if order.decision else []
        self._raise([order.id, reason, RAISED, at, order.seller, order.total, order.charged,
                     order.packs, order.seen, evidence], utc)

    def deny(self, identifier, charged, at, utc):
        """Deny an order that this thing never placed; a flood of them is denied only so often."""
        if len([d for d in self.all if d.state == RAISED]) >= limits.DISPUTES_KEPT:
            return
        self._raise([identifier, UNKNOWN, RAISED, at, "", 0, charged, 0, 0, []], utc)

    def _raise(self, values, utc):
        dispute = Dispute(values)
        if not [d for d in self.all if d.is_on(dispute)]:
            self.apply(dispute.record())
            self._say(dispute, utc)

    def close(self, order_id, reasons, state, at, utc):
        """Withdraw or settle the open disputes on an order that have one of these reasons."""
        for dispute in self.all:
            if (dispute.order == order_id and dispute.state == RAISED
                    and dispute.reason in reasons):
                dispute.state, dispute.since = state, at
                self._say(dispute, utc)

    def open_for(self, order_id):
        """Return the reasons for which an order is in dispute now."""
        return [d.reason for d in self.all if d.order == order_id and d.state == RAISED]

    def _say(self, dispute, utc):
        """Write the dispute down as it stands, sign and send it."""
        ledger = self._ledger
        ledger.add(dispute.since, books.DISPUTE, dispute.order, dispute.reason, dispute.state)
        self._note(dispute.record())
        last = [ledger.count - 1, ledger.head[:limits.HASH_BYTES]]
        content = {0: "dispute", 1: dispute.order, 2: self._identity.thing, 3: dispute.reason,
                   4: dispute.state, 10: ledger.count, 11: ledger.head[:16],
                   12: dispute.evidence + [last]}
        if dispute.seller:
            content.update({5: dispute.seller, 6: dispute.total, 8: dispute.packs,
                            9: dispute.seen})
        if dispute.charged >= 0:
            content[7] = dispute.charged
        if utc is not None:
            content[13] = utc
        self._send(wire.DISPUTE, {1: self._identity.signed(content)}, dispute.order)

    def apply(self, record):
        """Remember a dispute; the oldest that is closed makes room, else the oldest."""
        dispute = Dispute(record[1:])
        self.all = [d for d in self.all if not d.is_on(dispute)] + [dispute]
        if len(self.all) > limits.DISPUTES_KEPT:
            closed = [d for d in self.all if d.state != RAISED]
            self.all.remove((closed or self.all)[0])

    def dump(self):
        for dispute in self.all:
            yield dispute.record()
