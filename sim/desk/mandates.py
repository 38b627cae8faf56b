"""Mandates that went through the desk: the last one of a thing, and the control after it.

A thing that lost its memory lost them, too, and buys nothing until it has them again; so what the
desk passed on, and the thing took, is passed on again to a thing whose hello tells a lower number
than it is known to have had. The desk can read them and make none: they bear the owner's signature.
What the owner said on the console alone, the desk does not have.
"""

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sim.desk import codec, messages
from sim.desk.models import Outgoing, Table, Thing, thing_key
from sim.desk.work import Work

CONTROL, WORD = "control", "mandate"


class Mandate(Table):
    """A document of an owner's that is in force at a thing, as far as the desk knows."""

    __tablename__ = "mandates"
    thing_id: Mapped[str] = thing_key(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)  # what it is: a mandate, or a control
    number: Mapped[int]
    document: Mapped[bytes]


def keep(work: Work, thing: Thing, word: str, number: int, document: bytes) -> None:
    """A thing took a document: a mandate ends what was before it, a control what a control said."""
    if word != CONTROL:
        forget(work, thing)
    row = Mandate(thing_id=thing.id, word=word, number=number, document=document)
    work.session.merge(row)


def send_again(work: Work, thing: Thing, has: int, known: int) -> None:
    """Give a thing back what it lost: it has number `has`, and had `known`."""
    query = select(Mandate).where(Mandate.thing_id == thing.id).order_by(Mandate.number)
    rows = [row for row in work.session.scalars(query) if row.number > has]
    if not rows or rows[-1].number < known:
        return  # the owner said more since then, and not through this desk
    waiting = select(Outgoing.body).where(
        Outgoing.thing_id == thing.id, Outgoing.kind == messages.MANDATE
    )
    under_way = [codec.decode(body)[1] for body in work.session.scalars(waiting)]
    for row in rows:
        if row.document not in under_way:
            work.queue(thing.id, messages.MANDATE, document=row.document)


def ends_at(session: Session, thing_id: str) -> int | None:
    """Unix seconds at which the mandate of a thing ends, as far as the desk was given it."""
    query = select(Mandate.document).where(Mandate.thing_id == thing_id, Mandate.word == WORD)
    document = session.scalar(query)
    until = codec.peek_document(document).get(4) if document else None
    return until if isinstance(until, int) else None


def forget(work: Work, thing: Thing) -> None:
    """Its owner leaves it, or it got new keys."""
    work.session.execute(delete(Mandate).where(Mandate.thing_id == thing.id))
