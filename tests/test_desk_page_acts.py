"""The desk's page: what people do on it, and whom it lets in."""

import json
import re
import time

import pytest
from nicegui import background_tasks, ui
from page_kit import (
    CASE,
    DISPUTE,
    HTML,
    PAGES,
    act,
    ask,
    behind,
    dispute_document,
    elements,
    filled,
    peopled,
    press,
    served,
    texts,
    write,
)
from sqlalchemy import update
from starlette.websockets import WebSocketDisconnect

from sim.desk import access
from sim.desk.access import Door
from sim.desk.models import Case, Command, Dispute, Event, Order, Outgoing, Report
from sim.desk.page import gate as gate_module
from sim.desk.page import keeping, overview, words
from sim.desk.page.gate import COOKIE
from sim.desk.testing import START, TestThing, case_body


@pytest.fixture(scope="module")
def page():
    with served() as made:
        yield made


@pytest.fixture
def world():
    return peopled()


@pytest.fixture
def http(page, world):
    return behind(page, world)


def test_a_team_takes_a_case_through_to_done(page, http, world):
    filled(world)
    act(page, "cases/C-000001", press("take it on"), write("text", "we look"),
        press("take it on"))
    act(page, "cases/C-000001", press("schedule a visit"), write("day", "2001-01-01"),
        press("schedule a visit"), write("day", "2027-02-01"), press("schedule a visit"))
    act(page, "cases/C-000001", press("refuse"), press("refuse"), press("back"))
    act(page, "cases/C-000001", press("done"), press("done"))
    told = [(event.source, event.word) for event in world.rows(Event) if event.case_number]
    assert told[1:] == [("person", "accepted"), ("person", "scheduled"), ("person", "done")]
    assert world.rows(Case)[0].visit_at > START + 14 * words.DAY_S


def test_staff_say_what_became_of_an_order_and_a_dispute_is_decided(page, http, world):
    world.order()
    act(page, "orders/O-000001", press("confirmed"), write("arrives in, hours", 2),
        press("say it"))
    act(page, "orders/O-000001", press("shipped"), press("say it"))
    act(page, "orders/O-000001", press("delivered"), write("charged in all, EUR", 26.06),
        press("say it"))
    order = world.rows(Order)[0]
    assert (order.state, order.charged_minor) == (7, 2606)
    world.send(DISPUTE, {1: world.thing.sign(dispute_document(world))})
    act(page, "disputes/D-000001", press("the seller's answer"), press("say it"),
        write("text", "we stand by it"), press("say it"))
    act(page, "disputes/D-000001", press("decide"), write("the seller keeps, EUR", 10.5),
        write("text", "half of it came"), press("say it"))
    dispute = world.rows(Dispute)[0]
    assert (dispute.state, dispute.agreed, dispute.charged_minor) == (4, False, 1050)


@pytest.mark.parametrize("path, opens, signs, way", [
    ("approvals", "Approve ...", "Sign the yes", "sign"),
    ("orders/O-000001", "Cancel as its owner ...", "Sign the cancel", "signCancel"),
])  # fmt: skip
def test_what_the_browser_signed_goes_to_the_thing(page, http, world, path, opens, signs, way):
    world.order()
    asks = ask(world)
    order, words_ = world.thing.need("beans", 0), {0: "cancel", 2: "thing-1"}
    if way == "sign":
        order = asks["order"]
        words_ = {0: "approval", 2: "thing-1", 3: asks["terms"], 4: 102_585, 5: True}
    document = world.thing.sign({1: order} | words_).hex()
    scripts = []

    def browser(user) -> None:
        def answer(found: re.Match):
            scripts.append(found.string)
            return {"document": document} if len(scripts) > 1 else {"wrong": "not this key"}

        user.javascript_rules[re.compile(r".*window\.steward\..*", re.DOTALL)] = answer

    act(page, path, browser, press(opens), press(signs), press(signs))
    assert len(scripts) == 2 and f"steward.{way}(..." in scripts[0] and order.hex() in scripts[0]
    assert [row.body for row in world.rows(Outgoing) if bytes.fromhex(document) in row.body]
    assert "on its way" in texts(http, path)


