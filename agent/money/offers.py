"""Offers: suppliers' signed terms for one need, checked, scored and compared.

The score is integer arithmetic on what the offers say, weighed as the mandate weighs it, so the
same offers give the same choice on every runtime and the reasons can be kept.
"""

import hashlib

from agent.wire import cbor, cose
from agent.wire.messages import MessageError, natural, octets, text

# Keys of the offer document, as in wire.cddl.
(OFFER_ID, NEED_ID, SELLER, SKU, PACK, PACKS, PRICE, SHIPPING, TAX, TOTAL, CURRENCY, LEAD,
 EXPIRES, QUALITY, CARBON, LABELS, ROUND) = range(1, 18)


class OfferError(Exception):
    """An offer that cannot be considered; says why, in words the supplier may be told."""


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

    def record(self):
        """Return the terms as the journal and the approval keep them."""
        return [self.id, self.digest, self.seller, self.sku, self.pack, self.packs, self.price,
                self.total, self.currency, self.lead_s]


def read(document, identity, mandate):
    """Return the Offer of a signed document; raises OfferError."""
    try:
        terms = cbor.decode(cose.sign1_peek(document)[1])
        if not isinstance(terms, dict) or terms.get(0) != "offer":
            raise OfferError("the document is no offer")
        seller = mandate.seller(text(terms, SELLER, 40))
        if seller is None:
            raise OfferError("seller is not allowed by the mandate")
        cose.sign1_open(identity.verifier(seller[1]), document)
        _check(terms)
    except (cose.CoseError, cbor.CborError, MessageError) as error:
        raise OfferError(str(error))
    return Offer(terms, hashlib.sha256(document).digest()[:16])


def _check(terms):
    octets(terms, OFFER_ID, 8)
    octets(terms, NEED_ID, 16)
    text(terms, SKU, 40)
    text(terms, CURRENCY, 3)
    for key in (PACK, PACKS, PRICE, SHIPPING, TAX, TOTAL, LEAD, EXPIRES, QUALITY, CARBON):
        natural(terms, key)
    if not terms[PACK] or not terms[PACKS] or terms[QUALITY] > 100:
        raise OfferError("pack, packs or quality out of range")
    if terms[PRICE] * terms[PACKS] + terms[SHIPPING] + terms[TAX] != terms[TOTAL]:
        raise OfferError("the total is not the sum of its parts")


def refusal(offer, mandate, consumable, skus, utc):
    """Return why the mandate or the need forbids an offer, or None."""
    if offer.currency != mandate.terms[5]:
        return "currency"
    if offer.expires <= utc:
        return "expired"
    if offer.sku not in skus:
        return "not the item asked for"
    if offer.total > mandate.cap(consumable):
        return "above the cap"
    return None


def scores(offers, mandate, quantity, left_s, trust):
    """Return one score per offer, 0..10000, higher is better.

    Each value is relative to the best offer: cost per unit, days late beyond what is left, quality,
    trust in the seller (trust(seller) -> percent), carbon per unit.  quantity in units x scale
    caps what counts as useful, so a pallet is not cheap when a bag was needed.
    """
    useful = [min(offer.pack * offer.packs, 2 * quantity) for offer in offers]
    cost = [offer.total * 1000000 // used for offer, used in zip(offers, useful)]
    carbon = [offer.carbon * 1000000 // used for offer, used in zip(offers, useful)]
    result = []
    for position, offer in enumerate(offers):
        late = max(0, offer.lead_s - left_s)
        parts = (
            ("price", 100 * min(cost) // max(1, cost[position])),
            ("delivery", max(0, 100 - 100 * late // 604800)),
            ("quality", offer.quality),
            ("trust", trust(offer.seller)),
            ("carbon", 100 * (1 + min(carbon)) // (1 + carbon[position])),
        )
        total = 0
        for word, percent in parts:
            total += mandate.weight(word) * percent
        result.append(total)
    return result
