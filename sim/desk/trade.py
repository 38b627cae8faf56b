"""Orders: from a thing's signed order to goods at its door.

An order's life is forward only. Sellers say confirmed, shipped, delivered, cancelled, refused;
the thing alone says verified or disputed; the desk says expired when a seller never answers.
"""

import dataclasses
import datetime
import hashlib
from typing import Any

from sqlalchemy import select

from sim.desk import codec, documents, messages
from sim.desk.database import lock_with_thing
from sim.desk.models import (
    OPEN_ORDER,
    Offer,
    Order,
    OrderState,
    Request,
    Statement,
    Thing,
)
from sim.desk.suppliers import Parcel, Placed, Step
from sim.desk.work import Answer, Delivery, Refused, Work, order_number, plain

DESK = "desk"
ORDER_SILENCE_S = 2 * 86_400  # a seller that has not confirmed by then never will
# Orders in one reconcile message: with names of ordinary length they fit its frame.
RECONCILED = 8
# A reconcile message that is one of so many comes alone: nobody hears the others.
PARTS = 32

# What a seller's word may do to an order; everything else changes nothing.
PERSON = "person"  # a seller's staff, as histories call it
SELLER_MAY_SAY = {
    OrderState.PLACED: {5, 6, 7, 8, 9, 10},
    OrderState.CONFIRMED: {6, 7, 8, 9},
    OrderState.SHIPPED: {7, 8, 9},
    OrderState.DISPUTED: {8},
}
EVENTS = {
    1: "cancel",
    2: "verified",
    3: "partial",
    4: "not_received",
    5: "wrong",
    6: "double",
    7: "returned",
}
CANCEL, VERIFIED = 1, 2
# The thing's own word ends an open order, whatever the seller says later. What has come to its
# end stays there; a late word is kept in its history.
EVENT_STATE = {
    2: OrderState.VERIFIED,
    3: OrderState.DISPUTED,
    4: OrderState.DISPUTED,
    5: OrderState.DISPUTED,
}


def place(work: Work, thing: Thing, words: dict) -> Answer:
    """Take a thing's signed order, once for life, and hand it to its seller."""
    content = codec.open_document(words["document"], thing.public_key, "order")
    terms = messages.read(messages.ORDER_DOCUMENT, content)
    content_hash = hashlib.sha256(codec.encode(content)).digest()
    known = find_order(work, terms["order"])
    if known is not None:
        if known.thing_id != thing.id or known.content_hash != content_hash:
            raise Refused("order id was used with other content")
        return Answer(messages.EXISTS, number=order_number(known))
    _check_order(work, thing, terms)
    offer, request = _offer_of(work, thing, terms)
    kept = ("consumable", "sku", "packs", "seller", "price_minor", "total_minor", "currency")
    order = Order(
        order_id=terms["order"],
        thing_id=thing.id,
        cycle=terms["cycle"],
        test=terms["test"],
        need_by_s=request.need_by_s,
        offer_id=offer.id,
        document=words["document"],
        content_hash=content_hash,
        state=OrderState.PLACED,
        packs_delivered=0,
        charged_minor=0,
        placed_at=work.now,
        changed_at=work.now,
        **{word: terms[word] for word in kept},
    )
    work.session.add(order)
    work.note(order, "thing", "placed")
    work.put_off(ORDER_SILENCE_S, "order_silence", subject_of(order))
    plan(work, order, work.suppliers[order.seller].order(as_placed(work, order), work.now))
    return Answer(number=order_number(order))


def event(work: Work, thing: Thing, words: dict) -> Answer:
    """The thing's own word on an order: cancel it, verified, or what is wrong with it."""
    order = find_order(work, words["order"])
    if order is None or order.thing_id != thing.id:
        raise Refused("no such order")
    word = EVENTS[words["event"]]
    if words["receipt"] is not None:
        keep(work, thing, "receipt", words["receipt"], documents.RECEIPT)
    work.note(order, "thing", word, quantity=words["quantity"], reason=words["reason"])
    if words["event"] == CANCEL:
        _cancel(work, order)
        return Answer(number=order_number(order))
    state = EVENT_STATE.get(words["event"])
    if state is not None and order.state in OPEN_ORDER:
        order.state = state
    seller = work.suppliers.get(order.seller)
    if words["event"] != VERIFIED and seller is not None:
        steps = seller.complaint(as_placed(work, order), word, words["quantity"], work.now)
        if steps:
            plan(work, order, steps)
    return Answer(number=order_number(order))


def seller_step(work: Work, subject: str, content: dict) -> tuple[Order, Step]:
    """A step of a seller's plan is due; returns it with its order."""
    order = lock_with_thing(work.session, Order, int(subject))
    parcel = content.pop("parcel")
    step = Step(**content, parcel=Parcel(**parcel) if parcel else None)
    if step.state is not None:
        say(work, order, step.state, step, order.seller)
    if step.parcel is not None:
        _bring(work, order, step.parcel, order.seller)
    return order, step


