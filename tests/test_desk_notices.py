"""Notices: what others have to tell a thing, carried by the desk; what its butler makes of it."""

import pytest
from fastapi.testclient import TestClient

from sim.desk.models import Case, Outgoing
from sim.desk.notices import Notice, NoticeState
from sim.desk.rest.app import application
from sim.desk.testing import START, TestThing, World
from sim.world import scenario
from sim.world.run import Run

UP_ACK, NOTICE = 11, 7
RECALL, ADVERTISING = 2, 4
DAY_S = 86_400
MAKER = TestThing("maker", 3)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def http(world):
    return TestClient(application(world.desk), base_url="http://localhost")


def recall(**changes):
    terms = {0: "notice", 1: 2, 2: "maker", 3: "check the hose", 4: START, 5: START + DAY_S}
    return MAKER.sign(terms | {int(key[1:]): value for key, value in changes.items()}).hex()


def test_what_is_signed_goes_to_the_thing_as_it_is_and_its_answer_is_kept(world, http):
    signed = recall()
    sent = http.post("/notices", json={"document": signed, "things": ["thing-1"]})
    assert sent.status_code == 202, sent.text
    (shown,) = sent.json()
    assert (shown["what"], shown["sender"], shown["state"]) == ("recall", "maker", "sent")
    (payload,) = [found for found in world.thing.collect(world.desk) if found[2] == NOTICE]
    assert payload[6] == {1: bytes.fromhex(signed)}
    world.send(UP_ACK, {1: payload[3], 2: 2, 3: "the notice is for pump"}, message=0)
    (shown,) = http.get("/notices", params={"thing": "thing-1", "state": "refused"}).json()["items"]
    assert shown["reason"] == "the notice is for pump"
    assert world.count(Outgoing) == 0


def test_the_desk_says_the_weather_to_all_of_a_product(world, http):
    world.send(1, world.thing.hello())
    world.run(60)
    product = http.get("/things/thing-1").json()["hello"]["product"]
    said = {"what": "weather", "words": "frost", "values": {"outdoor_c": -41}, "lasts_s": 3600}
    sent = http.post("/notices", json={"said": said, "product": product})
    assert sent.status_code == 202, sent.text
    (payload,) = [found for found in world.thing.collect(world.desk) if found[2] == NOTICE]
    assert payload[6][2][9] == {"outdoor_c": -41} and payload[6][2][2] == "desk"
    world.clock.now += 3600
    world.desk.tick()
    assert world.desk.take() is None
    assert http.get("/notices").json()["items"][0]["state"] == "expired"
    assert world.count(Outgoing) == 0


@pytest.mark.parametrize(("body", "status", "reason"), [
    ({"document": "ff"}, 422, ""),
    ({"document": recall()}, 409, "say to which things"),
    ({"document": recall(), "things": ["nobody"]}, 404, "no such thing: nobody"),
    ({"document": recall(), "product": "tractor"}, 404, "none is a tractor"),
    ({"document": recall(k5=START - 1), "things": ["thing-1"]}, 409, "over"),
    ({"document": recall(k0="offer"), "things": ["thing-1"]}, 409, "no notice"),
    ({"document": recall(k2="desk"), "things": ["thing-1"]}, 409, "not signed"),
    ({"document": recall(k1=9), "things": ["thing-1"]}, 422, "what (1)"),
    ({"things": ["thing-1"]}, 409, "either signed or said"),
    ({"said": {"what": "recall", "words": "x"}, "things": ["thing-1"]}, 422, "said"),
])  # fmt: skip
def test_what_no_thing_could_take_is_refused_whole(world, http, body, status, reason):
    answer = http.post("/notices", json=body)
    assert (answer.status_code, reason in answer.text) == (status, True), answer.text
    assert http.get("/notices").json()["items"] == [] and world.count(Outgoing) == 0


def played(runtime):
    """The run after its end, and what became of each notice."""
    playing = Run(scenario.load("notices"), runtime=runtime)
    try:
        while not playing.over:
            playing.advance(playing.world.now + DAY_S)
        return playing.result(), playing.endpoint.rows(Notice), playing.endpoint.rows(Case)
    finally:
        playing.close()


def test_a_machine_deals_with_what_it_is_sent_and_so_on_both_runtimes():
    result, rows, cases = played("cpython")
    told = {(row.sender, row.what): row for row in rows}
    assert [told["corner", what].state for what in (RECALL, ADVERTISING)] == [NoticeState.TAKEN] * 2
    refused = told["cheap", ADVERTISING]
    assert refused.state == NoticeState.REFUSED
    assert refused.reason == "the owner does not want advertising of cheap"
    assert {case.mode: case.severity for case in cases}["recall"] == 4
    (jam,) = [case for case in cases if case.mode == "grinder_jam"]
    assert jam.evidence[-1][:2] == ["outdoor_c", 10] and jam.evidence[-1][2][0][1] == 341
    assert result.passed
    typed = [text for _, _, text in result.timeline if text.startswith("notices -> ")]
    assert "became" in typed[0]
    assert played("micropython")[0].digest == result.digest
