"""For tests of the desk's page: a page to ask, a desk full of everything, and a person who acts."""

import asyncio
import contextlib
import json
import re
from types import SimpleNamespace

import httpx
from fastapi.testclient import TestClient
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from sim.desk import approvals
from sim.desk.page.client import Rest
from sim.desk.page.mount import mount
from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment
from sim.desk.suppliers import PeopleSupplier
from sim.desk.testing import HEALTH, World, case_body, seller

PAGES = ("", "orders", "cases", "disputes", "sellers", "approvals", "releases")
HTML = {"accept": "text/html"}
EVENT, REPLY, FINDING, CASE, QUESTION, DISPUTE = 6, 12, 3, 7, 16, 9


class Watched(Rest):
    """REST that tells how many requests are on their way."""

    flying = 0

    async def get(self, path, **query):
        return await self._count(super().get(path, **query))

    async def post(self, path, body=None):
        return await self._count(super().post(path, body))

    async def patch(self, path, body):
        return await self._count(super().patch(path, body))

    async def delete(self, path):
        return await self._count(super().delete(path))

    async def _count(self, request):
        self.flying += 1
        try:
            return await request
        finally:
            self.flying -= 1

    async def rest(self) -> None:
        """Until nothing is on its way, and nothing that was begun asks for more."""
        quiet = 0
        while quiet < 4:
            await asyncio.sleep(0.01)
            quiet = 0 if self.flying else quiet + 1


@contextlib.contextmanager
def served():
    """A page as NiceGUI has it, once for many tests; `behind` puts the desk of each behind it."""
    app = application(World().desk)
    gate = mount(app)
    with TestClient(app, base_url="http://localhost") as client:
        yield SimpleNamespace(gate=gate, http=client)


def peopled() -> World:
    """A desk whose orders and cases wait for people."""
    return World(suppliers=[seller("roaster", 1, PeopleSupplier)], department=PeopleDepartment())


def behind(page, world: World) -> TestClient:
    """The page of this desk, asked by somebody who has not been there before."""
    app = application(world.desk)
    page.gate.rest, page.gate.door = Watched(app), app.state.door
    page.http.cookies.clear()
    return page.http


def texts(http, path: str, status: int = 200) -> str:
    """All that a page shows: the texts, table rows and other properties of its elements."""
    answer = http.get(f"/desk/{path}", headers=HTML)
    assert answer.status_code == status, answer.text
    elements = re.search(r"parseElements\(String\.raw`(.*?)`\)", answer.text, re.S)
    assert elements, "not a page of NiceGUI"
    raw = elements[1]
    for entity, sign in (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"),
                         ("&amp;", "&")):  # fmt: skip
        raw = raw.replace(entity, sign)
    return json.dumps(json.loads(raw), ensure_ascii=False)


def filled(world: World) -> World:
    """A thing with an order in dispute, a case, a finding, a question, and messages."""
    world.send(1, world.thing.hello(3))
    world.send(2, HEALTH)
    world.send(FINDING, {1: "flow", 2: "scale", 3: 2, 4: 3, 5: 80, 6: 150})
    world.send(CASE, case_body(severity=3))
    world.order()
    world.desk.set_order(1, 5, eta_s=900)
    world.send(EVENT, {1: world.thing.need("beans", 0), 2: 4, 3: 0})
    world.send(DISPUTE, {1: world.thing.sign(dispute_document(world))})
    ask(world)
    return world


def dispute_document(world: World) -> dict:
    """The beans never came."""
    return {
        0: "dispute", 1: world.thing.need("beans", 0), 2: "thing-1", 3: 5, 4: 1, 5: "roaster",
        6: 2606, 8: 1, 9: 0, 10: 9, 11: bytes(16),
    }  # fmt: skip


def ask(world: World, sku: str = "CUPS-100") -> dict:
    """The thing asks its owner for cups."""
    order = world.thing.need("cups", 0)
    shown = {"seller": "roaster", "sku": sku, "pack_units": 100, "packs": 2, "currency": "EUR"}
    terms = approvals.terms_of(order, shown)
    asked = {1: "cups", 2: sku, 3: 2, 4: 100, 5: "roaster", 6: 102_585, 7: "EUR", 8: 90_000,
             9: 86_400, 10: terms, 11: False}  # fmt: skip
    world.send(QUESTION, {1: order, 2: asked})
    return shown | {"order": order, "terms": terms}


def act(served, path: str, *deeds) -> None:
    """Open a page as a browser does and do one thing after the other on it."""

    async def go() -> None:
        transport = httpx.ASGITransport(served.http.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            user = User(client)
            await user.open(f"/desk/{path}")
            for deed in deeds:
                deed(user)
                await served.gate.rest.rest()

    served.http.portal.call(go)


def elements(user: User) -> list:
    """Everything on the page that a user has open."""
    assert user.client
    return list(user.client.elements.values())


def latest(user: User, kind, fits):
    """The element that was made last: dialogs come after what they are about."""
    found = [one for one in elements(user) if isinstance(one, kind) and fits(one)]
    assert found, "no such element on the page"
    return found[-1]


def press(text: str):
    def deed(user: User) -> None:
        button = latest(user, ui.button, lambda one: one.text == text)
        UserInteraction(user, {button}, None).click()

    return deed


def write(label: str, value):
    def deed(user: User) -> None:
        field = latest(user, (ui.input, ui.number, ui.checkbox),
                       lambda one: one.props.get("label", getattr(one, "text", "")) == label
                       or one.props.get("placeholder") == label)  # fmt: skip
        with user:
            field.set_value(value)

    return deed
