"""REST about ways to the desk: where things are told that it is found, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sim.desk import ways
from sim.desk.core import Desk
from sim.desk.models import Command
from sim.desk.rest import listing
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.views import CommandView, Page, view

Word = Annotated[str, Field(min_length=1, max_length=40)]


class NewWay(BaseModel):
    """Which things, all of them where neither ids nor a product are given, and the way."""

    things: Annotated[list[Word], Field(max_length=500)] = Field(default_factory=list)
    product: Word | None = None
    host: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s/]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    authority: Annotated[str, Field(max_length=8192, description="Its certificate in PEM.")]
    client: Annotated[
        str, Field(max_length=8192, description="The one thing's, over its own key, in PEM.")
    ] | None = None


def told(desk: Desk) -> APIRouter:
    """Where things find the desk."""
    router = APIRouter(tags=["things"])

    @router.get("/ways", summary="Which way to the desk each thing was told of last")
    def list_ways(cursor: Cursor = None, limit: Limit = PAGE) -> Page[CommandView]:
        return listing.page(desk, ways.latest(), Command.id, cursor, limit)

    @router.post("/ways", status_code=202, summary="Tell things of another way to the desk")
    def tell(new: NewWay) -> list[CommandView]:
        try:
            der = ways.authority(new.authority)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        numbers = desk.act(lambda work: ways.tell(
            work, new.things, new.product, new.host, new.port, der, new.client))  # fmt: skip
        return listing.read(desk, lambda session: [
            view(listing.row_of(session, Command, number)) for number in numbers])  # fmt: skip

    return router
