"""The mandate: what the owner allows the thing to spend, on what, from whom, and when.

A COSE_Sign1 document by the key the owner paired on the thing's own console, so neither maker nor
desk can raise a limit.  Without a mandate in force the thing observes, reports and asks for
service, and buys nothing.  A control, a document of three words by the same key, pauses, resumes
or revokes it; mandates and controls share one sequence, and only a higher one is ever taken.
"""

import hashlib

from agent import limits
from agent.money import forms
from agent.wire import cbor, cose
from agent.wire.messages import MessageError

MANDATE, HELD = TAGS = 30, 33

AUTO, ASK_ABOVE, ASK_ALWAYS = 0, 1, 2
RESUME, PAUSE, REVOKE = 0, 1, 2
DAY_S = 86400

# Keys of the document, as in wire.cddl.
(SEQUENCE, THING, FROM, UNTIL, CURRENCY, APPROVAL, ASK_FROM, CAP, DAY_BUDGET, MONTH_BUDGET,
 DAY_ORDERS, MONTH_ORDERS, SELLERS, PER_CONSUMABLE, WEIGHTS, CONSENTS, CANCEL_WINDOW,
 QUIET_HOURS, PAUSED, BLOCKED, SUBSTITUTES, QUALITY, CARBON, LABELS, DELIVERY, ROUNDS, WALK_AWAY,
 SURGE, COUNTS) = range(1, 30)

# Their forms; all up to the sellers are needed.
_FORMS = ("n t n n c n n n n n n n [t,64,n"
          " {n,n {% {[t n n,n ? [t {[t % n [t n,n n {n n,n {n")

# Weights of the offer score when the owner gives none, in percent.
DEFAULT_WEIGHTS = {"price": 50, "delivery": 15, "quality": 5, "trust": 30, "carbon": 0}

# Refusals that pass by themselves, so nobody needs to be told.
PASSING = ("quiet hours", "clock unknown")


def opened(document, identity):
    """Return the map in a document that the owner of this thing signed; raises MessageError."""
    if identity.owner_key is None:
        raise MessageError("no owner is paired")
    return cbor.decode(cose.sign1_open(identity.verifier(identity.owner_key), document)[1])


def read(document, identity):
    """Return the map of a mandate or control for this thing; raises MessageError."""
    terms = opened(document, identity)
    if isinstance(terms, dict) and terms.get(0) == "control":
        forms.check(terms, "control", "n t n", 3)
        sound = terms[3] <= REVOKE
    else:
        forms.check(terms, "mandate", _FORMS, SELLERS)
        sound = (terms[APPROVAL] <= ASK_ALWAYS and terms[SELLERS]
                 and max(terms.get(QUIET_HOURS, (0,))) <= 1440)
    if not sound:
        raise MessageError("a term is out of its range")
    if terms[THING] != identity.thing:
        raise MessageError("the mandate is for %s" % terms[THING])
    return terms


