"""Offers: suppliers' signed terms for one need, checked, scored and compared.

The score is integer arithmetic on what the offers say, weighed as the mandate weighs it, so the
same offers give the same choice on every runtime and the reasons can be kept.
"""

import hashlib

from agent import limits
from agent.money import forms
from agent.money import mandate as term
from agent.wire import cbor, cose
from agent.wire.messages import MessageError

# Keys of the offer document, as in wire.cddl.
(OFFER_ID, NEED_ID, SELLER, SKU, PACK, PACKS, PRICE, SHIPPING, TAX, TOTAL, CURRENCY, LEAD,
 EXPIRES, QUALITY, CARBON, LABELS, ROUND) = range(1, 18)

# Their forms; all up to the carbon are needed.
_FORMS = "8 16 t t n n n n n n c n n % n [t n"

# Why the only thing wrong with an offer is its price: more talk may mend that.
TOO_DEAR = "price"
VALUES = ("price", "delivery", "quality", "trust", "carbon")
WEEK_S = 604800


class Offer:
    """The terms of one offer.  Quantities in units x scale, money in minor units."""

    def __init__(self, terms, digest):
        self.id = terms[OFFER_ID]
        self.digest = digest
        self.need = terms[NEED_ID]
        self.seller = terms[SELLER]
        self.sku = terms[SKU]
        self.pack = terms[PACK]
        self.packs = terms[PACKS]
        self.price = terms[PRICE]
        self.total = terms[TOTAL]
        self.currency = terms[CURRENCY]
        self.lead_s = terms[LEAD]
        self.expires = terms[EXPIRES]
        self.quality = terms[QUALITY]
        self.carbon = terms[CARBON]
        self.labels = terms.get(LABELS, [])
        self.round = terms.get(ROUND)

    def record(self):
        """Return the terms as the journal and the approval keep them."""
        return [self.id, self.digest, self.seller, self.sku, self.pack, self.packs, self.price,
                self.total, self.currency, self.lead_s, self.expires]

    def per_1000(self):
        """Return what 1000 units x scale cost, shipping and tax inside (minor units)."""
        return self.total * 1000 // (self.pack * self.packs)

    def cheaper_than(self, other):
        """Return whether a unit costs less than in another offer."""
        return (self.total * other.pack * other.packs
                < other.total * self.pack * self.packs)


def read(document, identity, mandate):
    """Return the Offer of a signed document; raises MessageError, in words for the supplier."""
    terms = cbor.decode(cose.sign1_peek(document)[1])
    forms.check(terms, "offer", _FORMS, CARBON)
    seller = mandate.seller(terms[SELLER])
    if seller is None:
        raise MessageError("seller is not allowed by the mandate")
    cose.sign1_open(identity.verifier(seller[1]), document)
    if not terms[PACK] or not terms[PACKS]:
        raise MessageError("no quantity")
    if terms[PRICE] * terms[PACKS] + terms[SHIPPING] + terms[TAX] != terms[TOTAL]:
        raise MessageError("the total is not the sum of its parts")
    return Offer(terms, digest(document))


def digest(document):
    """Return the hash by which orders name an offer's document."""
    return hashlib.sha256(document).digest()[:limits.HASH_BYTES]


def refusal(offer, mandate, consumable, wanted, utc):
    """Return the word for why mandate or need forbids an offer, or None.

    wanted: {item: units x scale of its pack, or None when the product file does not say}.
    """
    terms = mandate.terms
    soonest, latest = terms.get(term.DELIVERY, (0, forms.NATURAL_MOST))
    walk_away = terms.get(term.WALK_AWAY, {}).get(consumable, forms.NATURAL_MOST)
    checks = (
        ("seller", mandate.seller(offer.seller) is None),
        ("currency", offer.currency != terms[term.CURRENCY]),
        ("expired", offer.expires <= utc),
        ("not the item asked for", offer.sku not in wanted),
        ("pack size", wanted.get(offer.sku) not in (None, offer.pack)),
        ("quality", offer.quality < terms.get(term.QUALITY, 0)),
        ("carbon", offer.carbon > terms.get(term.CARBON, forms.NATURAL_MOST)),
        ("label", any(label not in offer.labels for label in terms.get(term.LABELS, ()))),
        ("delivery", not soonest <= offer.lead_s <= latest),
        ("above the cap", offer.total > mandate.cap(consumable)),
        (TOO_DEAR, offer.per_1000() > walk_away),
    )
    for word, broken in checks:
        if broken:
            return word
    return None


def parts(offers, quantity, left_s, trust):
    """Return for each offer what it is worth, a tuple of percents in the order of VALUES.

    Relative to the best offer: cost per unit, days late beyond what is left, quality, trust in
    the seller (trust(seller) -> percent), carbon per unit.  quantity in units x scale caps what
    counts as useful, so a pallet is not cheap when a bag was needed.
    """
    useful = [min(offer.pack * offer.packs, 2 * quantity) for offer in offers]
    cost = [offer.total * 1000000 // used for offer, used in zip(offers, useful)]
    carbon = [offer.carbon * 1000000 // used for offer, used in zip(offers, useful)]
    return [(100 * (1 + min(cost)) // (1 + cost[position]),
             max(0, 100 - 100 * max(0, offer.lead_s - left_s) // WEEK_S), offer.quality,
             trust(offer.seller), 100 * (1 + min(carbon)) // (1 + carbon[position]))
            for position, offer in enumerate(offers)]


def score(worth, mandate):
    """Return the score of an offer's parts, 0..10000 with weights that add up to 100."""
    total = 0
    for word, percent in zip(VALUES, worth):
        total += mandate.weight(word) * percent
    return total


def shortfall(worth, best, mandate):
    """Return the word in which an offer falls behind the chosen one the most."""
    gaps = [(mandate.weight(word) * (theirs - own), -position)
            for position, (word, own, theirs) in enumerate(zip(VALUES, worth, best))]
    return VALUES[-max(gaps)[1]]
