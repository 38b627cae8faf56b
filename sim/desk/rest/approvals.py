"""REST about approvals: what things ask their owners, and the answers that owners signed."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from sim.desk import approvals
from sim.desk.approvals import ANSWERABLE, Question, QuestionState
from sim.desk.core import Desk
from sim.desk.models import Order
from sim.desk.rest import listing, views
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.views import Page, View


class QuestionView(View):
    """An order that waits for its owner, and what came of it.

    `terms` is what a signed answer names, `total_minor` what it agrees to at the most; `reason`
    says why the thing refused an answer, or how the question ended. `yes` is the owner's answer
    that is on its way or has arrived. How to sign one: approval-document in agent/wire/wire.cddl.
    """

    id: int
    thing: str
    order: str
    consumable: str
    sku: str
    packs: int
    pack_units: int
    seller: str
    total_minor: int
    currency: str
    lead_s: int
    terms: str
    test: bool
    asked_at: int
    until: int
    needed_by: int | None
    state: str
    reason: str | None
    yes: bool | None
    answered_at: int | None
    changed_at: int


def question_values(row: Question) -> dict[str, Any]:
    """What a QuestionView shows."""
    state = QuestionState(row.state).name.lower()
    return views.columns(row) | {"order": row.order_id.hex(), "state": state}


views.VALUES[Question] = question_values
views.VIEWS[Question] = QuestionView


def questions(desk: Desk) -> APIRouter:
    """What things ask their owners."""
    router = APIRouter(tags=["approvals"])

    @router.get("/approvals", summary="Orders that wait for their owner's answer, or had one")
    def list_questions(
        thing: str | None = None,
        state: str | None = None,
        open: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[QuestionView]:
        query = listing.filtered(select(Question), {Question.thing_id: thing})
        query = listing.with_state(query, Question, QuestionState, ANSWERABLE, state, open)
        return listing.page(desk, query, Question.id, cursor, limit)

    @router.get("/approvals/{number}")
    def one_question(number: int) -> QuestionView:
        return listing.read(
            desk, lambda session: views.view(listing.row_of(session, Question, number))
        )

    @router.post(
        "/things/{thing_id}/approvals/{order}",
        status_code=202,
        summary="Pass on the owner's signed yes or no",
    )
    def answer(thing_id: str, order: str, signed: views.Document) -> QuestionView:
        return one_question(_passed_on(desk, approvals.relay, thing_id, order, signed))

    @router.post(
        "/things/{thing_id}/orders/{order}/cancel",
        status_code=202,
        summary="Pass on the owner's signed cancel of a placed order",
    )
    def cancel(thing_id: str, order: str, signed: views.Document) -> views.OrderView:
        number = _passed_on(desk, approvals.cancel, thing_id, order, signed)
        return listing.read(
            desk, lambda session: views.view(listing.row_of(session, Order, number))
        )

    return router


def _passed_on(desk: Desk, carry: Callable, thing_id: str, order: str, signed) -> int:
    """What `carry` returns for an owner's document; 422 for what is none."""
    document = bytes.fromhex(signed.document)
    try:
        key = bytes.fromhex(order)
        return desk.act(lambda work: carry(work, thing_id, key, document))
    except ValueError as error:  # of the codec, too
        raise HTTPException(422, str(error)) from error