def say(work: Work, order: Order, state: OrderState, step: Step, source: str) -> bool:
    """Move an order forward by a seller's word and tell the thing; False when it may not."""
    if state == OrderState.DELIVERED and (
        order.state == OrderState.VERIFIED
        or (order.state == OrderState.DELIVERED and source == PERSON and step.packs)
    ):
        return _add_parcel(work, order, step, source)
    if state not in SELLER_MAY_SAY.get(OrderState(order.state), set()):
        work.note(order, source, "ignored", said=int(state), reason=step.reason)
        return False
    order.state = int(state)
    if step.eta_s is not None:
        order.eta_at = work.now + step.eta_s
    if step.charged_minor is not None:
        order.charged_minor = step.charged_minor
    word = OrderState(state).name.lower()
    told: dict[str, Any] = {"packs": step.packs, "eta_s": step.eta_s, "reason": step.reason}
    work.note(order, source, word, charged_minor=step.charged_minor, **told)
    tell(work, order, charged_minor=step.charged_minor, **told)
    return True


def _add_parcel(work: Work, order: Order, step: Step, source: str) -> bool:
    """One more parcel of an order, or the thing saw the goods before their seller said a word of
    them: what it charges counts."""
    told: dict[str, Any] = {"packs": step.packs, "charged_minor": step.charged_minor}
    work.note(order, source, "delivered", **told)
    if step.charged_minor is not None:
        order.charged_minor = step.charged_minor
    tell(work, order, reason=step.reason, **told)
    return True


def set_by_person(work: Work, order: Order, state: OrderState, step: Step) -> None:
    """A seller's staff drives the order by hand from here on; Refused when it cannot be."""
    if not say(work, order, state, step, PERSON):
        raise Refused(f"an order that is {OrderState(order.state).name.lower()} cannot be that")
    work.drop("seller_step", subject_of(order))
    if state == OrderState.DELIVERED and not order.test:
        _bring(work, order, Parcel(order.sku, step.packs or order.packs), PERSON)


def silence(work: Work, subject: str) -> None:
    """The seller had its time: an order that nobody confirmed expires."""
    order = lock_with_thing(work.session, Order, int(subject))
    if order.state != OrderState.PLACED:
        return
    seller = work.suppliers.get(order.seller)
    # One that says it is too late to cancel may still bring something; that plan stands.
    if seller is None or seller.cancel(as_placed(work, order), work.now) is not None:
        work.drop("seller_step", subject_of(order))
    say(work, order, OrderState.EXPIRED, Step(0, reason="seller did not answer"), DESK)


def experience(work: Work, thing: Thing, words: dict) -> Answer:
    """Keep an experience that a thing signed and its owner lets it share."""
    row, _ = keep(work, thing, "experience", words["document"], documents.EXPERIENCE)
    return Answer(number=f"S-{row.id:06d}")


def keep(
    work: Work, thing: Thing, kind: str, document: bytes, table: messages.Body
) -> tuple[Statement, dict]:
    """Keep what a thing signed about one of its orders, and return it with its words.

    CodecError or Refused when the thing did not sign it, or may not say it.
    """
    content = messages.read(table, codec.open_document(document, thing.public_key, kind))
    if content["thing"] != thing.id:
        raise Refused(f"the {kind} names another thing")
    order = find_order(work, content[table.fields[0].word])
    if order is not None and order.thing_id != thing.id:
        raise Refused("the order is another thing's")
    row = Statement(
        thing_id=thing.id,
        kind=kind,
        order_number=order.number if order else None,
        document=document,
        content=plain(content),
        received_at=work.now,
    )
    work.session.add(row)
    if order is not None:
        work.note(order, "thing", kind)
    work.session.flush()
    return row, content


def reconcile(work: Work, thing: Thing, nonce: bytes, mandate: int) -> None:
    """Tell a thing what it may have forgotten: orders that count, and the highest number seen.

    These are all open orders, the latest of every consumable, and those of the running month,
    which its budgets are about. The nonce of its hello shows that this is no old message.
    mandate: the highest number of one that it ever had, for an old flash has an old one.
    """
    rows = work.session.scalars(
        select(Order)
        .where(Order.thing_id == thing.id)
        .order_by(Order.number)
    ).all()
    last = {(order.consumable, order.test): order for order in rows}
    today = datetime.datetime.fromtimestamp(work.now, datetime.UTC)
    month = today.replace(day=1, hour=0, minute=0, second=0).timestamp()
    entries = [
        _reconciled(row)
        for row in rows
        if row.state in OPEN_ORDER
        or last[row.consumable, row.test] is row
        or (row.placed_at >= month and not row.test)
    ]
    known = {"up_seq": thing.up_seq, "nonce": nonce, "mandate": mandate}
    parts = [entries[n : n + RECONCILED] for n in range(0, len(entries), RECONCILED)] or [[]]
    for number, part in enumerate(parts):
        place = {"part": number, "parts": len(parts)} if len(parts) > 1 else {}
        work.queue(thing.id, messages.RECONCILE, orders=part, **place, **known)


