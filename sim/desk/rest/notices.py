"""REST about notices: what is told to things by their makers, by sellers, and by the desk."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import select

from sim.desk import notices
from sim.desk.core import Desk
from sim.desk.notices import DESK, WHAT, Notice, NoticeState
from sim.desk.rest import listing, views
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.views import Page, View

Word = Annotated[str, Field(min_length=1, max_length=40)]
DAY_S = 86_400


class NoticeView(View):
    """A notice to one thing. `reason` says why the thing's butler turned it away."""

    id: int
    thing: str
    what: str
    sender: str
    words: str
    about: str | None
    until: int
    state: str
    reason: str | None
    sent_at: int
    changed_at: int


class Said(BaseModel):
    """A notice in the desk's own name; `values` in tenths, as {"outdoor_c": -41}."""

    what: Annotated[str, Field(pattern="^(weather|advertising|note)$")]
    words: Annotated[str, Field(min_length=1, max_length=200)]
    lasts_s: Annotated[int, Field(ge=1, le=366 * DAY_S)] = DAY_S
    about: Word | None = None
    values: dict[Word, int] | None = None


class NewNotice(BaseModel):
    """Who is told, and either what somebody signed (hexadecimal) or what the desk itself says."""

    things: Annotated[list[Word], Field(max_length=500)] = Field(default_factory=list)
    product: Word | None = None
    document: Annotated[str, Field(pattern="^([0-9a-f]{2})+$", max_length=2048)] | None = None
    said: Said | None = None


def notice_values(row: Notice) -> dict[str, Any]:
    """What a NoticeView shows."""
    return views.columns(row) | {
        "what": WHAT[row.what],
        "state": NoticeState(row.state).name.lower(),
    }


views.VALUES[Notice] = notice_values
views.VIEWS[Notice] = NoticeView


def told(desk: Desk) -> APIRouter:
    """What things are told."""
    router = APIRouter(tags=["notices"])

    @router.get("/notices", summary="What was told to things, and what became of it")
    def list_notices(
        thing: str | None = None,
        state: str | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[NoticeView]:
        query = listing.filtered(select(Notice), {Notice.thing_id: thing})
        query = listing.with_state(query, Notice, NoticeState, (NoticeState.SENT,), state, None)
        return listing.page(desk, query, Notice.id, cursor, limit)

    @router.post("/notices", status_code=202, summary="Tell things something")
    def send(new: NewNotice) -> list[NoticeView]:
        document = bytes.fromhex(new.document) if new.document else None
        try:
            numbers = desk.act(lambda work: notices.send(
                work, new.things, new.product, document, _said(new.said, work.now)))  # fmt: skip
        except ValueError as error:  # of the codec, too
            raise HTTPException(422, str(error)) from error
        return listing.read(desk, lambda session: [
            views.view(listing.row_of(session, Notice, number)) for number in numbers])  # fmt: skip

    return router


def _said(said: Said | None, now: int) -> dict[str, Any] | None:
    if said is None:
        return None
    words = said.model_dump(exclude={"lasts_s", "what"}, exclude_none=True)
    whole = {"what": WHAT.index(said.what), "sender": DESK, "written": now}
    return words | whole | {"until": now + said.lasts_s}
