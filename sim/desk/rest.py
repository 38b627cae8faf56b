"""The desk over HTTP, for people and their programs: what is known, and what a team can do.

Errors are problem+json (RFC 9457). With an API key every request but /healthz must carry it;
without one only this machine may ask, which the Host header is held to, so that no web page can
reach the desk by a name that it points here.
"""

import hmac
import http
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sim.desk import messages, views
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
from sim.desk.views import Page, view
from sim.desk.work import Refused

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]
KEY_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
PAGE, PAGE_MOST = 50, 500

Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]
Cursor = Annotated[str | None, Query(max_length=40)]


def application(
    desk: Desk, api_key: str | None = None, ready: Callable[[], bool] = lambda: True
) -> FastAPI:
    """The REST service of a desk; `ready` tells whether the rest of the process is."""

    def check_key(given: Annotated[str | None, Security(KEY_HEADER)]) -> None:
        if api_key and not hmac.compare_digest((given or "").encode(), api_key.encode()):
            raise HTTPException(http.HTTPStatus.UNAUTHORIZED, "X-API-Key is missing or wrong")

    app = FastAPI(
        title="Steward desk",
        version="1",
        description="Things, their orders and their service cases.",
        responses={"4XX": {"model": views.Problem, "description": "Problem (RFC 9457)"}},
    )
    if not api_key:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
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

    for router in (_things(desk), _orders(desk), _cases(desk), _reports(desk)):
        app.include_router(router, dependencies=[Depends(check_key)])
    return app


