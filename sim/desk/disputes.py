"""Disputes: what a thing holds against a seller or the desk, until both agree or it is decided.

    open -> answered -> settled      the seller gave in, or somebody decided
       \\-------\\-----> withdrawn    the thing took it back: it came after all, was explained

A dispute is a document that the thing signed, with its ledger behind it. Its seller is asked at
once and answers with a plan, as everything a seller does. An answer that gives in settles the
dispute; one that insists leaves it to people, or, where the desk is told to, to a decision for the
thing when its time is up: the thing has signed evidence, the seller its word. Whatever ends an
order ends the disputes on it. A denial (an order or a charge that the thing never knew) stops the
order, if there is one, and stays open until a person has looked.
"""

from typing import Any

from sqlalchemy import select

from sim.desk import documents, messages, trade
from sim.desk.database import lock_with_thing
from sim.desk.models import (
    OPEN_DISPUTE,
    OPEN_ORDER,
    Dispute,
    DisputeState,
    Order,
    OrderState,
    Thing,
)
from sim.desk.suppliers import Step
from sim.desk.trade import DESK
from sim.desk.work import Answer, Refused, Work, dispute_number

DENIED, PRICE_CHANGED = documents.UNKNOWN_ORDER, documents.PRICE_CHANGED
# The words by which sellers are asked; the later ones are those of order events.
REASONS = {
    documents.UNKNOWN_ORDER: "denied",
    documents.PRICE_CHANGED: "price_changed",
    documents.SHORT: "partial",
    documents.WRONG: "wrong",
    documents.NEVER_CAME: "not_received",
    documents.DOUBLE: "double",
    documents.SENT_BACK: "returned",
}
ENDS = {
    documents.WITHDRAWN: DisputeState.WITHDRAWN,
    documents.SETTLED: DisputeState.SETTLED,
}
LEFT = "the thing was reset"
DECIDED = "decided for the thing: its evidence is signed, the seller gave none"


def take(work: Work, thing: Thing, words: dict) -> Answer:
    """A thing raises, withdraws or settles a dispute."""
    _, said = trade.keep(work, thing, "dispute", words["document"], documents.DISPUTE)
    known = _known(work, thing.id, said["order"], said["reason"])
    if said["state"] != documents.RAISED:
        if known is None:
            return Answer(messages.EXISTS)  # it ended here before the thing's word came
        state = ENDS[said["state"]]
        _end(work, known, state, "thing")
        _follow(work, known, state)
        return Answer(number=dispute_number(known))
    if known is not None:
        return Answer(messages.EXISTS, number=dispute_number(known))
    dispute = _open(work, thing, said)
    _ask_seller(work, dispute)
    return Answer(number=dispute_number(dispute))


def event(work: Work, thing: Thing, words: dict) -> Answer:
    """The thing's word on an order; `cancel` of one in dispute is its owner's last on it.

    A thing that lost its memory knows the order from the desk and none of its disputes.  One whose
    price alone was in dispute may have been put right while its owner's word was on its way.
    """
    answer = trade.event(work, thing, words)
    order = trade.find_order(work, words["order"])
    if words["event"] == trade.CANCEL and order and _is_disputed(work, order):
        for dispute in _open_on(work, order):
            _end(work, dispute, DisputeState.SETTLED, "thing")
        order.state = OrderState.CANCELLED
        work.note(order, "thing", "cancelled")
    return answer


def leave(work: Work, thing: Thing) -> None:
    """Its orders are cancelled as by itself; what comes all the same is for people to see to."""
    held = select(Order).where(Order.thing_id == thing.id, Order.state.in_(OPEN_ORDER))
    for order in work.session.scalars(held).all():
        said = {"order": order.order_id, "event": trade.CANCEL, "reason": LEFT}
        event(work, thing, {**said, "quantity": None, "receipt": None})
        if order.state >= OrderState.SHIPPED and order.state in OPEN_ORDER:
            work.note(order, DESK, "handed over", reason=LEFT)


def seller_step(work: Work, subject: str, content: dict) -> None:
    """A step of a seller's plan is due: what it says of the order, and of the disputes on it."""
    order, step = trade.seller_step(work, subject, content)
    if step.answer is not None:
        for dispute in _open_on(work, order):
            _answer(work, dispute, step, order.seller)
    _end_with(work, order)


def set_order(work: Work, order: Order, state: OrderState, step: Step) -> None:
    """What a seller's staff says of an order; Refused when it cannot be."""
    trade.set_by_person(work, order, state, step)
    _end_with(work, order)


def answer_by_person(work: Work, dispute: Dispute, step: Step) -> None:
    """What a seller's staff answers; Refused when the dispute is over."""
    _check_open(dispute)
    _answer(work, dispute, step, "person")


def decide(work: Work, dispute: Dispute, source: str, text: str, charged_minor: int) -> None:
    """Settle a dispute: what the seller keeps of the money; an open order ends with it."""
    _check_open(dispute)
    order = work.session.get(Order, dispute.order_number) if dispute.order_number else None
    dispute.answer = dispute.answer or text
    dispute.charged_minor = charged_minor
    _end(work, dispute, DisputeState.SETTLED, source, reason=text, charged_minor=charged_minor)
    if order is not None:
        work.drop("seller_step", trade.subject_of(order))
        _put_right(work, order, charged_minor, text, source)


def due(work: Work, subject: str, content: dict) -> None:
    """The time to settle is up."""
    dispute = lock_with_thing(work.session, Dispute, int(subject))
    if dispute.state not in OPEN_DISPUTE or dispute.order_number is None:
        return
    keeps = (dispute.total_minor or 0) if dispute.reason == PRICE_CHANGED else 0
    decide(work, dispute, DESK, DECIDED, keeps)