def tell_number(work: Work, thing: Thing, nonce: bytes) -> None:
    """Tell a thing the highest number seen, and nothing on which it may buy: once, for it asks."""
    known = {"up_seq": thing.up_seq, "nonce": nonce, "part": PARTS - 1, "parts": PARTS}
    work.queue(thing.id, messages.RECONCILE, wants_ack=False, orders=[], **known)


def find_order(work: Work, order_id: bytes) -> Order | None:
    """The order of an id, whoever's it is."""
    return work.session.scalars(select(Order).where(Order.order_id == order_id)).first()


def _reconciled(row: Order) -> list:
    about = [row.order_id, row.consumable, row.cycle, int(row.state), row.seller]
    fulfilled = row.state not in (OrderState.CANCELLED, OrderState.REFUSED, OrderState.EXPIRED)
    spent = row.total_minor if fulfilled else min(row.charged_minor, row.total_minor)
    return [*about, spent, row.placed_at, row.currency]


def _check_order(work: Work, thing: Thing, terms: dict) -> None:
    if terms["thing"] != thing.id:
        raise Refused("order names another thing")
    parts = [thing.id, terms["consumable"], terms["cycle"]] + ["test"] * terms["test"]
    if hashlib.sha256(codec.encode(parts)).digest()[:16] != terms["order"]:
        raise Refused("order id does not follow from thing, consumable and cycle")
    if terms["seller"] not in work.suppliers:
        raise Refused("seller is not served here")
    alike = select(Order).where(
        Order.thing_id == thing.id,
        Order.consumable == terms["consumable"],
        Order.test == terms["test"],
    )
    other = work.session.scalars(alike.where(Order.state.in_(OPEN_ORDER))).first()
    if other is not None:
        raise Refused(f"order {order_number(other)} is open for this consumable")
    # The outbox of an old flash may hold an order that the thing got over long ago.
    later = work.session.scalars(alike.where(Order.cycle > terms["cycle"])).first()
    if later is not None:
        raise Refused(f"order {order_number(later)} came after this one")


def _offer_of(work: Work, thing: Thing, terms: dict) -> tuple[Offer, Request]:
    offer = work.session.scalars(
        select(Offer).where(
            Offer.thing_id == thing.id,
            Offer.need_id == terms["order"],
            Offer.seller == terms["seller"],
            Offer.hash == terms["offer_hash"],
        )
    ).first()
    if offer is None:
        raise Refused("no such offer")
    for word in ("sku", "packs", "price_minor", "total_minor", "currency"):
        if plain(terms[word]) != offer.terms.get(word):
            raise Refused(f"{word} differs from the offer")
    request = work.session.get_one(Request, offer.request_id)
    if request.test != terms["test"]:
        raise Refused("test mark differs from the request")
    return offer, request


def _cancel(work: Work, order: Order) -> None:
    if order.state not in OPEN_ORDER or order.state == OrderState.DISPUTED:
        return
    seller = work.suppliers.get(order.seller)
    steps = seller.cancel(as_placed(work, order), work.now) if seller is not None else None
    if steps is None:
        work.note(order, order.seller, "cancel_refused")
        if OrderState.CONFIRMED <= order.state <= OrderState.DELIVERED:
            tell(work, order, reason="too late to cancel")
    else:
        plan(work, order, steps)


def _bring(work: Work, order: Order, parcel: Parcel, source: str) -> None:
    order.packs_delivered += parcel.packs
    work.note(order, source, "parcel", sku=parcel.sku, packs=parcel.packs)
    about = (order.thing_id, order.order_id, order_number(order), order.consumable)
    work.after.append(Delivery(*about, parcel.sku, parcel.packs))


def tell(work: Work, order: Order, *, state: OrderState | None = None, **words: Any) -> None:
    """Tell the thing where its order stands by the seller's word alone, or another such state."""
    if state is None:
        own_word = order.state in (OrderState.VERIFIED, OrderState.DISPUTED)
        state = OrderState.DELIVERED if own_word else OrderState(order.state)
    about = {"order": order.order_id, "state": int(state), "number": order_number(order)}
    work.queue(order.thing_id, messages.ORDER_STATUS, **about, **words)


def plan(work: Work, order: Order, steps: list[Step]) -> None:
    """Replace what a seller was going to do about an order."""
    work.drop("seller_step", subject_of(order))
    for step in steps:
        work.put_off(step.delay_s, "seller_step", subject_of(order), dataclasses.asdict(step))


def as_placed(work: Work, order: Order) -> Placed:
    """The order as its seller sees it."""
    offer = work.session.get_one(Offer, order.offer_id)
    kept = ("sku", "packs", "total_minor", "price_minor", "currency", "test", "document")
    return Placed(
        order=order.order_id,
        number=order_number(order),
        thing=order.thing_id,
        state=OrderState(order.state),
        offer=offer.terms,
        **{word: getattr(order, word) for word in kept},
    )


def subject_of(order: Order) -> str:
    """By which an order's tasks are found."""
    return str(order.number)
