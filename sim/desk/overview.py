"""The desk at a glance: every thing in one row, and what waits for a person.

A row counts what is open for a thing and says how far its memory is trusted; what waits is in one
list, whatever it is about, the most pressing first. Both are bounded: rows come in pages, and of
each reason to look at most MOST are listed, the oldest ones.
"""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from sim.desk import messages
from sim.desk.approvals import ANSWERABLE, Question
from sim.desk.disputes import REASONS
from sim.desk.models import (
    OPEN_CASE,
    OPEN_DISPUTE,
    OPEN_ORDER,
    Case,
    CaseState,
    Dispute,
    Finding,
    FindingState,
    Order,
    OrderState,
    Outgoing,
    Report,
    Thing,
)
from sim.desk.work import case_number, dispute_number, order_number

MOST = 50  # of each reason to look
HOUR_S, DAY_S = 3_600, 86_400
SILENT_S = 2 * DAY_S  # a thing reports its health every day
UNACCEPTED_S = HOUR_S  # a case that nobody has taken on by then
OVERDUE_S = DAY_S // 2  # a visit that should have been
TRIES = 4  # at telling a thing what counts, some minutes; at each start it is told
UNSEEN_S = 3 * DAY_S  # delivered or done, and the thing has not seen it
QUESTION_WAITS = "its owner is asked"
CASE_WAITS = ("escalated", "nobody took it on", "the visit is overdue", "done, still not well")
ORDER_WAITS = ("no word from the seller", "late", "delivered, the thing has not seen it")
DISPUTE_WAITS = ("the seller has not answered", "to be decided")
THING_WAITS = ("in safe mode", "does not hear what counts, and buys nothing", "not heard of")


class Stock(BaseModel):
    """What is left of a consumable: fifths of the container (0 … 4), and days if they are known."""

    name: str
    band: int
    days: int | None


class ThingRow(BaseModel):
    """A thing as the overview shows it; counts are of what is open."""

    id: str
    product: str
    owner: str
    online: bool
    heard_at: int | None
    mode: str | None
    memory: str
    stock: list[Stock]
    findings: int
    cases: int
    orders: int
    disputes: int


class ThingRows(BaseModel):
    """Rows from `start` on, of `total` that the search found."""

    items: list[ThingRow]
    start: int
    total: int


class Waiting(BaseModel):
    """Something that waits for a person: what it is about, since when, and why."""

    kind: str
    number: str
    thing: str
    about: str
    why: str
    since: int


class Said(BaseModel):
    """A message of a thing that was answered, or one that waits for the thing to listen."""

    direction: str
    kind: str
    at: int
    outcome: str
    reason: str | None = None
    number: str | None = None


class Rejection(BaseModel):
    """What a thing told sellers whose offers it did not take: a reason for each."""

    at: int
    reasons: dict[str, str]


def memory_of(thing: Thing, reconciling: bool) -> str:
    """How far a thing may act on what it remembers."""
    if "left_at" in thing.hello:
        return "reset"
    if not thing.hello:
        return "new"
    if reconciling:
        return "restoring"
    return "trusted"


# What the overview can be narrowed to, by a word; `now` is the desk's time.
SHOWS = {
    "silent": lambda now: and_(
        _kept(), or_(Thing.heard_at.is_(None), Thing.heard_at < now - SILENT_S)
    ),
    "restoring": lambda now: _has(_reconciling()),
    "findings": lambda now: _has(_open(Finding)),
    "orders": lambda now: _has(_open(Order)),
    "cases": lambda now: _has(_open(Case)),
    "disputes": lambda now: _has(_open(Dispute)),
}


def rows(session: Session, now: int, search: str, show: str, start: int, limit: int) -> ThingRows:
    """Things whose id, product or owner holds `search`, of one of SHOWS if `show` names it."""
    query = select(Thing)
    for word in search.split():
        parts = [column.icontains(word, autoescape=True)
                 for column in (Thing.id, Thing.product, Thing.owner)]  # fmt: skip
        query = query.where(or_(*parts))
    if show:
        query = query.where(SHOWS[show](now))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    things = session.scalars(query.order_by(Thing.id).offset(start).limit(limit)).all()
    return ThingRows(items=_rows(session, list(things)), start=start, total=total)


def row_of(session: Session, thing: Thing) -> ThingRow:
    """The row of one thing."""
    return _rows(session, [thing])[0]


def waiting(session: Session, now: int) -> list[Waiting]:
    """What waits for a person, the most pressing first, of each kind the oldest first."""
    return [
        *_cases(session, now),  # a leak does not wait for a quarrel
        *_questions(session),
        *_disputes(session),
        *_orders(session, now),
        *_things(session, now),
    ]


def _rows(session: Session, things: list[Thing]) -> list[ThingRow]:
    ids = [thing.id for thing in things]
    counts = {table: _counts(session, table, ids) for table in (Finding, Case, Order, Dispute)}
    reconciling = set(session.scalars(_reconciling().where(Outgoing.thing_id.in_(ids))))
    health = _health(session, ids)
    return [
        ThingRow(
            id=thing.id,
            product=thing.product,
            owner=thing.owner,
            online=thing.online,
            heard_at=thing.heard_at,
            mode=_mode(thing, health.get(thing.id)),
            memory=memory_of(thing, thing.id in reconciling),
            stock=stock_of(health.get(thing.id)),
            findings=counts[Finding].get(thing.id, 0),
            cases=counts[Case].get(thing.id, 0),
            orders=counts[Order].get(thing.id, 0),
            disputes=counts[Dispute].get(thing.id, 0),
        )
        for thing in things
    ]


