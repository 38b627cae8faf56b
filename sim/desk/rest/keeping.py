"""REST about what the desk has of a thing: all of it to take along, and an end of what may go."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sim.desk import keeping
from sim.desk.core import Desk
from sim.desk.models import Thing
from sim.desk.rest import listing
from sim.desk.work import Refused


class Erased(BaseModel):
    """How many rows of each table went, and how many stay: what is open, and what was bought."""

    erased: dict[str, int] = Field(description="Rows that are gone, by table.")
    stays: dict[str, int] = Field(description="Rows that the desk still has, by table.")


def told(desk: Desk) -> APIRouter:
    """What the desk keeps of a thing."""
    router = APIRouter(prefix="/things/{thing_id}/data", tags=["things"])

    @router.get("", summary="All that the desk has of a thing, without its root key")
    def data(thing_id: str) -> dict[str, Any]:
        return listing.read(desk, lambda session: keeping.all_of(
            session, listing.row_of(session, Thing, thing_id)))  # fmt: skip

    @router.delete("", summary="Erase what a thing told, but for what is open and what was bought")
    def erase(thing_id: str) -> Erased:
        gone = desk.act(lambda work: keeping.erase_of(work, thing_id, work.now))
        if gone is None:
            raise Refused("no such thing")
        stays = listing.read(desk, lambda session: keeping.stays(session, thing_id))
        return Erased(erased={name: count for name, count in gone.items() if count}, stays=stays)

    return router