class Mandate:
    """The mandate in force.  Durable: the signed documents, and that the console holds it."""

    def __init__(self, identity, note):
        self._identity = identity
        self._note = note
        self.terms = None
        self.hash = bytes(limits.HASH_BYTES)
        self.held = False  # paused on the console
        self.least = 0  # the sequence that the desk knows this thing to have had
        self._documents = []  # the mandate in force, and the control after it, if there is one
        self._control = None

    def install(self, document):
        """Put a signed document in force; raises MessageError and changes nothing then."""
        terms = read(document, self._identity)
        if terms[SEQUENCE] <= self.sequence():
            raise MessageError("sequence %d is not newer than %d"
                               % (terms[SEQUENCE], self.sequence()))
        self._enforce(document, terms)
        self._note([MANDATE, document])

    def hold(self, held):
        """Pause on the console, or let go again; what the owner signed stays as it is."""
        self.held = held
        self._note([HELD, held])

    def sequence(self):
        """Return the highest sequence number taken, 0 before there was one."""
        return max([terms[SEQUENCE] for terms in (self.terms, self._control) if terms] + [0])

    def paused(self):
        """Return whether the owner has paused it, on the console or by a document."""
        if self._control:
            return self.held or self._control[3] == PAUSE
        return self.held or (self.terms and self.terms.get(PAUSED))

    def refusal(self, utc):
        """Return why nothing may be bought at this time, or None."""
        terms = self.terms
        if terms is None:
            return "no mandate"
        if self.sequence() < self.least:  # an old flash has an old one
            return "a newer mandate is known"
        if self._control and self._control[3] == REVOKE:
            return "mandate revoked"
        if self.paused():
            return "paused on the console" if self.held else "mandate paused"
        if utc is None:
            return "clock unknown"
        if utc < terms[FROM]:
            return "mandate not valid yet"
        if utc >= terms[UNTIL]:
            return "mandate has ended"
        hours = terms.get(QUIET_HOURS)
        return "quiet hours" if hours and _within(utc % DAY_S // 60, hours[0], hours[1]) else None

    def ending(self, utc):
        """Return a word for the owner when it ends soon: not first when something is needed."""
        left_s = self.terms[UNTIL] - utc if self.terms and utc is not None else 0
        if 0 < left_s <= limits.MANDATE_ENDS_S:
            return "the mandate ends in %d hours" % (left_s // 3600)
        return None

    def seller(self, name):
        """Return [name, public key, budget of a month] of an allowed seller, or None."""
        for seller in self.terms[SELLERS]:
            if seller[0] == name and name not in self.terms.get(BLOCKED, ()):
                return seller
        return None

    def items(self, consumable, first):
        """Return the items that may be bought for a consumable: its first (a list), substitutes."""
        found = first + self.terms.get(SUBSTITUTES, {}).get(consumable, [])
        return [sku for sku in found if sku not in self.terms.get(BLOCKED, ())][:limits.ITEMS]

    def cap(self, consumable):
        """Return the most one order for a consumable may cost (minor units)."""
        own = self.terms.get(PER_CONSUMABLE, {}).get(consumable)
        return min(self.terms[CAP], own[0]) if own else self.terms[CAP]

    def consumable_budget(self, consumable):
        """Return the budget of a month for a consumable (minor units)."""
        own = self.terms.get(PER_CONSUMABLE, {}).get(consumable)
        return own[1] if own else self.terms[MONTH_BUDGET]

    def count(self, name):
        """Return how many orders a month may be for a consumable, or from a seller."""
        return self.terms.get(COUNTS, {}).get(name, self.terms[MONTH_ORDERS])

    def weight(self, value):
        return self.terms.get(WEIGHTS, DEFAULT_WEIGHTS).get(value, 0)

    def must_ask(self, total):
        """Return whether the owner wants to be asked for an order of this total."""
        rule = self.terms[APPROVAL]
        return rule == ASK_ALWAYS or (rule == ASK_ABOVE and total > self.terms[ASK_FROM])

    def term(self, key, otherwise):
        """Return an optional term, or what holds when the owner said nothing."""
        return self.terms.get(key, otherwise) if self.terms else otherwise

    def allows(self, purpose, recipient="desk"):
        """Return whether the owner agreed that a recipient may have what serves a purpose."""
        return recipient in self.term(CONSENTS, {}).get(purpose, ())

    def apply(self, record):
        """Take up a record of the journal, where only what was verified is ever written."""
        if record[0] == HELD:
            self.held = record[1]
            return
        self._enforce(record[1], cbor.decode(cose.sign1_peek(record[1])[1]))

    def _enforce(self, document, terms):
        if terms[0] == "control":
            self._control = terms
            self._documents = self._documents[:1] + [document] if self.terms else [document]
            return
        self.terms, self._control = terms, None
        self._documents = [document]
        self.hash = hashlib.sha256(document).digest()[:limits.HASH_BYTES]

    def dump(self):
        for document in self._documents:
            yield [MANDATE, document]
        yield [HELD, self.held]


def _within(minute, start, end):
    return start <= minute < end if start <= end else minute >= start or minute < end