def _things(desk: Desk) -> APIRouter:
    router = APIRouter(tags=["things"])

    @router.get("/things")
    def list_things(cursor: Cursor = None, limit: Limit = PAGE) -> Page[views.ThingView]:
        return _page(desk, select(Thing), Thing.id, cursor, limit, rising=True)

    @router.post("/things", status_code=201, summary="Admit a thing, or give it new keys")
    def admit(new: views.NewThing) -> views.ThingView:
        keys = (bytes.fromhex(new.root_key), bytes.fromhex(new.public_key))
        try:
            desk.provision(new.id, *keys, new.product, new.owner)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return _read(desk, lambda session: view(_row(session, Thing, new.id)))

    @router.get("/things/{thing_id}")
    def one_thing(thing_id: str) -> views.ThingDetail:
        def read(session):
            thing = _row(session, Thing, thing_id)

            def of_thing(table, *conditions):
                query = select(table).where(table.thing_id == thing_id, *conditions)
                key = table.__table__.primary_key.columns.values()[0]
                return [view(row) for row in session.scalars(query.order_by(key.desc()).limit(50))]

            health = of_thing(Report, Report.kind == "health")
            return view(
                thing,
                views.ThingDetail,
                orders=of_thing(Order, Order.state.in_(OPEN_ORDER)),
                cases=of_thing(Case, Case.state.in_(OPEN_CASE)),
                findings=of_thing(Finding, Finding.state != FindingState.CLEARED),
                health=health[0] if health else None,
            )

        return _read(desk, read)

    @router.post("/things/{thing_id}/commands", status_code=202, summary="Send a console line")
    def command(thing_id: str, line: views.Line) -> views.CommandView:
        request = desk.command(thing_id, line.line)
        return _read(desk, lambda session: view(_row(session, Command, request)))

    @router.get("/things/{thing_id}/commands")
    def commands(
        thing_id: str, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.CommandView]:
        query = select(Command).where(Command.thing_id == thing_id)
        return _page(desk, query, Command.id, cursor, limit)

    @router.post("/things/{thing_id}/mandate", status_code=202, summary="Pass on a mandate")
    def mandate(thing_id: str, signed: views.Document) -> views.ThingView:
        desk.send(thing_id, messages.MANDATE, document=bytes.fromhex(signed.document))
        return _read(desk, lambda session: view(_row(session, Thing, thing_id)))

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
        query = _filtered(select(Order), {Order.thing_id: thing, Order.seller: seller})
        query = _with_state(query, Order, OrderState, OPEN_ORDER, state, open)
        return _page(desk, query, Order.number, cursor, limit)

    def detail(session, number: str) -> views.OrderDetail:
        order = _row(session, Order, _number(number))
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
        return _read(desk, lambda session: detail(session, number))

    @router.post("/{number}/status", summary="What the seller's staff says of an order")
    def set_status(number: str, status: views.OrderStatus) -> views.OrderDetail:
        told = status.model_dump(exclude={"state"})
        desk.set_order(_number(number), OrderState[status.state.upper()], **told)
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
        query = _filtered(select(Case), {Case.thing_id: thing, Case.mode: mode})
        query = _with_state(query, Case, CaseState, OPEN_CASE, state, open)
        return _page(desk, query, Case.number, cursor, limit)

    @router.get("/{number}")
    def one_case(number: str) -> views.CaseDetail:
        def read(session):
            case = _row(session, Case, _number(number))
            events = select(Event).where(Event.case_number == case.number).order_by(Event.id)
            history = [view(row) for row in session.scalars(events)]
            return view(case, views.CaseDetail, history=history)

        return _read(desk, read)

    @router.post("/{number}/accept")
    def accept(number: str, note: views.Note | None = None) -> views.CaseDetail:
        desk.set_case(_number(number), CaseState.ACCEPTED, reason=note and note.text)
        return one_case(number)

    @router.post("/{number}/schedule")
    def schedule(number: str, visit: views.Visit) -> views.CaseDetail:
        when_s = max(0, visit.at - desk.now)
        desk.set_case(_number(number), CaseState.SCHEDULED, when_s, visit.text)
        return one_case(number)

    @router.post("/{number}/done")
    def done(number: str, note: views.Note | None = None) -> views.CaseDetail:
        desk.set_case(_number(number), CaseState.DONE, reason=note and note.text)
        return one_case(number)

    @router.post("/{number}/refuse")
    def refuse(number: str, note: views.Note) -> views.CaseDetail:
        desk.set_case(_number(number), CaseState.REFUSED, reason=note.text)
        return one_case(number)

    @router.post("/{number}/notes", status_code=201)
    def add_note(number: str, note: views.Note) -> views.CaseDetail:
        desk.note_case(_number(number), note.text)
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
        query = _filtered(select(Finding), {Finding.thing_id: thing, Finding.mode: mode})
        if open is not None:
            query = query.where((Finding.state != FindingState.CLEARED) == open)
        return _page(desk, query, Finding.id, cursor, limit)

    def reports(kind, thing, cursor, limit):
        query = _filtered(select(Report), {Report.thing_id: thing, Report.kind: kind})
        return _page(desk, query, Report.id, cursor, limit)

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
        query = _filtered(select(Statement), {Statement.thing_id: thing, Statement.kind: kind})
        return _page(desk, query, Statement.id, cursor, limit)

    @router.get("/rejects", summary="Frames that were turned away")
    def rejects(
        thing: str | None = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Page[views.RejectView]:
        query = _filtered(select(Reject), {Reject.thing_id: thing})
        return _page(desk, query, Reject.id, cursor, limit)

    return router


def _read(desk: Desk, read):
    with desk.database.reading() as session:
        return read(session)


def _row(session, table, key):
    row = session.get(table, key)
    if row is None:
        raise HTTPException(404, f"no {table.__name__.lower()} {key}")
    return row


def _number(text: str) -> int:
    """The primary key in a number as people write it: O-000012, C-000012 or 12."""
    digits = text.upper().removeprefix("O-").removeprefix("C-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise HTTPException(404, f"{text} is not a number of an order or a case")
    return int(digits)


def _filtered(query, conditions: dict):
    for column, value in conditions.items():
        if value is not None:
            query = query.where(column == value)
    return query


def _with_state(query, table, states, open_states, state: str | None, open: bool | None):
    if state is not None:
        if state.upper() not in states.__members__:
            known = ", ".join(word.lower() for word in states.__members__)
            raise HTTPException(422, f"state: {state} is none of {known}")
        query = query.where(table.state == states[state.upper()])
    if open is not None:
        condition = table.state.in_(open_states)
        query = query.where(condition if open else ~condition)
    return query


def _page(desk: Desk, query, column, cursor: str | None, limit: int, rising=False) -> Page:
    """One page by key, newest first unless rising; a cursor stays right while rows are added."""
    if cursor is not None:
        if not rising and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
            raise HTTPException(422, "cursor: not one that this list gave out")
        key = cursor if rising else int(cursor)
        query = query.where(column > key if rising else column < key)
    query = query.order_by(column if rising else column.desc()).limit(limit + 1)
    with desk.database.reading() as session:
        rows = session.scalars(query).all()
        shown = rows[:limit]
        more = str(getattr(shown[-1], column.key)) if len(rows) > limit else None
        return Page(items=[view(row) for row in shown], next=more)


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
