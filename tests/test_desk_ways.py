"""Ways to the desk: what it tells things of, and what they answer."""

import json

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from sim.cli import app, way
from sim.desk.broker import make_certificates
from sim.desk.models import Thing
from sim.desk.rest.app import application
from sim.desk.testing import World

CONFIG, REPLY = 8, 12


@pytest.fixture
def world():
    return World()


@pytest.fixture
def http(world):
    return TestClient(application(world.desk), base_url="http://localhost")


@pytest.fixture
def authority(tmp_path):
    make_certificates(tmp_path / "ca.pem", tmp_path / "server")
    return tmp_path / "ca.pem"


def new(file, **changes):
    return {"host": "new.example", "port": 8884, "authority": file.read_text()} | changes


def test_a_way_goes_out_as_one_message_and_what_became_of_it_is_told(world, http, authority):
    sent = http.post("/ways", json=new(authority, things=["thing-1"]))
    assert sent.status_code == 202, sent.text
    (shown,) = sent.json()
    assert (shown["thing"], shown["line"]) == ("thing-1", "way new.example:8884")
    (payload,) = [found for found in world.thing.collect(world.desk) if found[2] == CONFIG]
    der = authority.with_suffix(".der").read_bytes()
    assert payload[6] == {1: shown["id"], 2: "new.example", 3: 8884, 4: der}
    world.send(REPLY, {1: shown["id"], 2: "way new.example:8884: kept"}, message=0)
    http.post("/things/thing-1/commands", json={"line": "status"})
    (now,) = http.get("/ways").json()["items"]
    assert now["text"] == "way new.example:8884: kept"


def test_without_a_name_all_things_are_told(world, http, authority):
    everybody = len(http.get("/things").json()["items"])
    assert len(http.post("/ways", json=new(authority)).json()) == everybody


@pytest.mark.parametrize(("changes", "why"), [
    ({"authority": "nonsense"}, "no certificate in PEM"),
    ({"port": 0}, "greater than or equal to 1"),
    ({"host": "a b"}, "pattern"),
    ({"things": ["nobody"]}, "no such thing: nobody"),
    ({"product": "boat"}, "none is a boat"),
])  # fmt: skip
def test_what_is_no_way_is_refused_and_nobody_is_told(world, http, authority, changes, why):
    refused = http.post("/ways", json=new(authority, **changes))
    assert refused.status_code in (404, 422) and why in refused.text
    assert http.get("/ways").json()["items"] == []


def test_a_certificate_that_is_no_authority_is_refused(http, authority):
    server = authority.with_name("server.pem")
    refused = http.post("/ways", json=new(server))
    assert refused.status_code == 422 and "CN=localhost is no authority" in refused.text


def test_the_command_tells_and_lists(http, authority, monkeypatch):
    def ask(link, path, body=None):
        answer = http.post(path, json=body) if body else http.get(path)
        return answer.json()

    monkeypatch.setattr(way, "ask_desk", ask)
    run = CliRunner().invoke
    words = ["way", "tell", "new.example:8884", "--ca", str(authority.with_suffix(".der"))]
    assert run(app, words).exit_code == 2, "which things?"
    told = run(app, [*words, "--thing", "thing-1", "--json"])
    assert told.exit_code == 0, told.output
    row = {"thing": "thing-1", "way": "new.example:8884", "state": "not heard yet"}
    assert json.loads(told.output) == {"ways": [row]}
    assert json.loads(run(app, ["way", "list", "--json"]).output) == {"ways": [row]}


def test_desks_behind_two_brokers_write_each_to_the_things_that_are_there(world):
    desk = world.desk
    desk.broker = "old:8883"
    world.send(1, world.thing.hello())
    desk.command("thing-1", "status")
    desk.broker = "new:8883"
    assert (desk.take() is None and desk.tick() is None) or desk.tick() > world.clock.now
    desk.status("thing-1", True)
    desk.broker = "old:8883"
    desk.status("thing-1", False)
    assert desk.take() is None, "it said goodbye to this broker"
    desk.broker = "new:8883"
    assert desk.take() is not None
    with desk.database.reading() as session:
        assert session.get(Thing, "thing-1").online