def stock_of(health: dict | None) -> list[Stock]:
    """What a health report says of consumables: band x 1000 + days, which are 0 while unknown."""
    return [
        Stock(name=name, band=value // 1000, days=value % 1000 or None)
        for name, value in sorted(((health or {}).get("consumables") or {}).items())
    ]


def _mode(thing: Thing, health: dict | None) -> str | None:
    said = health or thing.hello or {}
    return ("run", "safe")[said["mode"]] if "mode" in said else None


def _health(session: Session, ids: list[str]) -> dict[str, dict]:
    """The latest health report of each thing that has made one."""
    latest = (
        select(func.max(Report.id))
        .where(Report.kind == "health", Report.thing_id.in_(ids))
        .group_by(Report.thing_id)
    )
    found = session.scalars(select(Report).where(Report.id.in_(latest)))
    return {report.thing_id: report.content for report in found}


def _open(table: Any):
    """Ids of the things for which something is open in a table."""
    conditions = {
        Finding: Finding.state == FindingState.CONFIRMED,
        Case: Case.state.in_(OPEN_CASE),
        Order: Order.state.in_(OPEN_ORDER),
        Dispute: Dispute.state.in_(OPEN_DISPUTE),
    }
    return select(table.thing_id).where(conditions[table])


def _reconciling():
    """Ids of the things that have not yet heard all of what they may have forgotten."""
    return select(Outgoing.thing_id).where(Outgoing.kind == messages.RECONCILE)


def _kept():
    """Things that were not reset for a next owner, who has not switched them on yet."""
    return Thing.hello["left_at"].as_integer().is_(None)


def _has(ids):
    return Thing.id.in_(ids)


def _counts(session: Session, table: Any, ids: list[str]) -> dict[str, int]:
    query = _open(table).where(table.thing_id.in_(ids)).group_by(table.thing_id)
    return {row[0]: row[1] for row in session.execute(query.add_columns(func.count()))}


def _questions(session: Session) -> list[Waiting]:
    query = select(Question).where(Question.state.in_(ANSWERABLE)).order_by(Question.until)
    return [
        Waiting(kind="approval", number=row.order_id.hex()[:8], thing=row.thing_id,
                about=f"{row.packs} x {row.sku} from {row.seller}", why=QUESTION_WAITS,
                since=row.asked_at)
        for row in session.scalars(query.limit(MOST))
    ]  # fmt: skip


def _disputes(session: Session) -> list[Waiting]:
    found = []
    for why, state in zip(DISPUTE_WAITS, OPEN_DISPUTE, strict=True):
        query = select(Dispute).where(Dispute.state == state).order_by(Dispute.number)
        found += [
            Waiting(kind="dispute", number=dispute_number(row), thing=row.thing_id,
                    about=f"{row.seller or 'the desk'}: {_spoken(REASONS[row.reason])}", why=why,
                    since=row.opened_at)
            for row in session.scalars(query.limit(MOST))
        ]  # fmt: skip
    return found


def _cases(session: Session, now: int) -> list[Waiting]:
    early = (CaseState.OPEN, CaseState.ACCEPTED)
    reasons = (
        and_(Case.state.in_(early), Case.escalated),
        and_(Case.state == CaseState.OPEN, ~Case.escalated, Case.opened_at < now - UNACCEPTED_S),
        and_(Case.state == CaseState.SCHEDULED, Case.visit_at < now - OVERDUE_S),
        and_(Case.state == CaseState.DONE, Case.changed_at < now - UNSEEN_S),
    )
    found = []
    for why, condition in zip(CASE_WAITS, reasons, strict=True):
        query = select(Case).where(condition).order_by(Case.severity.desc(), Case.number)
        found += [
            Waiting(kind="case", number=case_number(row), thing=row.thing_id,
                    about=_spoken(row.mode), why=why, since=row.opened_at)
            for row in session.scalars(query.limit(MOST))
        ]  # fmt: skip
    return found


def _orders(session: Session, now: int) -> list[Waiting]:
    moving = (OrderState.CONFIRMED, OrderState.SHIPPED)
    reasons = (
        (Order.placed_at, and_(Order.state == OrderState.PLACED, Order.placed_at < now - DAY_S)),
        (Order.eta_at, and_(Order.state.in_(moving), Order.eta_at < now)),
        (Order.changed_at,
         and_(Order.state == OrderState.DELIVERED, Order.changed_at < now - UNSEEN_S)),
    )  # fmt: skip
    found = []
    for why, (since, condition) in zip(ORDER_WAITS, reasons, strict=True):
        query = select(Order, since).where(condition).order_by(since).limit(MOST)
        found += [
            Waiting(kind="order", number=order_number(row), thing=row.thing_id,
                    about=f"{row.packs} x {row.sku} from {row.seller}", why=why, since=at)
            for row, at in session.execute(query)
        ]  # fmt: skip
    return found


def _things(session: Session, now: int) -> list[Waiting]:
    safe = Thing.hello["mode"].as_integer() == 1
    deaf = _has(_reconciling().where(Outgoing.tries >= TRIES))
    reasons = (safe, deaf, and_(_kept(), Thing.heard_at < now - SILENT_S))
    found = []
    for why, condition in zip(THING_WAITS, reasons, strict=True):
        query = select(Thing).where(condition).order_by(Thing.heard_at, Thing.id).limit(MOST)
        found += [
            Waiting(kind="thing", number=row.id, thing=row.id, about=_spoken(row.product), why=why,
                    since=row.heard_at or row.provisioned_at)
            for row in session.scalars(query)
        ]  # fmt: skip
    return found


def _spoken(name: str) -> str:
    return name.replace("_", " ")
