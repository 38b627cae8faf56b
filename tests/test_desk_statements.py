"""Disputes and experiences: kept as the thing signed them, and shown."""

import pytest
from fastapi.testclient import TestClient

from sim.desk.models import Order, Statement
from sim.desk.rest import application
from sim.desk.testing import TestThing, World, ack

DISPUTE, EXPERIENCE = 9, 10


@pytest.fixture
def world():
    world = World()
    world.order()
    return world


def test_a_signed_dispute_marks_its_order_and_is_shown_with_the_document(world):
    order_id = world.thing.need("beans", 0)
    document = world.thing.sign({0: "dispute", 1: order_id, 2: "never came"})
    answer = ack(world.send(DISPUTE, {1: document}))
    assert (answer[2], answer[4]) == (0, "S-000001")
    assert world.rows(Order)[0].state == 12
    http = TestClient(application(world.desk), base_url="http://localhost")
    shown = http.get("/statements", params={"kind": "dispute"}).json()["items"][0]
    assert shown["content"] == {"0": "dispute", "1": order_id.hex(), "2": "never came"}
    assert shown["document"] == document.hex()
    assert [event["word"] for event in http.get("/orders/1").json()["history"]][-1] == "dispute"


def test_an_experience_changes_no_order(world):
    document = world.thing.sign({0: "experience", 1: world.thing.need("beans", 0), 2: 90})
    assert ack(world.send(EXPERIENCE, {1: document}))[2] == 0
    assert world.rows(Order)[0].state == 4


def test_statements_that_prove_nothing_are_refused(world):
    other = TestThing("thing-2").admit(world.desk)
    forged = TestThing("thing-1", seed=8).sign({0: "dispute", 1: bytes(16)})
    wrong = world.thing.sign({0: "experience", 1: bytes(16)})
    theirs = other.sign({0: "dispute", 1: world.thing.need("beans", 0)})
    assert ack(world.send(DISPUTE, {1: forged}))[3] == "signature does not match the signer's key"
    assert ack(world.send(DISPUTE, {1: wrong}))[3] == "document is not of type dispute"
    assert ack(other.send(world.desk, DISPUTE, {1: theirs}))[3] == "the order is another thing's"
    assert world.rows(Statement) == []
