"""What a desk holds, in numbers: for the top of its page and for a monitoring system."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sim.desk.approvals import ANSWERABLE, Question
from sim.desk.models import (
    OPEN_CASE,
    OPEN_DISPUTE,
    OPEN_ORDER,
    Case,
    CaseState,
    Dispute,
    DisputeState,
    Finding,
    FindingState,
    Message,
    Order,
    OrderState,
    Outgoing,
    Reject,
    Task,
    Thing,
)


class Summary(BaseModel):
    """What is open, in all; of an owner, for its own things."""

    things: int
    online: int
    findings: int
    approvals: int
    orders: int
    cases: int
    disputes: int


def summary(session: Session) -> Summary:
    """The numbers at the top of the page."""
    return Summary(
        things=_count(session, Thing),
        online=_count(session, Thing, Thing.online),
        findings=_count(session, Finding, Finding.state == FindingState.CONFIRMED),
        approvals=_count(session, Question, Question.state.in_(ANSWERABLE)),
        orders=_count(session, Order, Order.state.in_(OPEN_ORDER)),
        cases=_count(session, Case, Case.state.in_(OPEN_CASE)),
        disputes=_count(session, Dispute, Dispute.state.in_(OPEN_DISPUTE)),
    )


def by_state(session: Session) -> dict[str, dict[str, int]]:
    """How many open orders, cases and disputes there are, by the word of their state."""
    kinds: tuple[tuple[str, Any, Any, tuple[int, ...]], ...] = (
        ("orders", Order, OrderState, OPEN_ORDER),
        ("cases", Case, CaseState, OPEN_CASE),
        ("disputes", Dispute, DisputeState, OPEN_DISPUTE),
    )
    found: dict[str, dict[str, int]] = {}
    for name, table, states, open_states in kinds:
        query = select(table.state, func.count()).where(table.state.in_(open_states))
        counts = {row[0]: row[1] for row in session.execute(query.group_by(table.state))}
        found[name] = {states(state).name.lower(): counts.get(state, 0) for state in open_states}
    return found


def queues(session: Session, now: int) -> dict[str, int]:
    """How full the desk's queues are, and for how long the first in each has been due."""
    outgoing = session.execute(select(func.count(), func.min(Outgoing.due))).one()
    tasks = session.execute(select(func.count(), func.min(Task.due))).one()
    return {
        "outbox_messages": outgoing[0],
        "outbox_late_s": max(0, now - (outgoing[1] or now)),
        "tasks": tasks[0],
        "tasks_late_s": max(0, now - (tasks[1] or now)),
        "inbox_messages": _count(session, Message),
        # Rows are numbered on and on, of which the latest are kept.
        "refused_frames": session.scalar(select(func.max(Reject.id))) or 0,
    }


def _count(session: Session, table: Any, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
