"""Puts the page into the desk's own HTTP service, behind its key.

NiceGUI is one application per process. Its pages are found under /desk/, its scripts and its
WebSocket under paths of their own; everything else stays REST's.
"""

import functools
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from nicegui import core, ui
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sim.desk.page import (
    approvals,
    cases,
    disputes,
    orders,
    overview,
    releases,
    sellers,
    thing,
)
from sim.desk.page.client import Rest
from sim.desk.page.gate import HOME, Gate
from sim.desk.page.shell import page_of
from sim.desk.rest.app import LOOPBACK_NAMES

PATHS = ("/desk", "/_nicegui", "/_nicegui_ws")
SCRIPTS = ("approve.js", "keep.js")  # beside this file
BUILD_S = 30.0  # for a page on a slow disk; it is milliseconds otherwise
PAGES: dict[str, Callable[..., Any]] = {
    "": overview.page,
    "things/{thing_id}": thing.page,
    "orders": orders.page,
    "orders/{number}": page_of(orders.Order, "orders", "Order"),
    "cases": cases.page,
    "cases/{number}": page_of(cases.Case, "cases", "Case"),
    "disputes": disputes.page,
    "disputes/{number}": page_of(disputes.Dispute, "disputes", "Dispute"),
    "sellers": sellers.page,
    "approvals": approvals.page,
    "releases": releases.page,
    "releases/{number}": page_of(releases.Release, "releases", "Release"),
}


def mount(app: FastAPI) -> Gate:
    """Add the page to a desk's application (sim/desk/rest/app.py); returns the gate before it."""
    running, own = _nicegui().router.lifespan_context, app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with running(app), own(app) as state:
            yield state

    app.router.lifespan_context = lifespan
    gate = Gate(core.app, Rest(app), app.state.door)
    for path in PATHS:
        app.mount(path, gate)
    for path in ("/", "/desk"):
        app.get(path, include_in_schema=False)(_home)
    return gate


def join(app: FastAPI) -> None:
    """Show a desk beside the pages of a program that NiceGUI runs itself, on this machine only."""
    _register()
    core.app.add_middleware(Gate, rest=Rest(app), door=app.state.door)
    core.app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)


def _register() -> None:
    for path, page in PAGES.items():
        ui.page(HOME + path, title="Steward desk", response_timeout=BUILD_S)(page)
    for name in SCRIPTS:
        core.app.get(HOME + name)(functools.partial(_script, name))


@functools.cache
def _nicegui() -> FastAPI:
    """NiceGUI made ready, once in a process: the application that runs it.

    It would take all paths of a desk's; so it gets one of its own, of which only the running is
    used, and REST keeps its own words for what is not found.
    """
    _register()
    host = FastAPI()
    ui.run_with(host, show_welcome_message=False, dark=None)
    return host


def _script(name: str) -> FileResponse:
    return FileResponse(Path(__file__).with_name(name), media_type="text/javascript")


def _home() -> RedirectResponse:
    return RedirectResponse(HOME, 307)
