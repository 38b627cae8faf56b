"""REST for whoever looks after everything: all things at a glance, what waits, what was said."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy import select

from sim.desk import figures, messages, overview
from sim.desk.core import Desk
from sim.desk.models import Message, Order, Outgoing, Report, Thing
from sim.desk.rest import listing
from sim.desk.rest.listing import PAGE, Limit

SHOWN = 100  # of the messages of a thing
OUTCOMES = ("accepted", "exists", "refused")


def glance(desk: Desk) -> APIRouter:
    """Everything at a glance."""
    router = APIRouter(tags=["overview"])

    @router.get("/overview", summary="One row a thing, with what is open for it")
    def things(
        search: Annotated[str, Query(max_length=80)] = "",
        show: Annotated[str, Query(description=", ".join(overview.SHOWS))] = "",
        start: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Limit = PAGE,
    ) -> overview.ThingRows:
        if show and show not in overview.SHOWS:
            raise HTTPException(422, f"show: {show} is none of {', '.join(overview.SHOWS)}")

        def read(session):
            return overview.rows(session, desk.now, search, show, start, limit)

        return listing.read(desk, read)

    @router.get("/overview/{thing_id}")
    def one_thing(thing_id: str) -> overview.ThingRow:
        def read(session):
            return overview.row_of(session, listing.row_of(session, Thing, thing_id))

        return listing.read(desk, read)

    @router.get("/summary", summary="What is open, in numbers")
    def summary() -> figures.Summary:
        return listing.read(desk, figures.summary)

    @router.get("/waiting", summary="What waits for a person, the most pressing first")
    def waiting() -> list[overview.Waiting]:
        return listing.read(desk, lambda session: overview.waiting(session, desk.now))

    @router.get("/clock", summary="The desk's time")
    def clock() -> dict[Literal["now"], int]:
        return {"now": desk.now}

    @router.get("/things/{thing_id}/messages", summary="What was said lately, both ways")
    def said(thing_id: str) -> list[overview.Said]:
        return listing.read(desk, lambda session: _messages(session, thing_id))

    @router.get("/orders/{number}/rejections", summary="Why the thing did not take other offers")
    def rejections(number: str) -> list[overview.Rejection]:
        return listing.read(desk, lambda session: _rejections(session, number))

    return router


def _rejections(session, number: str) -> list[overview.Rejection]:
    order = listing.row_of(session, Order, listing.number_in(number))
    told = select(Report).where(
        Report.thing_id == order.thing_id,
        Report.kind == "rejection",
        Report.content["need"].as_string() == order.order_id.hex(),
    )
    return [
        overview.Rejection(at=row.made_at, reasons=row.content["reasons"])
        for row in session.scalars(told.order_by(Report.id))
    ]


def _messages(session, thing_id: str) -> list[overview.Said]:
    """The latest messages of a thing that were answered, and those that wait for it to listen."""
    listing.row_of(session, Thing, thing_id)
    ups = select(Message).where(Message.thing_id == thing_id).order_by(Message.received_at.desc())
    downs = select(Outgoing).where(Outgoing.thing_id == thing_id).order_by(Outgoing.id.desc())
    waiting = [
        overview.Said(direction="down", kind=messages.DOWN[row.kind].name, at=row.due,
                      outcome="waits" if row.wants_ack else "on its way")
        for row in session.scalars(downs.limit(SHOWN))
    ]  # fmt: skip
    return waiting + [
        overview.Said(direction="up", kind=messages.UP[row.kind].name, at=row.received_at,
                      outcome=OUTCOMES[row.outcome], reason=row.reason, number=row.number)
        for row in session.scalars(ups.limit(SHOWN))
        if row.kind in messages.UP
    ]  # fmt: skip