def test_money_is_typed_in_its_own_places(page, http, world):
    filled(world)
    world.desk.act(lambda work: work.session.execute(update(Order).values(currency="JPY", state=6)))
    act(page, "orders/O-000001", press("delivered"), write("charged in all, JPY", 2_606),
        press("say it"))  # fmt: skip
    assert world.rows(Order)[0].charged_minor == 2_606
    act(page, "disputes/D-000001", press("decide"), write("the seller keeps, JPY", 1_200),
        write("text", "half came"), press("say it"))
    assert world.rows(Dispute)[0].charged_minor == 1_200


def test_a_line_for_the_console_is_sent_and_what_cannot_be_is_said(page, http, world):
    act(page, "things/thing-1", press("status"), write("a line for its console", " findings "),
        press("send"))
    assert [command.line for command in world.rows(Command)] == ["status", "findings"]
    world.send(CASE, case_body())
    world.desk.set_case(1, 4)
    told = len(world.rows(Event))
    act(page, "cases/C-000001", press("refuse"), write("reason", "no such part"), press("refuse"))
    act(page, "orders/O-000009")
    assert len(world.rows(Event)) == told + 1


def test_an_owner_erases_what_a_thing_told_and_is_asked_first(page, http, world, monkeypatch):
    filled(world)
    taken = []
    monkeypatch.setattr(keeping, "hand_over", lambda *given: taken.append(given))
    act(page, "things/thing-1", press("take it along"), press("erase it"), press("back"))
    assert world.count(Report) == 1
    [(content, name)] = taken
    assert name == "thing-1.json" and json.loads(content)["orders"]
    act(page, "things/thing-1", press("erase it"), press("erase"))
    assert [row.kind for row in world.rows(Report)] == ["erased"]


def test_search_and_pages_of_the_overview(page, http, world):
    for number in range(120):
        TestThing(f"thing-{number:03d}").admit(world.desk)
    seen = []

    def look(user) -> None:
        tables = [one for one in elements(user) if isinstance(one, ui.table)]
        seen.append([row["id"] for row in tables[-1].rows])

    act(page, "", look, press("next"), look, press("next"), look, press("previous"), look,
        write("search: thing, product, owner", "11"), look)  # fmt: skip
    firsts = [rows[0] for rows in seen]
    assert firsts == ["thing-000", "thing-050", "thing-1", "thing-050", "thing-011"]
    assert len(seen[-1]) == 11


# -- whom it lets in -----------------------------------------------------------------------------


@pytest.fixture
def guarded(page, http, world):
    page.gate.door = Door(world.desk, "s3cret")
    return http


