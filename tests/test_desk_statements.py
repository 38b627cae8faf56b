"""Disputes and experiences: kept as the thing signed them, and shown."""

import pytest
from fastapi.testclient import TestClient

from sim.desk.models import Order, Statement
from sim.desk.rest.app import application
from sim.desk.testing import TestThing, World, ack

DISPUTE, EXPERIENCE = 9, 10


def dispute(thing, order_id, **change):
    """The map of a dispute about goods that never came."""
    content = {0: "dispute", 1: order_id, 2: thing.name, 3: 5, 4: 1, 10: 7, 11: bytes(16)}
    return content | change


@pytest.fixture
def world():
    world = World()
    world.order()
    return world


def test_a_signed_dispute_marks_its_order_and_is_shown_with_the_document(world):
    order_id = world.thing.need("beans", 0)
    document = world.thing.sign(dispute(world.thing, order_id))
    answer = ack(world.send(DISPUTE, {1: document}))
    assert (answer[2], answer[4]) == (0, "D-000001")
    assert world.rows(Order)[0].state == 12
    http = TestClient(application(world.desk), base_url="http://localhost")
    shown = http.get("/statements", params={"kind": "dispute"}).json()["items"][0]
    content = shown["content"]
    assert (content["order"], content["reason"], content["ledger_count"]) == (order_id.hex(), 5, 7)
    assert shown["document"] == document.hex()
    assert [event["word"] for event in http.get("/orders/1").json()["history"]][-1] == "dispute"


def test_an_experience_changes_no_order(world):
    document = world.thing.sign(
        {0: "experience", 1: world.thing.need("beans", 0), 2: "thing-1", 3: "roaster", 6: {}, 7: 90}
    )
    assert ack(world.send(EXPERIENCE, {1: document}))[2] == 0
    assert world.rows(Order)[0].state == 4


def test_statements_that_prove_nothing_are_refused(world):
    other = TestThing("thing-2").admit(world.desk)
    forged = TestThing("thing-1", seed=8).sign(dispute(world.thing, bytes(16)))
    wrong = world.thing.sign({0: "experience", 1: bytes(16)})
    theirs = other.sign(dispute(other, world.thing.need("beans", 0)))
    assert ack(world.send(DISPUTE, {1: forged}))[3] == "signature does not match the signer's key"
    assert ack(world.send(DISPUTE, {1: wrong}))[3] == "document is not of type dispute"
    assert ack(other.send(world.desk, DISPUTE, {1: theirs}))[3] == "the order is another thing's"
    assert world.rows(Statement) == []
