"""Releases at the desk: offers what makers signed, serves the pieces, tells what became of it."""

import base64
import hashlib

import cbor2
import pytest
from fastapi.testclient import TestClient

from sim.desk import releases
from sim.desk.rest.app import application
from sim.desk.testing import TestThing, World

HELLO, CASE, UP_ACK, UPDATE, FETCH, MANIFEST, PIECE = 1, 7, 11, 17, 18, 9, 13
ASKS, FETCHING, TRYING, CONFIRMED, LEFT = 0, 2, 4, 5, 6
MAKER = TestThing("maker", 3)
FILES = {"agent/core.mpy": b"core" * 500, "carried.mpy": b"carried"}
PRODUCT, BOARD = "coffee-machine", "esp32_coffee"


@pytest.fixture
def world():
    return World()


@pytest.fixture
def http(world):
    return TestClient(application(world.desk), base_url="http://localhost")


def manifest(number, files=FILES, **change):
    rows = releases.listed(files)
    terms = {0: "release", 1: number, 2: PRODUCT, 3: "2", 4: BOARD, 5: "mpy6",
             6: sum(map(len, files.values())), 7: len(files),
             8: hashlib.sha256(rows).digest(), 9: len(rows)}  # fmt: skip
    return MAKER.sign(terms | {int(key[1:]): value for key, value in change.items()})


def publish(http, number, document=None, files=FILES, **more):
    carried = {path: base64.b64encode(data).decode() for path, data in files.items()}
    signed = (document or manifest(number, files)).hex()
    return http.post("/releases", json={"document": signed, "files": carried} | more)


def greet(world, runs=0, thing=None, board=BOARD):
    """A hello of a thing with slots; returns the manifests that it is sent, by message id."""
    thing = thing or world.thing
    body = thing.hello(ledger_count=0) | {15: board, 16: runs}
    thing.send(world.desk, HELLO, body)
    return offered(world, thing)


def offered(world, thing=None):
    world.clock.now += 2
    found = (thing or world.thing).collect(world.desk)
    return {payload[3]: payload[6][1] for payload in found if payload[2] == MANIFEST}


def number_in(document):
    return cbor2.loads(cbor2.loads(document).value[2])[1]


def who_is_offered(world, things):
    names = set()
    world.clock.now += 2
    while (outgoing := world.desk.take()) is not None:
        if things[outgoing[0]].open(outgoing[1])[2] == MANIFEST:
            names.add(outgoing[0])
    return names


def install(http, thing="thing-1"):
    [found] = http.get("/installs", params={"thing": thing}).json()["items"]
    return found


def test_a_release_goes_from_the_maker_to_the_thing_and_its_fate_is_told(world, http):
    greet(world)
    made = publish(http, 3)
    assert made.status_code == 201 and made.json()["number"] == 3
    [(message, document)] = offered(world).items()
    assert number_in(document) == 3 and install(http)["state"] == "sent"
    world.thing.send(world.desk, UP_ACK, {1: message}, 0)
    digest, whole = hashlib.sha256(document).digest()[:8], {}
    for place, data in enumerate([releases.listed(FILES), FILES["agent/core.mpy"]]):
        while len(whole.setdefault(place, b"")) < len(data):
            asked = {1: digest, 2: place, 3: len(whole[place]), 4: 2}
            for payload in world.thing.send(world.desk, FETCH, asked, 0):
                assert payload[2] == PIECE and payload[3] == 0
                body = payload[6]
                assert (body[1], body[2], body[3]) == (digest, place, len(whole[place]))
                whole[place] += body[4]
        assert whole[place] == data
    assert install(http)["state"] == "fetching" and install(http)["file"] == 1
    for state in (FETCHING, TRYING, CONFIRMED):
        world.thing.send(world.desk, UPDATE, {1: 3, 2: state})
    found = install(http)
    assert (found["runs"], found["number"], found["state"]) == (3, 3, "confirmed")
    assert http.get("/releases/1").json()["states"] == {"confirmed": 1}
    assert not greet(world, runs=3)


def test_what_a_release_mends_is_shown_as_its_maker_signed_it(http):
    plain = publish(http, 1).json()
    assert plain["mends"] is None
    told = publish(http, 2, manifest(2, k10="it left the heater on")).json()
    assert told["mends"] == "it left the heater on"
    assert publish(http, 3, manifest(3, k10="x" * 201)).status_code == 422


