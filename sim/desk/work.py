"""One transaction's worth of the desk: what every room of it is handed.

`Work` carries the session, the time, who sells and who serves; rooms change rows through it,
queue messages to things, put off what is due later, and note what must happen after the commit.
"""

import dataclasses
from collections.abc import Mapping

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from sim.desk import codec, messages
from sim.desk.models import OUTGOING, THINGS, Case, Dispute, Event, Order, Outgoing, Task, Thing
from sim.desk.service import Department
from sim.desk.suppliers import Supplier

# First wait for a thing's acknowledgement, doubled after each silence up to the longest: a thing
# that sleeps for a day is written to six times, not three thousand.
RESEND_S = 30
RESEND_LONGEST_S = 6 * 3600


class Refused(Exception):
    """An authentic message that is not accepted; the text is the reason the thing is told."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a message is acknowledged with."""

    outcome: int = messages.ACCEPTED
    reason: str | None = None
    number: str | None = None


@dataclasses.dataclass(frozen=True)
class Delivery:
    """Goods put down at a thing: what the physical world is told after the commit."""

    thing: str
    order: bytes
    number: str
    consumable: str
    sku: str
    packs: int


@dataclasses.dataclass(frozen=True)
class ServiceDone:
    """Work finished at a thing, as the department says."""

    thing: str
    case: bytes
    number: str
    mode: str
    service: str


@dataclasses.dataclass
class Work:
    """The session, the time, the actors, and what is to be told after the commit."""

    session: Session
    now: int
    suppliers: Mapping[str, Supplier]
    department: Department
    broker: str | None = None  # that this desk is behind; None: it serves every thing
    decides_s: int | None = None  # after which an unsettled dispute is decided; None: by people
    made_at: int = 0  # of the message in hand: when the thing wrote it, unix seconds
    after: list = dataclasses.field(default_factory=list)

    def queue(self, thing_id: str, kind: int, wants_ack=True, expires=None, **words) -> int:
        """Put a down message in line and return its id; one that wants no answer is sent once."""
        message = {
            "thing_id": thing_id,
            "kind": kind,
            "body": codec.encode(messages.write(messages.DOWN[kind], **words)),
            "wants_ack": wants_ack,
            "tries": 0,
            "due": self.now,
            "expires": expires,
        }
        # Every message queues an answer: a plain insert costs a third of a tracked object.
        added = insert(OUTGOING).values(message).returning(OUTGOING.c.id)
        return self.session.execute(added).scalar_one()

    def put_off(self, delay_s: int, what: str, subject: str, content: dict | None = None) -> None:
        """Have `what` done to `subject` after a delay."""
        due = self.now + max(0, delay_s)
        self.session.add(Task(due=due, what=what, subject=subject, content=content or {}))

    def drop(self, what: str, subject: str) -> None:
        """Forget what was put off."""
        self.session.execute(delete(Task).where(Task.what == what, Task.subject == subject))

    def note(self, subject: Order | Case | Dispute, source: str, word: str, **detail) -> None:
        """Add a line to the history of an order, a case or a dispute."""
        self.session.flush()  # the subject needs its number
        known = {key: value for key, value in detail.items() if value is not None}
        event = Event(at=self.now, source=source, word=word, detail=known)
        if isinstance(subject, Order):
            event.order_number = subject.number
        elif isinstance(subject, Dispute):
            event.dispute_number = subject.number
        else:
            event.case_number = subject.number
        self.session.add(event)
        subject.changed_at = self.now


def plain(value):
    """The same value for a JSON column: bytes as hexadecimal, keys as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def order_number(order: Order) -> str:
    """The number of an order as people and things write it."""
    return f"O-{order.number:06d}"


def dispute_number(dispute: Dispute) -> str:
    """The number of a dispute as people and things write it."""
    return f"D-{dispute.number:06d}"


def case_number(case: Case) -> str:
    """The number of a case as people and things write it."""
    return f"C-{case.number:06d}"


def acknowledge(work: Work, thing: Thing, message_id: int) -> None:
    """The thing has a down message; stop sending it."""
    waiting = work.session.get(Outgoing, message_id)
    if waiting is not None and waiting.thing_id == thing.id:
        work.session.delete(waiting)


def send_again(work: Work, thing: Thing, delay_s: int = 0) -> None:
    """The thing is back: what it has not acknowledged is due again, and patience starts afresh."""
    rows = work.session.scalars(
        select(Outgoing).where(Outgoing.thing_id == thing.id)
    )
    for row in rows:
        row.due, row.tries = work.now + delay_s, 0


def within_reach(work: Work) -> tuple:
    """Conditions on the things that a desk writes to: those last heard through its own broker."""
    here = THINGS.c.broker
    return (or_(here.is_(None), here == work.broker),) if work.broker else ()


def next_frame(work: Work) -> tuple[str, bytes] | None:
    """The frame that has been due longest, sealed with the next sequence number of its thing."""
    query = (
        select(OUTGOING, THINGS.c.root_key, THINGS.c.down_seq)
        .join(THINGS, THINGS.c.id == OUTGOING.c.thing_id)
        .where(OUTGOING.c.due <= work.now, *within_reach(work))
        .order_by(OUTGOING.c.due, OUTGOING.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (row := work.session.execute(query).first()) is not None:
        if row.expires is None or work.now < row.expires:
            return row.thing_id, _sealed(work, row)
        work.session.execute(delete(OUTGOING).where(OUTGOING.c.id == row.id))
    return None


def _sealed(work: Work, row: Row) -> bytes:
    seq, this = row.down_seq + 1, OUTGOING.c.id == row.id
    work.session.execute(update(THINGS).where(THINGS.c.id == row.thing_id).values(down_seq=seq))
    if row.wants_ack:
        due = work.now + min(RESEND_S << min(row.tries, 16), RESEND_LONGEST_S)
        work.session.execute(update(OUTGOING).where(this).values(tries=row.tries + 1, due=due))
    else:
        work.session.execute(delete(OUTGOING).where(this))
    payload = {
        messages.SEQ: seq,
        messages.KIND: row.kind,
        messages.ID: row.id if row.wants_ack else 0,
        messages.AT: work.now,
        messages.UTC: work.now,
        messages.BODY: codec.decode(row.body),
    }
    return codec.seal(payload, row.root_key, row.thing_id, codec.DOWN)
