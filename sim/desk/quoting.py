"""Requests for quotation: from a thing's need to the offers it can choose from.

A request goes to every seller that carries one of the items; what they answer is passed down as
it comes. The desk reads offers only to compare orders with them later: their signatures are the
thing's to check, for the thing has the keys its owner trusts.
"""

from sqlalchemy import func, select

from sim.desk import codec, messages
from sim.desk.models import Offer, Outgoing, Request, Task, Thing
from sim.desk.suppliers import Decline, Quote
from sim.desk.suppliers import Request as Asked
from sim.desk.trade import DESK, find_order
from sim.desk.work import Answer, Refused, Work, plain


def request(work: Work, thing: Thing, words: dict) -> Answer:
    """Pass a request on to every seller that carries one of the items."""
    known = work.session.scalars(
        select(Request).where(
            Request.thing_id == thing.id,
            Request.need_id == words["need"],
            Request.round == words["round"],
        )
    ).first()
    if find_order(work, words["need"]) is not None:
        raise Refused("the need has been ordered")
    if known is not None:
        _answer_again(work, known)
        return Answer(messages.EXISTS)
    row = Request(
        thing_id=thing.id,
        need_id=words["need"],
        received_at=work.now,
        **{word: words[word] for word in ("round", "consumable", "skus", "quantity", "need_by_s")},
        **{word: words[word] for word in ("test", "best_total_minor", "currency")},
    )
    work.session.add(row)
    work.session.flush()
    _ask_sellers(work, row)
    return Answer()


def quote(work: Work, content: dict) -> None:
    """A seller's answer is due: keep it and pass it down, unless the need has been ordered."""
    row = work.session.get(Request, content["request"])
    if row is None or find_order(work, row.need_id) is not None:
        return
    document = bytes.fromhex(content["document"]) if content["document"] else None
    offer = Offer(
        request_id=row.id,
        thing_id=row.thing_id,
        need_id=row.need_id,
        seller=content["seller"],
        sent_at=work.now,
        declined=content["reason"],
        hash=codec.document_hash(document) if document else None,
        document=document,
        terms=content["terms"],
    )
    work.session.add(offer)
    _pass_on(work, offer)


def _ask_sellers(work: Work, row: Request) -> None:
    asked = Asked(
        need=row.need_id,
        skus=tuple(row.skus),
        quantity=row.quantity,
        need_by_s=row.need_by_s,
        round=row.round,
        test=row.test,
        best_total_minor=row.best_total_minor,
        currency=row.currency,
    )
    sellers = [work.suppliers[name] for name in sorted(work.suppliers)]
    sellers = [seller for seller in sellers if any(map(seller.carries, row.skus))]
    if not sellers:
        _put_off_reply(work, row, DESK, Decline(0, "nobody sells these items"))
    for seller in sellers:
        for reply in seller.quote(asked, work.now):
            _put_off_reply(work, row, seller.name, reply)


def _put_off_reply(work: Work, row: Request, seller: str, reply: Quote | Decline) -> None:
    content = {"request": row.id, "seller": seller, "document": None, "reason": None, "terms": {}}
    if isinstance(reply, Quote):
        content["document"] = reply.document.hex()
        content["terms"] = plain(_claimed_terms(reply.document))
    else:
        content["reason"] = reply.reason
    work.put_off(reply.delay_s, "quote", row.need_id.hex(), content)


def _answer_again(work: Work, row: Request) -> None:
    """The thing restarted and has lost the offers: repeat those that stand, or ask anew."""
    offers = work.session.scalars(select(Offer).where(Offer.request_id == row.id)).all()
    standing = [
        offer for offer in offers if offer.declined or offer.terms.get("expires", 0) > work.now
    ]
    pending = work.session.scalar(
        select(func.count())
        .select_from(Task)
        .where(Task.what == "quote", Task.subject == row.need_id.hex())
    )
    for offer in standing:
        _pass_on(work, offer)
    if not standing and not pending:
        _ask_sellers(work, row)


def _pass_on(work: Work, offer: Offer) -> None:
    """Queue a seller's answer, unless it is still waiting to be acknowledged."""
    if offer.document:
        kind, expires = messages.OFFER, offer.terms.get("expires")
        words: dict = {"need": offer.need_id, "document": offer.document}
    else:
        kind, expires = messages.DECLINE, None
        words = {"need": offer.need_id, "seller": offer.seller, "reason": offer.declined}
    same = select(Outgoing.id).where(
        Outgoing.thing_id == offer.thing_id,
        Outgoing.kind == kind,
        Outgoing.body == codec.encode(messages.write(messages.DOWN[kind], **words)),
    )
    if work.session.scalars(same).first() is None:
        work.queue(offer.thing_id, kind, expires=expires, **words)


def _claimed_terms(document: bytes) -> dict:
    """What an offer says, unverified: the thing verifies it, the desk only passes it on."""
    try:
        return messages.read(messages.OFFER_DOCUMENT, codec.peek_document(document))
    except codec.CodecError:
        return {}
