"""Approvals: what things ask their owners, and the owners' signed answers on their way to them.

    waiting -> approved | denied          the thing took the owner's answer
            -> refused                    it did not, and said why; may be answered again
            -> settled                    answered on its console, filled from elsewhere, asked anew
            -> expired                    nobody answered in time
                  approved -> turned away the thing placed the order, and the desk refused it
                           -> settled     no acceptable offer any more, or other terms, or a no

The desk can show a question and carry an answer, and no more: the answer is a document by the
owner's key, of which the desk knows nothing but its bytes.  What came of it is told by the thing's
acknowledgement, and above that by what it does: an order that arrives was approved, whatever
became of the acknowledgement. The owner's signed cancel of a placed order goes the same way; what
came of it is in the order's history.
"""

import enum
import hashlib

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped

from sim.desk import codec, documents, forms, messages
from sim.desk.database import lock
from sim.desk.models import Order, OrderState, Outgoing, Request, Table, Thing, serial, thing_key
from sim.desk.work import Answer, Refused, Work

ORDERED = "the order came without an answer from here"
GIVEN_UP = "approved, and then given up before it was ordered"
OVER = "the thing needs no answer any more"
ANEW = "asked again: the terms changed"
RESET = "the thing was reset"


class QuestionState(enum.IntEnum):
    """States of a question."""

    WAITING = 1
    APPROVED = 2
    DENIED = 3
    REFUSED = 4
    SETTLED = 5
    EXPIRED = 6
    TURNED_AWAY = 7


# What the owner may still answer: a thing that refused an answer goes on waiting for a better one.
ANSWERABLE = (QuestionState.WAITING, QuestionState.REFUSED)
CANCELLABLE = (OrderState.PLACED, OrderState.CONFIRMED)


class Question(Table):
    """An order that waits for its owner: the terms that the thing asked about."""

    __tablename__ = "questions"
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    order_id: Mapped[bytes]
    consumable: Mapped[str]
    sku: Mapped[str]
    packs: Mapped[int]
    pack_units: Mapped[int]
    seller: Mapped[str]
    total_minor: Mapped[int]
    currency: Mapped[str]
    lead_s: Mapped[int]
    terms: Mapped[bytes]
    test: Mapped[bool]
    asked_at: Mapped[int]
    until: Mapped[int]
    needed_by: Mapped[int | None]
    state: Mapped[int]
    reason: Mapped[str | None]
    yes: Mapped[bool | None]  # the owner's answer that is on its way, or arrived
    answered_at: Mapped[int | None]
    message_id: Mapped[int | None]  # of the answer on its way
    changed_at: Mapped[int]


def terms_of(order: bytes, words: dict) -> bytes:
    """The digest of what an answer is bound to, as wire.cddl says."""
    parts = [order, words["seller"], words["sku"], words["pack_units"], words["packs"]]
    return hashlib.sha256(codec.encode([*parts, words["currency"]])).digest()[:12]


def ask(work: Work, thing: Thing, words: dict) -> Answer:
    """A thing asks its owner, or says that the question is over."""
    order, asked = words["order"], words["asked"]
    if asked is None:
        for question in _open(work, thing, order):
            _end(work, question, OVER, said=False)
        _unbought(work, thing, order, GIVEN_UP)
        return Answer()
    asked = messages.read(messages.ASKED, asked)
    stands_s = asked.pop("stands_s")
    if asked["terms"] != terms_of(order, asked):
        raise Refused("terms are not the digest of what is asked")
    for question in _open(work, thing, order):
        _settle(work, question, QuestionState.SETTLED, ANEW)
    if work.session.scalar(select(Order.number).where(Order.order_id == order)):
        return Answer(messages.EXISTS)  # the order overtook it
    _unbought(work, thing, order, ANEW)
    question = Question(
        thing_id=thing.id,
        order_id=order,
        asked_at=work.made_at,
        until=work.made_at + stands_s,
        needed_by=_needed_by(work, thing, order),
        state=QuestionState.WAITING,
        changed_at=work.now,
        **asked,
    )
    work.session.add(question)
    work.session.flush()
    work.put_off(question.until - work.now, "question_due", str(question.id))
    return Answer()


def relay(work: Work, thing_id: str, order: bytes, document: bytes) -> int:
    """Pass the owner's signed answer on to the thing; returns the question's id.

    Only the thing can tell whether the owner signed it; what anybody can see is checked here, so
    that a slip is named at once.
    """
    lock(work.session, Thing, thing_id)  # its acknowledgement waits until this is done
    question = _latest(work, thing_id, order)
    if question is None:
        raise Refused("no such question")
    if question.state not in ANSWERABLE or work.now >= question.until:
        raise Refused(f"the question is {QuestionState(question.state).name.lower()}")
    said = _read(documents.APPROVAL, document, thing=thing_id, order=order, terms=question.terms)
    if said["most_minor"] < question.total_minor:
        raise Refused(f"the document agrees to {said['most_minor']} of {question.total_minor}")
    if question.message_id is not None:  # what it has not heard yet it need not hear any more
        work.session.execute(delete(Outgoing).where(Outgoing.id == question.message_id))
    question.message_id = work.queue(
        thing_id, messages.APPROVAL, expires=question.until, document=document
    )
    question.yes, question.answered_at = said["yes"], work.now
    _change(work, question, QuestionState.WAITING, None)
    return question.id


