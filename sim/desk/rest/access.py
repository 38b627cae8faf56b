"""REST's door: whose key came with a request, whether it may do that, and what it then sees."""

import http
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from sim.desk import access
from sim.desk.access import Caller, Door
from sim.desk.core import Desk
from sim.desk.models import THINGS, Dispute, Order
from sim.desk.permissions import OWNER, SELLER, may
from sim.desk.rest import listing
from sim.desk.rest.metrics import CONTENT_TYPE_LATEST, Metrics
from sim.desk.rest.views import View

# In the scope of a request that the page makes inside of this process: the id of the key with
# which its reader signed in. No request from outside can bring one.
INSIDE = "steward.key"
KEY_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
BEARER = HTTPBearer(auto_error=False)  # what monitoring systems send


class Me(View):
    """Whose key this is, and what for; `owner` whose things an owner's key sees, `seller` for whom
    a seller's key speaks."""

    name: str
    role: str
    owner: str | None
    seller: str | None


def dependency(desk: Desk, door: Door):
    """What every router depends on: 401 without a good key, 403 for what is not this role's."""

    def caller_of(request: Request, given: str) -> Caller:
        inside = request.scope.get(INSIDE)
        caller = door.who(given) if inside is None else door.still(inside)
        if caller is None:
            raise HTTPException(http.HTTPStatus.UNAUTHORIZED, "X-API-Key is missing or wrong")
        endpoint = endpoint_of(request.scope)
        if not may(caller.role, endpoint):
            raise HTTPException(http.HTTPStatus.FORBIDDEN,
                                f"{endpoint} is nothing for a key of role {caller.role}")
        thing = request.path_params.get("thing_id")
        if caller.role == OWNER and thing is not None and not _owns(desk, caller, thing):
            raise HTTPException(http.HTTPStatus.NOT_FOUND, f"no thing {thing}")
        if caller.role == SELLER and "number" in request.path_params:
            _check_sold(desk, caller, endpoint, request.path_params["number"])
        return caller

    async def check(
        request: Request,
        key: Annotated[str | None, Security(KEY_HEADER)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ):
        given = key or (bearer.credentials if bearer else "")
        caller = await run_in_threadpool(caller_of, request, given)
        request.state.caller = caller
        with access.seen_by(caller):
            yield caller

    return check


def endpoint_of(scope) -> str:
    """An endpoint as permissions.py has it: the method, and the path with its parameters' names."""
    route = scope.get("route")
    return f"{scope['method']} {route.path}" if route is not None else ""


def me(check, metrics: Metrics) -> APIRouter:
    """What programs ask: about their own key, and for the desk's figures."""
    router = APIRouter(tags=["service"])

    @router.get("/me", summary="Whose key this is, and what it is for")
    def whose(caller: Annotated[Caller, Depends(check)]) -> Me:
        return Me(name=caller.name, role=caller.role, owner=caller.owner, seller=caller.seller)

    @router.get("/metrics", summary="The desk's figures, as Prometheus reads them")
    def figures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router


def _owns(desk: Desk, caller: Caller, thing: str) -> bool:
    with desk.database.reading() as session:
        query = select(THINGS.c.id).where(THINGS.c.id == thing, THINGS.c.owner == caller.owner)
        return session.scalar(query) is not None


def _check_sold(desk: Desk, caller: Caller, endpoint: str, number: str) -> None:
    """404 for an order that another sold, or a dispute with another: what is done to one is done
    in a session that is not narrowed."""
    table = {"orders": Order, "disputes": Dispute}[endpoint.split("/")[1]]
    with access.seen_by(caller), desk.database.reading() as session:
        if session.get(table, listing.number_in(number)) is None:
            word = f"no {table.__name__.lower()} {number} of {caller.seller}"
            raise HTTPException(http.HTTPStatus.NOT_FOUND, word)
