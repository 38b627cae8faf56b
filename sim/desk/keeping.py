"""What the desk keeps of a thing and for how long, what its owner may take along, and what goes.

There are two kinds of records. What a thing reported, what was seen through it and what was said to
it is its owner's: it goes by age, when the owner says so, and when the thing has left its owner.
What was bought is the business of two sides, and an order that was forgotten could be filled twice:
orders with all that was offered for them, disputes and what was signed about both stay.
"""

import secrets
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from sim.desk.approvals import Question, QuestionState
from sim.desk.database import lock
from sim.desk.models import (
    OPEN_CASE,
    Case,
    CaseState,
    Command,
    Dispute,
    DisputeState,
    Event,
    Finding,
    FindingState,
    Message,
    Order,
    OrderState,
    Outgoing,
    Reject,
    Report,
    Request,
    Statement,
    Table,
    Thing,
)
from sim.desk.notices import Notice, NoticeState
from sim.desk.releases import Install, InstallState
from sim.desk.ways import WORD as WAY
from sim.desk.work import Work, plain

DAY_S = 86_400
# A year and a month: what a team compares a season with the last one by, and longer than any thing
# stays off line, so that no message counts twice.
KEPT_S = 400 * DAY_S
REPORTS_KEPT_S = 100 * DAY_S  # several a day, and after a season nobody asks what a level was
LEFT_KEPT_S = 30 * DAY_S  # for what a former owner and the sellers have still to settle
IN_USE_S = 7 * DAY_S  # so long an order may still come of what was offered
SECRET = "root_key"  # what no answer carries, to whomever
STATES = {
    Order: OrderState,
    Case: CaseState,
    Dispute: DisputeState,
    Finding: FindingState,
    Question: QuestionState,
    Notice: NoticeState,
    Install: InstallState,
}


class Kept(NamedTuple):
    """Rows that go: `at` since when they are as they are, `over` which of them nobody needs."""

    table: type[Any]
    at: InstrumentedAttribute[Any]
    seconds: int = KEPT_S
    over: ColumnElement[bool] | None = None
    in_use_s: int = 0

    def before(self, moment: int) -> list[ColumnElement[bool]]:
        """The rows that have not changed since a moment and may go."""
        return [self.at <= moment, *([] if self.over is None else [self.over])]


PERSONAL = (
    Kept(Report, Report.received_at, REPORTS_KEPT_S),
    Kept(Command, Command.sent_at, REPORTS_KEPT_S,
         over=Command.replied_at.is_not(None) & ~Command.line.startswith(WAY)),
    Kept(Finding, Finding.changed_at, over=Finding.state == FindingState.CLEARED),
    Kept(Case, Case.changed_at, over=Case.state.not_in(OPEN_CASE)),
    Kept(Question, Question.changed_at, over=Question.state != QuestionState.WAITING),
    Kept(Notice, Notice.changed_at, over=Notice.state != NoticeState.SENT),
    Kept(Request, Request.received_at, over=Request.need_id.not_in(select(Order.order_id)),
         in_use_s=IN_USE_S),
    Kept(Statement, Statement.received_at, over=Statement.kind == "experience"),
    Kept(Reject, Reject.received_at),
)  # fmt: skip
ANSWERS = Kept(Message, Message.received_at)  # what a repetition of a message is answered with


def sweep(work: Work) -> None:
    """What is old goes."""
    for kept in (*PERSONAL, ANSWERS):
        work.session.execute(delete(kept.table).where(*kept.before(work.now - kept.seconds)))


