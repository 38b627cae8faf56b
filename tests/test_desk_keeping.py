"""What the desk keeps of a thing, gives to its owner, and lets go of."""

import json
import threading
import time

import pytest
import uvicorn
from fastapi.testclient import TestClient
from page_kit import filled, peopled
from sqlalchemy import update
from typer.testing import CliRunner

from sim.cli import app as cli
from sim.desk import access, keeping
from sim.desk.models import (
    Case,
    CaseState,
    Command,
    Event,
    Finding,
    FindingState,
    Message,
    Offer,
    Order,
    Report,
    Request,
    Thing,
)
from sim.desk.rest.app import application
from sim.desk.testing import HEALTH, TestThing, World, ack, case_body

FAREWELL = 19
DAY_S = 86_400


@pytest.fixture
def world():
    return filled(peopled())


def counts(world, *tables):
    return {table.__tablename__: world.count(table) for table in tables}


def over(world):
    """All that is open ends."""
    def end(work):
        work.session.execute(update(Case).values(state=CaseState.CLOSED))
        work.session.execute(update(Finding).values(state=FindingState.CLEARED))

    world.desk.act(end)


def http_of(world, owner=None):
    http = TestClient(application(world.desk, "own"), base_url="http://localhost")
    key = "own" if owner is None else world.desk.act(
        lambda work: access.make(work.session, work.now, owner, "owner", owner))
    http.headers["X-API-Key"] = key
    return http


def test_an_owner_takes_all_along_and_no_key(world):
    told = http_of(world, "anna").get("/things/thing-1/data").json()
    assert {"thing", "reports", "findings", "cases", "orders", "events", "offers"} <= set(told)
    assert told["thing"]["id"] == "thing-1" and told["thing"]["public_key"]
    assert world.thing.root_key.hex() not in json.dumps(told) and "outgoing" not in told
    assert len(told["orders"]) == world.count(Order) and told["cases"][0]["state"] == "open"
    assert len(told["events"]) == world.count(Event)


def test_nobody_else_gets_or_erases_it(world):
    http = http_of(world, "bert")
    for method in ("GET", "DELETE"):
        assert http.request(method, "/things/thing-1/data").status_code == 404
    assert http_of(world).delete("/things/nobody/data").status_code == 404
    assert world.count(Report) and world.count(Finding)


def test_what_is_erased_is_what_a_thing_told_and_not_what_is_open_or_was_bought(world):
    other = TestThing("thing-2", 9).admit(world.desk)
    other.send(world.desk, 2, HEALTH)
    before = counts(world, Order, Case, Finding, Offer)
    http = http_of(world, "anna")
    told = http.delete("/things/thing-1/data").json()
    assert told["erased"]["reports"] and told["stays"]["orders"] == before["orders"]
    assert told["stays"]["findings"] == before["findings"], "it is open"
    kinds = {(row.thing_id, row.kind) for row in world.rows(Report)}
    assert kinds == {("thing-2", "health"), ("thing-1", "erased")}, "and that it was is kept"
    over(world)
    told = http.delete("/things/thing-1/data").json()["stays"]
    assert "cases" not in told and "findings" not in told
    assert not [row for row in world.rows(Event) if row.case_number], "nor what a team wrote"
    assert counts(world, Order, Offer) == {key: before[key] for key in ("orders", "offers")}
    assert world.order(7, "milk")[2] == 0, "and it buys on"


def test_offers_of_which_an_order_may_still_come_stay():
    world = World()
    offer = world.offer()
    http_of(world).delete("/things/thing-1/data")
    answer = world.send(5, world.thing.order("beans", 0, offer))
    assert ack(answer)[2] == 0
    world.offer(1, "milk")
    world.clock.now += keeping.IN_USE_S
    http_of(world).delete("/things/thing-1/data")
    assert [row.consumable for row in world.rows(Request)] == ["beans"]
    assert {row.need_id for row in world.rows(Offer)} == {row.order_id for row in world.rows(Order)}


def test_what_is_old_goes_by_itself():
    world = World()
    world.send(2, HEALTH)
    world.send(3, {1: "flow", 2: "scale", 3: 3, 4: 2, 5: 90, 6: 120})
    world.send(7, case_body())
    number = world.desk.command("thing-1", "status")
    world.send(12, {1: number, 2: "fine"})
    assert world.order()[2] == 0
    over(world)
    kept = counts(world, Report, Finding, Case, Command, Order, Message)
    world.clock.now += keeping.REPORTS_KEPT_S
    world.desk.act(keeping.sweep)
    assert counts(world, Report, Command) == {"reports": 0, "commands": 0}
    assert counts(world, Finding, Case, Message) == {
        name: kept[name] for name in ("findings", "cases", "messages")}
    world.clock.now += keeping.KEPT_S
    world.desk.act(keeping.sweep)
    assert counts(world, Finding, Case, Message, Order) == {
        "findings": 0, "cases": 0, "messages": 0, "orders": kept["orders"]}


def test_a_month_after_its_farewell_nothing_is_left_but_what_was_bought(world):
    world.send(FAREWELL, {})
    assert [row.state for row in world.rows(Finding)] == [FindingState.CLEARED]
    world.run(keeping.LEFT_KEPT_S - DAY_S)
    assert world.count(Report) and world.count(Message)
    world.run(2 * DAY_S)
    assert counts(world, Message, Finding, Case, Command) == {
        "messages": 0, "findings": 0, "cases": 0, "commands": 0}
    assert [row.kind for row in world.rows(Report)] == ["erased"] and world.count(Order)
    assert set(http_of(world).get("/things/thing-1").json()["hello"]) == {"left_at"}
    [thing] = world.rows(Thing)
    assert thing.root_key != world.thing.root_key, "and nobody can speak with its keys any more"


def test_what_the_next_owner_tells_is_not_erased_with_what_the_last_one_did(world):
    thing = TestThing("thing-1", 9)
    world.clock.now += 60
    world.desk.provision("thing-1", thing.root_key, thing.public_key, "coffee-machine", "bert")
    world.clock.now += 60
    assert [row.state for row in world.rows(Finding)] == [FindingState.CLEARED]
    thing.send(world.desk, 1, thing.hello())
    thing.send(world.desk, 2, HEALTH)
    world.clock.now += keeping.LEFT_KEPT_S
    world.desk.tick()
    kinds = sorted(row.kind for row in world.rows(Report))
    assert kinds == ["erased", "health"]


@pytest.fixture
def served(world):
    server = uvicorn.Server(uvicorn.Config(application(world.desk), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "it does not serve"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_owners_tool_takes_along_and_erases(world, served, tmp_path):
    owner, file = CliRunner(), tmp_path / "data.json"
    done = owner.invoke(cli, ["owner", "data", "thing-1", "--desk", served, "-o", str(file)])
    assert done.exit_code == 0 and "1 orders" in done.stderr, done.output
    assert json.loads(file.read_text())["thing"]["owner"] == "anna"
    asked = owner.invoke(cli, ["owner", "erase", "thing-1", "--desk", served], input="n\n")
    assert asked.exit_code == 1 and world.count(Report) == 1
    done = owner.invoke(cli, ["owner", "erase", "thing-1", "--desk", served, "--yes", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["erased"] == {"reports": 1}
    for word in ("data", "erase"):
        done = owner.invoke(cli, ["owner", word, "thing-7", "--desk", served])
        assert done.exit_code == 1 and "no thing thing-7" in done.stderr