def test_with_a_key_nothing_is_shown_before_it_was_typed(guarded):
    for path in (*PAGES, "things/thing-1", "nowhere"):
        answer = guarded.get(f"/desk/{path}", headers=HTML, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/sign-in?next=/desk/")
    assert guarded.get("/desk/approve.js").status_code == 401
    assert guarded.get("/_nicegui/x").status_code == 401
    assert guarded.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling").status_code == 401
    with pytest.raises(WebSocketDisconnect), guarded.websocket_connect(
        "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    ):
        pass
    form = guarded.get("/desk/sign-in").text
    assert "API key" in form and "nicegui" not in form


def test_signing_in_and_out(guarded, monkeypatch):
    monkeypatch.setattr(gate_module, "SLOWLY_S", 0)
    wrong = guarded.post("/desk/sign-in", data={"key": "guess"})
    assert wrong.status_code == 403 and COOKIE not in guarded.cookies
    assert guarded.post("/desk/sign-in", data={"key": "x" * 9999}).status_code == 413
    asked = guarded.post(
        "/desk/sign-in?next=/desk/orders", data={"key": "s3cret"}, follow_redirects=False
    )
    cookie = asked.headers["set-cookie"]
    assert asked.headers["location"] == "/desk/orders"
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "s3cret" not in cookie
    shown = guarded.get("/desk/orders", headers=HTML)
    assert shown.status_code == 200 and "Sign out" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    guarded.get("/desk/sign-out", follow_redirects=False)
    assert guarded.get("/desk/", headers=HTML, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("cookie", ["1.", "x.y", "99999999999.0.00", "-1.0.00", "1.2.3.4", ""])
def test_a_cookie_is_good_only_with_its_seal_and_until_its_end(page, guarded, world, cookie):
    gate = page.gate
    assert gate.entry(f"{COOKIE}={cookie}") is None
    past = f"{int(time.time()) - 1}.0"
    assert gate.entry(f"{COOKIE}={past}.{gate._seal(past)}") is None
    later = int(time.time()) + 60
    good = f"{COOKIE}={later}.0.{gate._seal(f'{later}.0')}"
    assert gate.entry(good).until == later
    other = f"{COOKIE}={later}.1.{gate._seal(f'{later}.0')}"
    assert gate.entry(other) is None, "sealed for another key"
    gate.door = Door(world.desk, "another")
    assert gate.entry(good) is None


def test_each_role_sees_the_page_that_its_key_opens(page, guarded, world):
    filled(world)
    keys = {
        role: world.desk.act(lambda work, role=role: access.make(
            work.session, work.now, role, role, "bert" if role == "owner" else None,
            "roaster" if role == "seller" else None))
        for role in ("service", "owner", "seller", "maker", "metrics")
    }  # fmt: skip

    def enter(role):
        guarded.cookies.clear()
        return guarded.post("/desk/sign-in", data={"key": keys[role]}, follow_redirects=False)

    enter("service")
    shown = texts(guarded, "cases/C-000001")
    assert "take it on" in shown and '"service"' in shown
    assert not act_words(texts(guarded, "disputes/D-000001"))
    enter("owner")
    assert "No thing has been admitted" in texts(guarded, "")
    assert "no order" in texts(guarded, "orders/O-000001")
    assert enter("seller").headers["location"] == "/desk/orders"
    assert "roaster" in texts(guarded, "orders/O-000001")
    assert "Cases" not in texts(guarded, "orders")
    assert act_words(texts(guarded, "disputes/D-000001")) == ["the seller's answer"]
    assert enter("maker").headers["location"] == "/desk/releases"
    assert "Sellers" not in texts(guarded, "releases")
    assert enter("metrics").status_code == 403
    enter("service")
    world.desk.act(lambda work: access.end(work.session, work.now, "service"))
    assert guarded.get("/desk/", headers=HTML, follow_redirects=False).status_code == 303


def act_words(shown: str) -> list[str]:
    """Those buttons of a dispute that are on a page."""
    return [word for word in ("the seller's answer", '"decide"') if word in shown]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/things",
                                  "/desk/../x", "/desk/\\evil"])
def test_signing_in_leads_nowhere_else(guarded, path):
    answer = guarded.post(f"/desk/sign-in?next={path}", data={"key": "s3cret"},
                          follow_redirects=False)
    assert answer.headers["location"] == "/desk/"


def test_another_web_page_can_neither_act_nor_listen(http):
    foreign = {"origin": "http://evil.example"}
    path = "/_nicegui_ws/socket.io/?EIO=4&transport="
    assert http.post(path + "polling", headers=foreign).status_code == 403
    with pytest.raises(WebSocketDisconnect), http.websocket_connect(
        path + "websocket", headers=foreign
    ):
        pass
    assert http.get("/desk/", headers={"host": "evil.example"}).status_code == 400


def test_the_front_door_leads_to_the_page_and_rest_keeps_its_words(http):
    for path in ("/", "/desk"):
        answer = http.get(path, follow_redirects=False)
        assert answer.headers["location"] == "/desk/"
    assert http.get("/nothing").headers["content-type"] == "application/problem+json"


def test_a_part_is_drawn_anew_when_it_would_say_another_word(page, world, monkeypatch):
    behind(page, filled(world))
    parts, drawn = [], []

    def draw(part, rows):
        parts.append(part)
        drawn.append([part.visit.ago(row["since"]) for row in rows][-1])

    def later(seconds):
        def deed(_user):
            world.clock.now += seconds
            for live in parts[-1].visit.lives:
                background_tasks.create(live.refresh())

        return deed

    monkeypatch.setattr(overview._Waiting, "draw", draw)
    world.clock.now += 2 * words.HOUR_S
    act(page, "", later(5), later(60), later(words.HOUR_S))
    assert drawn == ["2 h ago", "3 h ago"]