def erase(work: Work, thing: Thing, until: int) -> dict[str, int]:
    """What was told of a thing up to a moment goes, whatever its age; returns rows by table.

    What is open stays until it has ended, for the thing and the teams count on it.
    """
    left = thing.hello.get("left_at", until + 1) <= until
    gone = {}
    for kept in (*PERSONAL, ANSWERS) if left else PERSONAL:
        moment = min(until, work.now - kept.in_use_s)
        rows = (kept.table.thing_id == thing.id, *kept.before(moment))
        query = select(func.count()).select_from(kept.table).where(*rows)
        gone[kept.table.__tablename__] = work.session.scalar(query) or 0
        work.session.execute(delete(kept.table).where(*rows))
    if left:  # it has no keys any more: whoever still speaks with them is not it
        thing.hello = {"left_at": thing.hello["left_at"]}
        thing.root_key = secrets.token_bytes(len(thing.root_key))
    note = Report(thing_id=thing.id, kind="erased", age_s=thing.age_s, made_at=work.now,
                  received_at=work.now, content=gone)  # fmt: skip
    work.session.add(note)
    return gone


def end_findings(work: Work, thing: Thing) -> None:
    """A thing has lost its memory: it will not say any more that what it saw is over."""
    work.session.execute(
        update(Finding)
        .where(Finding.thing_id == thing.id, Finding.state != FindingState.CLEARED)
        .values(state=FindingState.CLEARED, changed_at=work.now)
    )


def hand_over(work: Work, thing: Thing, owner: str, reset: bool = False) -> None:
    """Say whose a thing is; the next owner finds nothing of before (access.py), and it goes.

    reset: it has new keys, so whoever had it before was another, also if nobody said who.
    """
    if (thing.owner or reset) and thing.owner != owner:
        thing.provisioned_at = work.now
        erase_later(work, thing)
    thing.owner = owner


def erase_later(work: Work, thing: Thing) -> None:
    """A thing has left its owner: what it told goes when what was under way can be settled."""
    work.put_off(LEFT_KEPT_S, "erase", thing.id, {"until": work.now})


def due(work: Work, thing_id: str, content: dict) -> None:
    """The time is up that `erase_later` gave."""
    erase_of(work, thing_id, content["until"])


def erase_of(work: Work, thing_id: str, until: int) -> dict[str, int] | None:
    """`erase` of a thing that is held, lest it greets meanwhile; None where there is no such."""
    thing = lock(work.session, Thing, thing_id)
    return None if thing is None else erase(work, thing, until)


def stays(session: Session, thing_id: str) -> dict[str, int]:
    """How many rows the desk has of a thing, by table; nought is left out."""
    counts = {}
    for table in _tables():
        query = select(func.count()).select_from(table).where(table.thing_id == thing_id)
        counts[table.__tablename__] = session.scalar(query) or 0
    return {name: count for name, count in counts.items() if count}


def all_of(session: Session, thing: Thing) -> dict[str, Any]:
    """Everything that the desk has of a thing, for whoever may have it: no secret, states as words.

    Bytes are hexadecimal, times unix seconds, amounts integer minor units.
    """
    told: dict[str, Any] = {"thing": _plain(thing)}
    numbers: dict[type[Table], list[int]] = {Order: [], Case: [], Dispute: []}
    for table in _tables():
        key = table.__table__.primary_key.columns.values()
        rows = session.scalars(select(table).where(table.thing_id == thing.id).order_by(*key)).all()
        told[table.__tablename__] = [_plain(row) for row in rows]
        if table in numbers:
            numbers[table] = [row.number for row in rows]
    history = select(Event).where(or_(
        Event.order_number.in_(numbers[Order]),
        Event.case_number.in_(numbers[Case]),
        Event.dispute_number.in_(numbers[Dispute]),
    )).order_by(Event.id)  # fmt: skip
    return told | {"events": [_plain(row) for row in session.scalars(history)]}


def _tables() -> list[Any]:
    """The tables about things, but for the desk's own line of frames that wait to be sent."""
    about = [mapper.class_ for mapper in Table.registry.mappers if "thing_id" in mapper.columns]
    return sorted(set(about) - {Outgoing}, key=lambda table: table.__tablename__)


def _plain(row: Table) -> dict[str, Any]:
    names = [column.key for column in row.__table__.columns if column.key != SECRET]
    content = {name: plain(getattr(row, name)) for name in names}
    states = STATES.get(type(row))
    return content | {"state": states(content["state"]).name.lower()} if states else content