def heard(work: Work, thing: Thing, message_id: int, outcome: int, reason: str | None) -> None:
    """The thing acknowledged a message; if it was an owner's answer, that says what came of it."""
    query = select(Question).where(Question.thing_id == thing.id, Question.message_id == message_id)
    question = work.session.scalars(query).first()
    if question is None:
        return
    question.message_id = None
    if question.state != QuestionState.WAITING:
        return  # what the thing did has told already
    if outcome == messages.REFUSED:
        _change(work, question, QuestionState.REFUSED, reason)
    else:
        taken = QuestionState.APPROVED if question.yes else QuestionState.DENIED
        _settle(work, question, taken, None)


def turned_away(work: Work, thing: Thing, document: bytes, reason: str) -> None:
    """The desk refuses an order: its owner, who agreed to it, learns why it is not bought."""
    order = codec.peek_document(document).get(1)
    question = _latest(work, thing.id, order) if isinstance(order, bytes) else None
    if question is None or question.state in (QuestionState.DENIED, QuestionState.TURNED_AWAY):
        return
    if work.session.scalar(select(Order.number).where(Order.order_id == order)) is None:
        _settle(work, question, QuestionState.TURNED_AWAY, reason)


def cancel(work: Work, thing_id: str, order_id: bytes, document: bytes) -> int:
    """Pass the owner's signed cancel of a placed order on to the thing; returns its number."""
    lock(work.session, Thing, thing_id)
    order = work.session.scalars(
        select(Order).where(Order.order_id == order_id, Order.thing_id == thing_id)
    ).first()
    if order is None:
        raise Refused("no such order")
    if order.state not in CANCELLABLE:
        raise Refused(f"the order is {OrderState(order.state).name.lower()}")
    _read(documents.CANCEL, document, thing=thing_id, order=order_id)
    work.queue(thing_id, messages.APPROVAL, document=document)
    work.note(order, "owner", "cancel")
    return order.number


def not_cancelled(work: Work, thing: Thing, sent: Outgoing, reason: str | None) -> None:
    """The thing refused an owner's document; if it was a cancel, the order's history says so."""
    content = codec.peek_document(codec.decode(sent.body)[1])
    if content.get(0) != documents.CANCEL.name or not forms.id16(content.get(1)):
        return
    query = select(Order).where(Order.order_id == content[1], Order.thing_id == thing.id)
    order = work.session.scalars(query).first()
    if order is not None:
        work.note(order, "thing", "cancel_refused", reason=reason)


def ordered(work: Work, thing: Thing) -> None:
    """An order was placed: the question about it, if there was one, is over."""
    query = (
        select(Question)
        .join(Order, Order.order_id == Question.order_id)
        .where(
            Question.thing_id == thing.id, Question.state.in_((*ANSWERABLE, QuestionState.EXPIRED))
        )
    )
    for question in work.session.scalars(query).all():
        _end(work, question, ORDERED, said=True)


def leave(work: Work, thing: Thing) -> None:
    """The thing is reset for its next owner: nobody's answer is waited for any more."""
    query = select(Question).where(Question.thing_id == thing.id, Question.state.in_(ANSWERABLE))
    for question in work.session.scalars(query).all():
        _settle(work, question, QuestionState.SETTLED, RESET)


def due(work: Work, subject: str, content: dict) -> None:
    """The time of a question is up."""
    question = work.session.get(Question, int(subject))
    if question is not None and question.state in ANSWERABLE:
        _change(work, question, QuestionState.EXPIRED, question.reason)


def _read(table: messages.Body, document: bytes, **bound: str | bytes) -> dict:
    """What an owner's document says; Refused when it is another, or about something else."""
    content = codec.peek_document(document)
    if content.get(0) != table.name:
        raise Refused(f"the document is no {table.name}")
    said = messages.read(table, content)
    for word, wanted in bound.items():
        if said[word] != wanted:
            raise Refused(f"the document is for {'' if word == 'terms' else 'an'}other {word}")
    return said


def _unbought(work: Work, thing: Thing, order: bytes, reason: str) -> None:
    """What the owner agreed to, and did not become an order."""
    query = select(Question).where(
        Question.thing_id == thing.id,
        Question.order_id == order,
        Question.state == QuestionState.APPROVED,
    )
    if work.session.scalar(select(Order.number).where(Order.order_id == order)) is None:
        for question in work.session.scalars(query).all():
            _change(work, question, QuestionState.SETTLED, reason)


def _end(work: Work, question: Question, reason: str, said: bool) -> None:
    """The thing went on: by the owner's answer from here, if that said so, or without."""
    if question.yes is said:
        _settle(work, question, QuestionState.APPROVED if said else QuestionState.DENIED, None)
    else:
        _settle(work, question, QuestionState.SETTLED, reason)


def _settle(work: Work, question: Question, state: QuestionState, reason: str | None) -> None:
    _change(work, question, state, reason)
    work.drop("question_due", str(question.id))


def _change(work: Work, question: Question, state: QuestionState, reason: str | None) -> None:
    question.state, question.reason, question.changed_at = state, reason, work.now


def _open(work: Work, thing: Thing, order: bytes) -> list[Question]:
    query = select(Question).where(
        Question.thing_id == thing.id,
        Question.order_id == order,
        Question.state.in_(ANSWERABLE),
    )
    return list(work.session.scalars(query.order_by(Question.id)))


def _latest(work: Work, thing_id: str, order: bytes) -> Question | None:
    query = select(Question).where(Question.thing_id == thing_id, Question.order_id == order)
    return work.session.scalars(query.order_by(Question.id.desc()).limit(1)).first()


def _needed_by(work: Work, thing: Thing, order: bytes) -> int | None:
    """When the goods are needed, as the thing's request for quotations said."""
    query = select(Request).where(Request.thing_id == thing.id, Request.need_id == order)
    request = work.session.scalars(query.order_by(Request.id.desc()).limit(1)).first()
    return None if request is None else request.received_at + request.need_by_s
