"""The mandate: what the owner allows the thing to spend, on what, from whom, and when.

A COSE_Sign1 document by the key the owner paired on the thing's own console, so neither maker nor
desk can raise a limit.  Without a mandate in force the thing observes, reports and asks for
service, and buys nothing.
"""

import hashlib

from agent.wire import cbor, cose
from agent.wire.messages import MessageError, items, natural, octets, text

MANDATE = 30

AUTO, ASK_ABOVE, ASK_ALWAYS = 0, 1, 2
DAY_S = 86400

# Keys of the document, as in wire.cddl.
(SEQUENCE, THING, FROM, UNTIL, CURRENCY, APPROVAL, ASK_FROM, CAP, DAY_BUDGET, MONTH_BUDGET,
 DAY_ORDERS, MONTH_ORDERS, SELLERS, PER_CONSUMABLE, WEIGHTS, CONSENTS, CANCEL_WINDOW,
 QUIET_HOURS, PAUSED) = range(1, 20)

# Weights of the offer score when the owner gives none, in percent.
DEFAULT_WEIGHTS = {"price": 60, "delivery": 20, "quality": 10, "trust": 10, "carbon": 0}


class MandateError(Exception):
    """A document that is no mandate for this thing; says why."""


def read(document, identity):
    """Return the mandate's map if the owner of this thing signed it; raises MandateError."""
    if identity.owner_key is None:
        raise MandateError("no owner is paired")
    try:
        _, payload = cose.sign1_open(identity.verifier(identity.owner_key), document)
        terms = cbor.decode(payload)
        if not isinstance(terms, dict) or terms.get(0) != "mandate":
            raise MandateError("the document is no mandate")
        _check(terms)
    except (cose.CoseError, cbor.CborError, MessageError) as error:
        raise MandateError(str(error))
    if terms[THING] != identity.thing:
        raise MandateError("the mandate is for %s" % terms[THING])
    return terms


def _check(terms):
    text(terms, THING, 40)
    text(terms, CURRENCY, 3)
    for key in (SEQUENCE, FROM, UNTIL, APPROVAL, ASK_FROM, CAP, DAY_BUDGET, MONTH_BUDGET,
                DAY_ORDERS, MONTH_ORDERS):
        natural(terms, key)
    for seller in items(terms, SELLERS):
        row = {1: seller[0], 2: seller[1], 3: seller[2]} if _is_row(seller, 3) else {}
        text(row, 1, 40)
        octets(row, 2, 64)
        natural(row, 3)
    for limits_of_one in terms.get(PER_CONSUMABLE, {}).values():
        if not _is_row(limits_of_one, 2):
            raise MessageError("key %d must give [cap, budget] of each consumable" % PER_CONSUMABLE)
        natural({1: limits_of_one[0]}, 1)
        natural({1: limits_of_one[1]}, 1)


def _is_row(value, size):
    return isinstance(value, list) and len(value) == size


class Mandate:
    """The mandate in force.  Durable: the signed document."""

    def __init__(self, identity, note):
        self._identity = identity
        self._note = note
        self.terms = None
        self.hash = bytes(16)
        self._document = None

    def install(self, document):
        """Put a newer mandate in force; raises MandateError and changes nothing otherwise."""
        terms = read(document, self._identity)
        if self.terms and terms[SEQUENCE] <= self.sequence():
            raise MandateError("sequence %d is not newer than %d"
                               % (terms[SEQUENCE], self.sequence()))
        self._take(document, terms)
        self._note([MANDATE, document])

    def sequence(self):
        return self.terms[SEQUENCE] if self.terms else 0

    def refusal(self, utc):
        """Return why nothing may be bought at this time, or None."""
        if self.terms is None:
            return "no mandate"
        if utc is None:
            return "clock unknown"
        if not self.terms[FROM] <= utc < self.terms[UNTIL]:
            return "mandate not valid now"
        if self.terms.get(PAUSED):
            return "mandate paused"
        hours = self.terms.get(QUIET_HOURS)
        if hours and _within(utc % DAY_S // 60, hours[0], hours[1]):
            return "quiet hours"
        return None

    def seller(self, name):
        """Return [name, public key, budget of a month] of an allowed seller, or None."""
        for seller in self.terms[SELLERS]:
            if seller[0] == name:
                return seller
        return None

    def cap(self, consumable):
        """Return the most one order for a consumable may cost (minor units)."""
        own = self.terms.get(PER_CONSUMABLE, {}).get(consumable)
        return min(self.terms[CAP], own[0]) if own else self.terms[CAP]

    def consumable_budget(self, consumable):
        """Return the budget of a month for a consumable (minor units)."""
        own = self.terms.get(PER_CONSUMABLE, {}).get(consumable)
        return own[1] if own else self.terms[MONTH_BUDGET]

    def weight(self, value):
        return self.terms.get(WEIGHTS, DEFAULT_WEIGHTS).get(value, 0)

    def must_ask(self, total):
        """Return whether the owner wants to be asked for an order of this total."""
        rule = self.terms[APPROVAL]
        return rule == ASK_ALWAYS or (rule == ASK_ABOVE and total > self.terms[ASK_FROM])

    def _take(self, document, terms):
        self._document = document
        self.terms = terms
        self.hash = hashlib.sha256(document).digest()[:16]

    def apply(self, record):
        """Take up the mandate from the journal, where only a verified one is ever written."""
        self._take(record[1], cbor.decode(cose.sign1_peek(record[1])[1]))

    def dump(self):
        if self._document:
            yield [MANDATE, self._document]


def _within(minute, start, end):
    return start <= minute < end if start <= end else minute >= start or minute < end
