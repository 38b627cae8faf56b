"""REST about one thing's past: what it found, asked for and bought, in one line of time."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import or_, select

from sim.desk.approvals import Question, QuestionState
from sim.desk.core import Desk
from sim.desk.models import Case, Dispute, Event, Finding, FindingState, Order, Thing
from sim.desk.products import Vocabulary
from sim.desk.rest import listing
from sim.desk.rest.views import View
from sim.desk.work import case_number, dispute_number, order_number

SHOWN, SHOWN_MOST = 60, 300
# Who ends a question, by the state in which it ends.
SOURCES = {
    QuestionState.APPROVED: "owner", QuestionState.DENIED: "owner", QuestionState.REFUSED: "thing",
    QuestionState.SETTLED: "thing", QuestionState.EXPIRED: "desk",
}  # fmt: skip


class Moment(View):
    """Something that happened: in the life of what, who said it, and the words of its history.

    `number` is that of the order, case or dispute; `about` the item or the failure mode, and
    `consumable` that in whose unit quantities are (GET /things/{thing_id}/product).
    """

    at: int
    kind: str
    number: str | None
    about: str
    source: str
    word: str
    detail: dict[str, Any]
    currency: str = ""
    consumable: str = ""


def told(desk: Desk) -> APIRouter:
    """The line of time of a thing."""
    router = APIRouter(tags=["things"])

    @router.get("/things/{thing_id}/timeline", summary="What happened to it, the latest first")
    def timeline(
        thing_id: str,
        before: Annotated[int | None, Query(ge=0)] = None,
        limit: Annotated[int, Query(ge=1, le=SHOWN_MOST)] = SHOWN,
    ) -> list[Moment]:
        def read(session):
            listing.row_of(session, Thing, thing_id)
            return moments(session, thing_id, before, limit)

        return listing.read(desk, read)

    @router.get("/things/{thing_id}/product", summary="The units and names behind its numbers")
    def product(thing_id: str) -> Vocabulary:
        thing = listing.read(desk, lambda session: listing.row_of(session, Thing, thing_id))
        said = (thing.hello.get("product", ""), thing.hello.get("product_version", ""))
        return desk.products.get(said) or Vocabulary()

    return router


def moments(session, thing_id: str, before: int | None, limit: int) -> list[Moment]:
    """The latest moments of a thing, of those before a time if one is given."""
    found = [
        *_events(session, thing_id, before, limit),
        *_findings(session, thing_id, before, limit),
        *_questions(session, thing_id, before, limit),
    ]
    return sorted(found, key=lambda moment: -moment.at)[:limit]


def _latest(query, at, before: int | None, limit: int):
    if before is not None:
        query = query.where(at < before)
    return query.order_by(at.desc()).limit(limit)


def _events(session, thing_id: str, before: int | None, limit: int) -> list[Moment]:
    own = [select(table.number).where(table.thing_id == thing_id)
           for table in (Order, Case, Dispute)]  # fmt: skip
    columns = (Event.order_number, Event.case_number, Event.dispute_number)
    conditions = [column.in_(ids) for column, ids in zip(columns, own, strict=True)]
    query = _latest(select(Event).where(or_(*conditions)), Event.at, before, limit)
    rows = session.scalars(query.order_by(Event.id.desc())).all()
    cases = _of_numbers(session, Case, [row.case_number for row in rows])
    disputes = _of_numbers(session, Dispute, [row.dispute_number for row in rows])
    numbers = [row.order_number for row in (*rows, *disputes.values())]
    orders = _of_numbers(session, Order, numbers)
    return [_moment(row, cases, disputes, orders) for row in rows]


def _of_numbers(session, table, numbers: list[int | None]) -> dict[int | None, Any]:
    """The rows of these numbers, in one query however many there are."""
    wanted = {number for number in numbers if number is not None}
    rows = session.scalars(select(table).where(table.number.in_(wanted))) if wanted else ()
    return {row.number: row for row in rows}


def _moment(row: Event, cases: dict, disputes: dict, orders: dict) -> Moment:
    said = {"at": row.at, "source": row.source, "word": row.word, "detail": row.detail}
    if row.case_number is not None:
        case = cases[row.case_number]
        return Moment(kind="case", number=case_number(case), about=case.mode, **said)
    dispute = disputes.get(row.dispute_number)
    order = orders.get(dispute.order_number if dispute is not None else row.order_number)
    about = ""
    if order is not None:
        about = order.sku
        said |= {"currency": order.currency, "consumable": order.consumable}
    if dispute is not None:  # of a denial there is no order
        return Moment(kind="dispute", number=dispute_number(dispute), about=about, **said)
    assert order is not None, row.id
    return Moment(kind="order", number=order_number(order), about=about, **said)


def _findings(session, thing_id: str, before: int | None, limit: int) -> list[Moment]:
    query = select(Finding).where(Finding.thing_id == thing_id)
    news = query.where(Finding.state != FindingState.RAISED)
    raised = session.scalars(_latest(query, Finding.raised_at, before, limit)).all()
    changed = session.scalars(_latest(news, Finding.changed_at, before, limit)).all()
    return [
        *(
            _of_finding(row, row.changed_at, FindingState(row.state).name.lower(),
                        {"severity": row.severity, "confidence": row.confidence})
            for row in changed
        ),
        *(_of_finding(row, row.raised_at, "raised", {}) for row in raised),
    ]  # fmt: skip


def _of_finding(row: Finding, at: int, word: str, detail: dict) -> Moment:
    return Moment(at=at, kind="finding", number=None, about=row.mode, source="thing", word=word,
                  detail=detail)  # fmt: skip


def _questions(session, thing_id: str, before: int | None, limit: int) -> list[Moment]:
    query = select(Question).where(Question.thing_id == thing_id)
    over = query.where(Question.state != QuestionState.WAITING)
    asked = session.scalars(_latest(query, Question.asked_at, before, limit)).all()
    ended = session.scalars(_latest(over, Question.changed_at, before, limit)).all()
    return [
        *(
            _of_question(row, row.asked_at, "thing", "asked its owner",
                         {"packs": row.packs, "total_minor": row.total_minor, "from": row.seller})
            for row in asked
        ),
        *(
            _of_question(row, row.changed_at, SOURCES[row.state],
                         QuestionState(row.state).name.lower(),
                         {"reason": row.reason} if row.reason else {})
            for row in ended
        ),
    ]  # fmt: skip


def _of_question(row: Question, at: int, source: str, word: str, detail: dict) -> Moment:
    return Moment(at=at, kind="approval", number=row.order_id.hex()[:8], about=row.sku,
                  source=source, word=word, detail=detail, currency=row.currency)  # fmt: skip