def _open(work: Work, thing: Thing, said: dict) -> Dispute:
    order = trade.find_order(work, said["order"])
    dispute = Dispute(
        thing_id=thing.id,
        order_id=said["order"],
        order_number=order.number if order else None,
        reason=said["reason"],
        state=DisputeState.OPEN,
        seller=order.seller if order else said["seller"],
        total_minor=order.total_minor if order else said["total_minor"],
        charged_minor=said["charged_minor"],
        packs=said["packs"],
        quantity=said["quantity"],
        opened_at=work.now,
        changed_at=work.now,
    )
    work.session.add(dispute)
    work.note(dispute, "thing", "raised", reason=REASONS[said["reason"]])
    if order is not None and order.state in OPEN_ORDER:
        order.state = OrderState.DISPUTED
    if work.decides_s is not None:
        work.put_off(work.decides_s, "dispute_due", str(dispute.number))
    return dispute


def _ask_seller(work: Work, dispute: Dispute) -> None:
    order = work.session.get(Order, dispute.order_number) if dispute.order_number else None
    seller = work.suppliers.get(order.seller) if order is not None else None
    if order is None or seller is None:
        return
    word = REASONS[dispute.reason]
    steps = seller.complaint(trade.as_placed(work, order), word, dispute.quantity, work.now)
    if steps:
        trade.plan(work, order, steps)


def _answer(work: Work, dispute: Dispute, step: Step, source: str) -> None:
    dispute.state = DisputeState.ANSWERED
    dispute.answer, dispute.agreed = step.answer, step.agrees
    told = {"text": step.answer, "charged_minor": step.charged_minor}
    work.note(dispute, source, "agrees" if step.agrees else "insists", **told)
    order = work.session.get(Order, dispute.order_number) if dispute.order_number else None
    if not step.agrees or (dispute.reason == DENIED and source != "person"):
        return
    _end(work, dispute, DisputeState.SETTLED, source)
    if order is None:
        return
    keeps = order.charged_minor if step.charged_minor is None else step.charged_minor
    if (order.state, order.charged_minor) != (step.state, keeps):
        _put_right(work, order, keeps, step.answer, source)


def _put_right(work: Work, order: Order, charged_minor: int, reason: str | None, source) -> None:
    """The thing is told what was charged in the end; a disputed order ends as cancelled.

    Cancelled is also the word by which a thing knows that a dispute on an order that it has
    verified is settled; of the price alone the sum tells.
    """
    price_only = _price_only(work, order)
    if order.state == OrderState.DISPUTED and not price_only:
        step = Step(0, reason=reason, charged_minor=charged_minor)
        trade.say(work, order, OrderState.CANCELLED, step, source)
        return
    order.charged_minor = charged_minor
    if order.state == OrderState.DISPUTED:
        order.state = OrderState.DELIVERED
    work.note(order, source, "charged", charged_minor=charged_minor, reason=reason)
    told: dict[str, Any] = {"reason": reason, "charged_minor": charged_minor}
    if price_only:
        trade.tell(work, order, packs=0, **told)
    else:
        trade.tell(work, order, state=OrderState.CANCELLED, **told)


def _price_only(work: Work, order: Order) -> bool:
    """Whether all that was ever held against an order is its price: then its goods still count."""
    query = select(Dispute.reason).where(Dispute.order_number == order.number)
    return set(work.session.scalars(query)) == {PRICE_CHANGED}


def _follow(work: Work, dispute: Dispute, state: DisputeState) -> None:
    """A dispute that the thing took back or closed frees its order, unless another is open on it.

    What its owner closed is over, too: while it stood open, nothing could be bought in its place.
    """
    order = work.session.get(Order, dispute.order_number) if dispute.order_number else None
    if order is None or order.state != OrderState.DISPUTED or _open_on(work, order):
        return
    withdrawn = state == DisputeState.WITHDRAWN
    order.state = OrderState.VERIFIED if withdrawn else OrderState.CANCELLED
    work.note(order, "thing", order.state.name.lower())


def _is_disputed(work: Work, order: Order) -> bool:
    """Whether an open order is in dispute, as far as its thing may know."""
    was = select(Dispute.number).where(Dispute.order_number == order.number).limit(1)
    put_right = order.state == OrderState.DELIVERED and work.session.scalar(was) is not None
    return put_right or order.state == OrderState.DISPUTED


def _end_with(work: Work, order: Order) -> None:
    """An order that was cancelled leaves nothing to argue about, but for a denial."""
    if order.state != OrderState.CANCELLED:
        return
    for dispute in _open_on(work, order):
        if dispute.reason != DENIED:
            _end(work, dispute, DisputeState.SETTLED, order.seller)


def _end(work: Work, dispute: Dispute, state: DisputeState, source: str, **detail) -> None:
    dispute.state = state
    work.note(dispute, source, state.name.lower(), **detail)
    work.drop("dispute_due", str(dispute.number))


def _check_open(dispute: Dispute) -> None:
    if dispute.state not in OPEN_DISPUTE:
        raise Refused(f"a dispute that is {DisputeState(dispute.state).name.lower()} is over")


def _known(work: Work, thing_id: str, order_id: bytes, reason: int) -> Dispute | None:
    query = select(Dispute).where(
        Dispute.thing_id == thing_id,
        Dispute.order_id == order_id,
        Dispute.reason == reason,
        Dispute.state.in_(OPEN_DISPUTE),
    )
    return work.session.scalars(query).first()


def _open_on(work: Work, order: Order) -> list[Dispute]:
    query = select(Dispute).where(
        Dispute.order_number == order.number, Dispute.state.in_(OPEN_DISPUTE)
    )
    return list(work.session.scalars(query.order_by(Dispute.number)))
