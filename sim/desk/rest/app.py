"""The desk over HTTP, for people and their programs: what is known, and what a team can do.

Errors are problem+json (RFC 9457). Every request but /healthz must carry a key that may do what it
asks for (permissions.py). While there is none, only this machine may ask, which the Host header is
held to, so that no web page can reach the desk by a name that it points here.
"""

import http
from collections.abc import Callable

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sim.desk import mandates, messages
from sim.desk.access import Door
from sim.desk.core import Desk
from sim.desk.models import (
    OPEN_CASE,
    OPEN_ORDER,
    Case,
    CaseState,
    Command,
    Event,
    Finding,
    FindingState,
    Offer,
    Order,
    OrderState,
    Reject,
    Report,
    Statement,
    Thing,
)
from sim.desk.rest import (
    access,
    approvals,
    disputes,
    keeping,
    listing,
    notices,
    overview,
    releases,
    timeline,
    views,
    ways,
)
from sim.desk.rest.guard import Guard
from sim.desk.rest.listing import PAGE, Cursor, Limit
from sim.desk.rest.metrics import Metrics
from sim.desk.rest.views import Page, view
from sim.desk.work import Refused

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]


def application(
    desk: Desk,
    api_key: str | None = None,
    ready: Callable[[], bool] = lambda: True,
    counts: Callable[[], dict[str, int]] = dict,
) -> FastAPI:
    """The REST service of a desk; `ready` tells whether the rest of the process is.

    api_key: the desk's own, an admin's. counts: what the link has to tell for /metrics.
    `app.state.door` is what the page asks for its readers.
    """
    door, metrics = Door(desk, api_key), Metrics(desk, counts)
    app = FastAPIOffline(  # its description's scripts come from here as well
        redoc_url=None,
        title="Steward desk",
        version="1",
        description="Things, their orders and their service cases.",
        responses={"4XX": {"model": views.Problem, "description": "Problem (RFC 9457)"}},
    )
    app.state.door = door
    if not door.guarded:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    app.add_middleware(Guard, metrics=metrics)
    _add_problem_handlers(app)

    @app.get("/healthz", tags=["service"], summary="Ready to take messages and requests")
    def healthz() -> dict[str, str]:
        try:
            with desk.database.reading() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise HTTPException(503, "the database is out of reach") from error
        if not ready():
            raise HTTPException(503, "not connected to the broker")
        return {"status": "ready"}

    rooms = (_things, _orders, _cases, _reports, disputes.disputes, disputes.market,
             approvals.questions, notices.told, ways.told, keeping.told, overview.glance,
             releases.versions, timeline.told)  # fmt: skip
    check = access.dependency(desk, door)
    for router in (*(room(desk) for room in rooms), access.me(check, metrics)):
        app.include_router(router, dependencies=[Depends(check)])
    return app


def _things(desk: Desk) -> APIRouter:
    router = APIRouter(tags=["things"])

    @router.get("/things")
    def list_things(cursor: Cursor = None, limit: Limit = PAGE) -> Page[views.ThingView]:
        return listing.page(desk, select(Thing), Thing.id, cursor, limit, rising=True)

    @router.post("/things", status_code=201, summary="Admit a thing, or give it new keys")
    def admit(new: views.NewThing) -> views.ThingView:
        keys = (bytes.fromhex(new.root_key), bytes.fromhex(new.public_key))
        try:
            desk.provision(new.id, *keys, new.product, new.owner)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return listing.read(desk, lambda session: view(listing.row_of(session, Thing, new.id)))

    @router.get("/things/{thing_id}")
    def one_thing(thing_id: str) -> views.ThingDetail:
        def read(session):
            thing = listing.row_of(session, Thing, thing_id)

            def of_thing(table, *conditions):
                query = select(table).where(table.thing_id == thing_id, *conditions)
                key = table.__table__.primary_key.columns.values()[0]
                return [view(row) for row in session.scalars(query.order_by(key.desc()).limit(50))]

            health = of_thing(Report, Report.kind == "health")
            return view(
                thing,
                views.ThingDetail,
                public_key=thing.public_key.hex(),
                mandate_ends_at=mandates.ends_at(session, thing_id),
                orders=of_thing(Order, Order.state.in_(OPEN_ORDER)),
                cases=of_thing(Case, Case.state.in_(OPEN_CASE)),
                findings=of_thing(Finding, Finding.state != FindingState.CLEARED),
                health=health[0] if health else None,
            )

        return listing.read(desk, read)

    @router.post("/things/{thing_id}/commands", status_code=202, summary="Send a console line")
    def command(thing_id: str, line: views.Line) -> views.CommandView:
        request = desk.command(thing_id, line.line)
        return listing.read(desk, lambda session: view(listing.row_of(session, Command, request)))

    @router.get("/things/{thing_id}/commands")
    def commands(
        thing_id: str, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.CommandView]:
        query = select(Command).where(Command.thing_id == thing_id)
        return listing.page(desk, query, Command.id, cursor, limit)

    @router.post("/things/{thing_id}/mandate", status_code=202, summary="Pass on a mandate")
    def mandate(thing_id: str, signed: views.Document) -> views.ThingView:
        desk.send(thing_id, messages.MANDATE, document=bytes.fromhex(signed.document))
        return listing.read(desk, lambda session: view(listing.row_of(session, Thing, thing_id)))

    return router