def test_what_a_thing_left_or_refused_is_not_offered_again_but_the_next_one_is(world, http):
    greet(world)
    publish(http, 3)
    [message] = offered(world)
    world.thing.send(world.desk, UP_ACK, {1: message, 2: 2, 3: "no room"}, 0)
    assert (install(http)["state"], install(http)["reason"]) == ("refused", "no room")
    assert not greet(world)
    publish(http, 4)
    assert offered(world)
    world.thing.send(world.desk, UPDATE, {1: 4, 2: LEFT, 3: "no sensor reads"})
    assert install(http)["reason"] == "no sensor reads"
    assert not greet(world)
    failed = http.get("/installs", params={"state": "left"}).json()["items"]
    assert [each["thing"] for each in failed] == ["thing-1"]
    found = world.thing.send(world.desk, UPDATE, {1: 0, 2: ASKS, 3: "the owner"})
    assert MANIFEST in [payload[2] for payload in found], "it asks itself"


def test_only_things_of_the_product_and_board_hear_of_it(world, http):
    publish(http, 3)
    assert not greet(world, board="esp32c3_coffee")
    plain = TestThing("thing-2").admit(world.desk)
    plain.send(world.desk, HELLO, plain.hello())
    assert not offered(world, plain)
    assert greet(world)
    assert not greet(world, runs=4), "it runs a higher one"


def test_a_release_goes_to_named_things_or_to_a_share_of_all_that_only_grows(world, http):
    things = {f"machine-{n}": TestThing(f"machine-{n}", n).admit(world.desk) for n in range(30)}
    for thing in things.values():
        greet(world, thing=thing)
    publish(http, 3, things=["machine-7"])
    assert who_is_offered(world, things) == {"machine-7"}
    shares = [{"machine-7"}]
    for percent in (30, 60, 100):
        assert http.patch("/releases/1", json={"percent": percent}).status_code == 200
        more = who_is_offered(world, things)
        assert more and not more & shares[-1]
        shares.append(shares[-1] | more)
    assert len(shares[1]) < 20 and len(shares[-1]) == 30


def test_who_runs_what_is_known_to_be_bad_is_offered_the_mend(world, http):
    greet(world)
    publish(http, 3)
    assert offered(world)
    world.thing.send(world.desk, UPDATE, {1: 3, 2: CONFIRMED})
    publish(http, 4, percent=0)
    assert not offered(world) and not greet(world, runs=3)
    assert http.patch("/releases/1", json={"bad": True}).json()["bad"]
    assert [number_in(document) for document in offered(world).values()] == [4]


def test_a_bad_release_is_taken_back_from_those_that_have_not_heard_of_it(world, http):
    greet(world)
    publish(http, 3)
    http.patch("/releases/1", json={"bad": True})
    assert not offered(world) and not greet(world)


def test_a_case_that_software_mends_brings_an_offer(world, http):
    greet(world)
    publish(http, 3, percent=0)
    case = {1: bytes(16), 2: "valve_sticks", 3: "software", 4: 2, 5: 90, 7: [], 9: 0}
    assert not offered(world)
    world.clock.now += 1
    found = world.thing.send(world.desk, CASE, case)
    assert [payload[2] for payload in found].count(MANIFEST) == 1


def test_a_thing_that_was_flashed_anew_is_offered_it_anew(world, http):
    greet(world)
    publish(http, 3)
    offered(world)
    world.thing.send(world.desk, UPDATE, {1: 3, 2: FETCHING})
    assert greet(world), "its slots may be gone"
    world.thing.send(world.desk, UPDATE, {1: 3, 2: CONFIRMED})
    assert not greet(world, runs=3)
    assert greet(world, runs=0)


@pytest.mark.parametrize("change, why", [
    ({"files": FILES | {"more.mpy": b"1"}}, "not those"),
    ({"files": {"agent/core.mpy": b"other", "carried.mpy": b"carried"}}, "not those"),
    ({"document": manifest(3, k0="mandate")}, ""),
    ({"document": manifest(3, k1="three")}, "number"),
    ({"document": b"\x01"}, "COSE"),
    ({"files": FILES | {"empty.mpy": b""}}, "1 to"),
])  # fmt: skip
def test_what_does_not_hang_together_is_not_published(world, http, change, why):
    document = change.get("document") or manifest(3)
    answer = publish(http, 3, document, change.get("files", FILES))
    assert answer.status_code in (409, 422) and why in answer.json()["detail"]
    assert http.get("/releases").json()["items"] == []


def test_numbers_rise_and_unknown_releases_are_named(world, http):
    publish(http, 3)
    again = publish(http, 3)
    assert again.status_code == 409 and "not above" in again.json()["detail"]
    assert http.patch("/releases/9", json={"bad": True}).status_code == 404
    assert http.get("/releases/9").status_code == 404
    greet(world)
    assert not world.thing.send(world.desk, FETCH, {1: bytes(8), 2: 0, 3: 0, 4: 1}, 0)
