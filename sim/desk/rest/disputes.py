"""REST about trust: disputes and their answers, the gap in perception."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from sim.desk import perception
from sim.desk.core import Desk
from sim.desk.disputes import REASONS
from sim.desk.models import (
    OPEN_DISPUTE,
    Dispute,
    DisputeState,
    Event,
    Statement,
)
from sim.desk.rest import listing, views
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.views import Page, view


def disputes(desk: Desk) -> APIRouter:
    """What things hold against sellers, and what comes of it."""
    router = APIRouter(prefix="/disputes", tags=["disputes"])

    @router.get("")
    def list_disputes(
        thing: str | None = None,
        seller: str | None = None,
        reason: str | None = None,
        state: str | None = None,
        open: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[views.DisputeView]:
        conditions = {Dispute.thing_id: thing, Dispute.seller: seller}
        query = listing.filtered(select(Dispute), conditions | {Dispute.reason: _reason(reason)})
        query = listing.with_state(query, Dispute, DisputeState, OPEN_DISPUTE, state, open)
        return listing.page(desk, query, Dispute.number, cursor, limit)

    def detail(session, number: str) -> views.DisputeDetail:
        row = listing.row_of(session, Dispute, listing.number_in(number))
        events = select(Event).where(Event.dispute_number == row.number).order_by(Event.id)
        signed = select(Statement).where(Statement.thing_id == row.thing_id).order_by(Statement.id)
        about = [
            view(one) for one in session.scalars(signed)
            if row.order_id.hex() in (one.content.get("order"), one.content.get("about"))
        ]  # fmt: skip
        history = [view(event) for event in session.scalars(events)]
        return view(row, views.DisputeDetail, history=history, statements=about)

    @router.get("/{number}")
    def one_dispute(number: str) -> views.DisputeDetail:
        return listing.read(desk, lambda session: detail(session, number))

    @router.post("/{number}/answer", summary="What the seller's staff answers")
    def answer(number: str, said: views.DisputeAnswer) -> views.DisputeDetail:
        key = listing.number_in(number)
        desk.answer_dispute(key, said.text, said.agrees, said.charged_minor)
        return one_dispute(number)

    @router.post("/{number}/settle", summary="A person's decision")
    def settle(number: str, decision: views.Settlement) -> views.DisputeDetail:
        desk.settle_dispute(listing.number_in(number), decision.text, decision.charged_minor)
        return one_dispute(number)

    return router


def market(desk: Desk) -> APIRouter:
    """How sellers look from both sides."""
    router = APIRouter(tags=["market"])

    @router.get("/perception", summary="What sellers claim against what things measured")
    def perceived(seller: str | None = None) -> list[views.Perception]:
        rows = listing.read(desk, lambda session: perception.perceived(session, seller))
        return [views.Perception(**row) for row in rows]

    return router


def _reason(word: str | None) -> int | None:
    known = {name: number for number, name in REASONS.items()}
    if word is not None and word not in known:
        raise HTTPException(422, f"reason: {word} is none of {', '.join(known)}")
    return known.get(word or "")