def _orders(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/orders", tags=["orders"])

    @router.get("")
    def list_orders(
        thing: str | None = None,
        state: str | None = None,
        seller: str | None = None,
        open: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[views.OrderView]:
        query = listing.filtered(select(Order), {Order.thing_id: thing, Order.seller: seller})
        query = listing.with_state(query, Order, OrderState, OPEN_ORDER, state, open)
        return listing.page(desk, query, Order.number, cursor, limit)

    def detail(session, number: str) -> views.OrderDetail:
        order = listing.row_of(session, Order, listing.number_in(number))
        events = select(Event).where(Event.order_number == order.number).order_by(Event.id)
        offers = select(Offer).where(
            Offer.need_id == order.order_id, Offer.thing_id == order.thing_id
        )
        parts = {
            "history": [view(row) for row in session.scalars(events)],
            "offers": [view(row) for row in session.scalars(offers.order_by(Offer.id))],
        }
        return view(order, views.OrderDetail, **parts)

    @router.get("/{number}")
    def one_order(number: str) -> views.OrderDetail:
        return listing.read(desk, lambda session: detail(session, number))

    @router.post("/{number}/status", summary="What the seller's staff says of an order")
    def set_status(number: str, status: views.OrderStatus) -> views.OrderDetail:
        told = status.model_dump(exclude={"state"})
        desk.set_order(listing.number_in(number), OrderState[status.state.upper()], **told)
        return one_order(number)

    return router


def _cases(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/cases", tags=["cases"])

    @router.get("")
    def list_cases(
        thing: str | None = None,
        state: str | None = None,
        mode: str | None = None,
        open: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[views.CaseView]:
        query = listing.filtered(select(Case), {Case.thing_id: thing, Case.mode: mode})
        query = listing.with_state(query, Case, CaseState, OPEN_CASE, state, open)
        return listing.page(desk, query, Case.number, cursor, limit)

    @router.get("/{number}")
    def one_case(number: str) -> views.CaseDetail:
        def read(session):
            case = listing.row_of(session, Case, listing.number_in(number))
            events = select(Event).where(Event.case_number == case.number).order_by(Event.id)
            history = [view(row) for row in session.scalars(events)]
            return view(case, views.CaseDetail, history=history)

        return listing.read(desk, read)

    @router.post("/{number}/accept")
    def accept(number: str, note: views.Note | None = None) -> views.CaseDetail:
        desk.set_case(listing.number_in(number), CaseState.ACCEPTED, reason=note and note.text)
        return one_case(number)

    @router.post("/{number}/schedule")
    def schedule(number: str, visit: views.Visit) -> views.CaseDetail:
        when_s = max(0, visit.at - desk.now)
        desk.set_case(listing.number_in(number), CaseState.SCHEDULED, when_s, visit.text)
        return one_case(number)

    @router.post("/{number}/done")
    def done(number: str, note: views.Note | None = None) -> views.CaseDetail:
        desk.set_case(listing.number_in(number), CaseState.DONE, reason=note and note.text)
        return one_case(number)

    @router.post("/{number}/refuse")
    def refuse(number: str, note: views.Note) -> views.CaseDetail:
        desk.set_case(listing.number_in(number), CaseState.REFUSED, reason=note.text)
        return one_case(number)

    @router.post("/{number}/notes", status_code=201)
    def add_note(number: str, note: views.Note) -> views.CaseDetail:
        desk.note_case(listing.number_in(number), note.text)
        return one_case(number)

    return router


def _reports(desk: Desk) -> APIRouter:
    router = APIRouter(tags=["reports"])

    @router.get("/findings")
    def findings(
        thing: str | None = None,
        mode: str | None = None,
        open: bool | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[views.FindingView]:
        query = listing.filtered(select(Finding), {Finding.thing_id: thing, Finding.mode: mode})
        if open is not None:
            query = query.where((Finding.state != FindingState.CLEARED) == open)
        return listing.page(desk, query, Finding.id, cursor, limit)

    def reports(kind, thing, cursor, limit):
        query = listing.filtered(select(Report), {Report.thing_id: thing, Report.kind: kind})
        return listing.page(desk, query, Report.id, cursor, limit)

    @router.get("/health")
    def health(
        thing: str | None = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.ReportView]:
        return reports("health", thing, cursor, limit)

    @router.get("/usage")
    def usage(
        thing: str | None = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.ReportView]:
        return reports("usage", thing, cursor, limit)

    @router.get("/statements", summary="Disputes and experiences that things signed")
    def statements(
        thing: str | None = None,
        kind: str | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Page[views.StatementView]:
        conditions = {Statement.thing_id: thing, Statement.kind: kind}
        query = listing.filtered(select(Statement), conditions)
        return listing.page(desk, query, Statement.id, cursor, limit)

    @router.get("/rejects", summary="Frames that were turned away")
    def rejects(
        thing: str | None = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.RejectView]:
        query = listing.filtered(select(Reject), {Reject.thing_id: thing})
        return listing.page(desk, query, Reject.id, cursor, limit)

    return router


def _problem(status: int, detail: str) -> JSONResponse:
    title = http.HTTPStatus(status).phrase
    content = views.Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, media_type="application/problem+json")


def _add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(StarletteHTTPException)
    def http_error(_request: Request, error: StarletteHTTPException):
        return _problem(error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError):
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}"
            for fault in error.errors()
        ]
        return _problem(422, "; ".join(faults))

    @app.exception_handler(Refused)
    def refused(_request: Request, error: Refused):
        missing = str(error).startswith("no such")
        return _problem(404 if missing else 409, str(error))

    @app.exception_handler(SQLAlchemyError)
    def database(_request: Request, _error: SQLAlchemyError):
        return _problem(503, "the database is out of reach")
