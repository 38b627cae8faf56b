"""Notices: what makers, sellers and the desk itself have to tell things, and what became of it.

    sent -> taken      the thing's butler used it or kept it
         -> refused    it has no use for it, or its owner does not want it; it says which
         -> expired    it was over before the thing heard of it

The desk carries what others signed and cannot change it. What it says itself is not signed: of that
a thing takes the weather, and what its owner agreed to hear from the desk.
"""

import enum

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from sim.desk import codec, messages
from sim.desk.models import Table, Thing, serial, thing_key
from sim.desk.work import Refused, Work

WHAT = ("", "advisory", "recall", "weather", "advertising", "note")
DESK = "desk"


class NoticeState(enum.IntEnum):
    """States of a notice."""

    SENT = 1
    TAKEN = 2
    REFUSED = 3
    EXPIRED = 4


class Notice(Table):
    """One notice to one thing."""

    __tablename__ = "notices"
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    what: Mapped[int]
    sender: Mapped[str]
    words: Mapped[str]
    about: Mapped[str | None]
    until: Mapped[int]
    state: Mapped[int]
    reason: Mapped[str | None]
    sent_at: Mapped[int]
    changed_at: Mapped[int]
    message_id: Mapped[int | None]  # of the notice on its way


def send(work: Work, things: list[str], product: str | None, document: bytes | None,
         said: dict | None) -> list[int]:
    """Send a notice to things, or to all of a product; returns the ids of what was sent.

    document: what its sender signed; said: words of messages.NOTICE_DOCUMENT, in the desk's name.
    Raises Refused for a notice that no thing could take, or that has nobody to go to.
    """
    if (document is None) == (said is None):
        raise Refused("a notice is either signed or said by the desk")
    if document is None:
        content = {0: "notice", **messages.write(messages.NOTICE_DOCUMENT, **said or {})}
    else:
        content = codec.peek_document(document)
    if content.get(0) != "notice":
        raise Refused("the document is no notice")
    words = messages.read(messages.NOTICE_DOCUMENT, content)
    if (document is None) != (words["sender"] == DESK):
        raise Refused("what the desk says is not signed, and what others say is")
    if words["until"] <= work.now:
        raise Refused("the notice is over")
    return [_to(work, thing, words, document, content)
            for thing in meant(work, things, product or words["product"])]  # fmt: skip


def meant(work: Work, things: list[str], product: str | None) -> list[Thing]:
    """The things of these ids, or those of a product. Raises Refused."""
    query = select(Thing).order_by(Thing.id)
    if things:
        query = query.where(Thing.id.in_(things))
    elif product:
        said = Thing.hello["product"].as_string()  # which a thing tells; who admits it need not
        query = query.where((said == product) | (Thing.product == product))
    else:
        raise Refused("say to which things, or to the things of which product")
    found = list(work.session.scalars(query))
    unknown = sorted(set(things) - {thing.id for thing in found})
    if unknown or not found:
        raise Refused("no such thing: " + (", ".join(unknown) or f"none is a {product}"))
    return found


def _to(work: Work, thing: Thing, words: dict, document: bytes | None, content: dict) -> int:
    carried = {"document": document} if document else {"said": content}
    message = work.queue(thing.id, messages.NOTICE, expires=words["until"], **carried)
    notice = Notice(
        thing_id=thing.id,
        what=words["what"],
        sender=words["sender"],
        words=words["words"],
        about=words["about"],
        until=words["until"],
        state=NoticeState.SENT,
        sent_at=work.now,
        changed_at=work.now,
        message_id=message,
    )
    work.session.add(notice)
    work.session.flush()
    work.put_off(words["until"] - work.now, "notice_due", str(notice.id))
    return notice.id


def heard(work: Work, thing: Thing, message_id: int, outcome: int, reason: str | None) -> None:
    """The thing acknowledged a message; if it was a notice, that says what became of it."""
    query = select(Notice).where(Notice.thing_id == thing.id, Notice.message_id == message_id)
    notice = work.session.scalars(query).first()
    if notice is not None:
        refused = outcome == messages.REFUSED
        _end(work, notice, NoticeState.REFUSED if refused else NoticeState.TAKEN, reason)


def due(work: Work, subject: str, _content: dict) -> None:
    """A notice is over."""
    notice = work.session.get(Notice, int(subject))
    if notice is not None and notice.state == NoticeState.SENT:
        _end(work, notice, NoticeState.EXPIRED, None)


def _end(work: Work, notice: Notice, state: NoticeState, reason: str | None) -> None:
    notice.state, notice.reason = state, reason
    notice.message_id, notice.changed_at = None, work.now
    work.drop("notice_due", str(notice.id))
