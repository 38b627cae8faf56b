"""The desk over HTTP: what people see, what they may do, and what they are told when it fails."""

import pytest
from fastapi.testclient import TestClient

from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment
from sim.desk.suppliers import PeopleSupplier
from sim.desk.testing import HEALTH, SKU, TestThing, World, ack, case_body, seller

DAY_S = 86_400


@pytest.fixture
def world():
    sellers = [seller("roaster", 1, PeopleSupplier)]
    return World(suppliers=sellers, department=PeopleDepartment())


@pytest.fixture
def http(world):
    return TestClient(application(world.desk), base_url="http://localhost")


def test_order_driven_by_people_from_placed_to_delivered(world, http):
    world.order()
    listed = http.get("/orders").json()
    assert [(o["number"], o["state"]) for o in listed["items"]] == [("O-000001", "placed")]
    assert http.post("/orders/O-000001/status", json={"state": "confirmed", "eta_s": 900}).json()[
        "eta_at"
    ]
    http.post("/orders/1/status", json={"state": "shipped"})
    done = http.post(
        "/orders/1/status", json={"state": "delivered", "charged_minor": 2606, "packs": 1}
    ).json()
    assert (done["state"], done["packs_delivered"], done["charged_minor"]) == ("delivered", 1, 2606)
    words = [event["word"] for event in done["history"]]
    assert words == ["placed", "confirmed", "shipped", "delivered", "parcel"]
    assert [offer["terms"]["total_minor"] for offer in done["offers"]] == [done["total_minor"]]
    assert [p[6][2] for p in world.run(60) if p[2] == 3] == [5, 6, 7]
    assert [told.sku for told in world.told] == [SKU]
    back = http.post("/orders/1/status", json={"state": "confirmed"})
    assert back.status_code == 409


def test_case_driven_by_people(world, http):
    world.send(7, case_body())
    assert http.get("/cases", params={"open": True}).json()["items"][0]["state"] == "open"
    http.post("/cases/C-000001/notes", json={"text": "called the owner"})
    http.post("/cases/C-000001/accept")
    at = world.clock.now + 7200
    planned = http.post("/cases/C-000001/schedule", json={"at": at, "text": "mornings"}).json()
    assert (planned["state"], planned["visit_at"]) == ("scheduled", at)
    moved = http.post("/cases/C-000001/schedule", json={"at": at + 60}).json()
    assert moved["visit_at"] == at + 60
    done = http.post("/cases/C-000001/done", json={"text": "hose replaced"}).json()
    assert [event["word"] for event in done["history"]] == [
        "opened",
        "note",
        "accepted",
        "scheduled",
        "scheduled",
        "done",
    ]
    assert done["evidence"] == [["flow", 100, [[-60, 180], [0, 90]]]]
    statuses = [p[6] for p in world.run(1) if p[2] == 4]
    assert [body[2] for body in statuses] == [2, 3, 3, 4]
    assert http.post("/cases/C-000001/accept").status_code == 409
    assert http.post("/cases/C-000009/accept").status_code == 404


def test_thing_shows_what_is_open_and_no_key(world, http):
    world.send(1, world.thing.hello(3))
    world.send(2, HEALTH)
    world.send(3, {1: "flow", 2: "scale", 3: 2, 4: 2, 5: 80, 6: 150})
    world.send(7, case_body())
    world.order()
    response = http.get("/things/thing-1")
    thing = response.json()
    assert [len(thing[part]) for part in ("orders", "cases", "findings")] == [1, 1, 1]
    assert thing["health"]["content"]["consumables"] == {"beans": 3012}
    assert thing["hello"]["ledger_count"] == 3
    for path in ("/things/thing-1", "/things", "/openapi.json", "/orders/1"):
        assert world.thing.root_key.hex() not in http.get(path).text
    assert http.get("/health", params={"thing": "thing-1"}).json()["items"][0]["age_s"] > 0
    assert http.get("/findings", params={"open": True}).json()["items"][0]["state"] == "confirmed"
    assert http.get("/usage").json() == {"items": [], "next": None}


def test_thing_is_admitted_over_http_and_can_then_write(world, http):
    other = TestThing("thing-2")
    keys = {"root_key": other.root_key.hex(), "public_key": other.public_key.hex()}
    created = http.post("/things", json={"id": "thing-2", "product": "printer"} | keys)
    assert (created.status_code, created.json()["product"]) == (201, "printer")
    assert ack(other.send(world.desk, 2, HEALTH))[2] == 0
    wrong = http.post("/things", json={"id": "a/b"} | keys)
    assert wrong.status_code == 422
    off_curve = http.post("/things", json={"id": "c"} | keys | {"public_key": "00" * 64})
    assert (off_curve.status_code, "P-256" in off_curve.json()["detail"]) == (422, True)


def test_command_goes_down_and_its_reply_is_shown(world, http):
    sent = http.post("/things/thing-1/commands", json={"line": "status"})
    assert (sent.status_code, sent.json()["text"]) == (202, None)
    world.run(1)
    world.send(12, {1: sent.json()["id"], 2: "all well"})
    assert http.get("/things/thing-1/commands").json()["items"][0]["text"] == "all well"
    assert http.post("/things/nobody/commands", json={"line": "x"}).status_code == 404


def test_mandate_is_passed_on_as_it_is(world, http):
    http.post("/things/thing-1/mandate", json={"document": "d284"})
    assert world.thing.collect(world.desk)[0][6] == {1: b"\xd2\x84"}


def test_lists_are_paged_newest_first_and_stay_right_while_rows_are_added(world, http):
    for number in range(7):
        world.send(7, case_body(bytes([number]) * 16, mode=f"mode-{number}"))
    first = http.get("/cases", params={"limit": 3}).json()
    world.send(7, case_body(b"z" * 16, mode="later"))
    second = http.get("/cases", params={"limit": 3, "cursor": first["next"]}).json()
    third = http.get("/cases", params={"limit": 3, "cursor": second["next"]}).json()
    modes = [case["mode"] for page in (first, second, third) for case in page["items"]]
    assert modes == [f"mode-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert third["next"] is None
    for number in range(3):
        TestThing(f"other-{number}").admit(world.desk)
    things = http.get("/things", params={"limit": 2}).json()
    assert [thing["id"] for thing in things["items"]] == ["other-0", "other-1"]
    rest = http.get("/things", params={"limit": 2, "cursor": things["next"]}).json()
    assert [thing["id"] for thing in rest["items"]] == ["other-2", "thing-1"]


def test_lists_are_filtered(world, http):
    world.order()
    world.send(7, case_body())
    for path, params, count in (
        ("/orders", {"thing": "thing-1", "state": "placed", "seller": "roaster"}, 1),
        ("/orders", {"open": False}, 0),
        ("/orders", {"state": "verified"}, 0),
        ("/orders", {"thing": "thing-2"}, 0),
        ("/cases", {"mode": "scale"}, 1),
        ("/cases", {"state": "done"}, 0),
    ):
        assert len(http.get(path, params=params).json()["items"]) == count, (path, params)


@pytest.mark.parametrize(
    "path, status",
    [
        ("/orders/7", 404),
        ("/orders/x", 404),
        ("/orders/²", 404),
        ("/cases/9", 404),
        ("/things/nobody", 404),
        ("/nothing", 404),
        ("/orders?limit=0", 422),
        ("/orders?limit=9999", 422),
        ("/orders?cursor=x", 422),
        ("/orders?state=eaten", 422),
    ],
)
def test_errors_are_problems(http, path, status):
    response = http.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["detail"]


def test_a_field_that_is_wrong_is_named(http):
    response = http.post("/orders/1/status", json={"state": "eaten", "packs": -1})
    assert response.status_code == 422
    assert "state:" in response.json()["detail"] and "packs:" in response.json()["detail"]


def test_rejects_are_shown(world, http):
    world.desk.receive("thing-1", b"junk")
    listed = http.get("/rejects", params={"thing": "thing-1"}).json()["items"]
    assert [reject["frame"] for reject in listed] == [b"junk".hex()]


def test_with_a_key_all_but_readiness_asks_for_it(world):
    http = TestClient(application(world.desk, api_key="s3cret"), base_url="http://desk.example")
    assert http.get("/healthz").status_code == 200
    for path in ("/things", "/orders", "/cases", "/findings", "/health", "/rejects"):
        assert http.get(path).status_code == 401
        assert http.get(path, headers={"X-API-Key": "wrong"}).status_code == 401
        assert http.get(path, headers={"X-API-Key": "s3cret"}).status_code == 200
    assert http.post("/cases/1/accept").status_code == 401


def test_without_a_key_only_loopback_names_are_answered(world):
    http = TestClient(application(world.desk), base_url="http://evil.example")
    assert http.get("/things").status_code == 400


def test_readiness_tells_of_the_broker_and_the_database(world):
    ready = {"broker": False}
    app = application(world.desk, ready=lambda: ready["broker"])
    http = TestClient(app, base_url="http://localhost")
    assert http.get("/healthz").status_code == 503
    ready["broker"] = True
    assert http.get("/healthz").json() == {"status": "ready"}


def test_every_path_is_described(http):
    paths = http.get("/openapi.json").json()["paths"]
    assert {"/things", "/orders", "/orders/{number}", "/cases/{number}/schedule"} <= set(paths)


DEAF = "does not hear what counts, and buys nothing"


def test_all_things_at_a_glance_and_what_waits_for_a_person(world, http):
    def whys():
        return [(one["kind"], one["why"]) for one in http.get("/waiting").json()]

    assert http.get("/overview").json()["items"][0] | {"heard_at": None} == {
        "id": "thing-1", "product": "coffee-machine", "owner": "anna", "online": False,
        "heard_at": None, "mode": None, "memory": "new", "stock": [], "findings": 0, "cases": 0,
        "orders": 0, "disputes": 0,
    }  # fmt: skip
    world.send(1, world.thing.hello(3))
    world.send(2, HEALTH)
    world.order()
    world.send(7, case_body())
    row = http.get("/overview/thing-1").json()
    assert row["stock"] == [{"name": "beans", "band": 3, "days": 12}]
    assert (row["mode"], row["memory"], row["cases"], row["orders"]) == ("run", "trusted", 1, 1)
    assert whys() == [], "all of it has only begun"
    world.clock.now += 7_200
    assert whys() == [("case", "nobody took it on")]
    world.clock.now += DAY_S
    world.desk.tick()
    assert whys() == [("case", "escalated"), ("order", "no word from the seller")]
    world.desk.set_order(1, 5, eta_s=3_600)
    world.desk.set_case(1, 3, when_s=3_600)
    world.clock.now += DAY_S
    assert whys() == [
        ("case", "the visit is overdue"), ("order", "late"), ("thing", "not heard of")
    ]  # fmt: skip
    world.desk.set_order(1, 7)
    world.desk.set_case(1, 4)
    world.clock.now += 4 * DAY_S
    assert [why for _, why in whys()][:2] == [
        "done, still not well", "delivered, the thing has not seen it"
    ]  # fmt: skip
    world.send(1, world.thing.hello(0))
    assert http.get("/overview", params={"show": "restoring"}).json()["total"] == 1
    assert ("thing", DEAF) not in whys(), "it has only just started"
    for _ in range(5):  # told again and again, and it says nothing
        world.clock.now += 3_600
        world.thing.collect(world.desk)
    assert ("thing", DEAF) in whys()
    assert http.get("/overview", params={"show": "eaten"}).status_code == 422
    assert http.get("/overview/nobody").status_code == 404
    said = http.get("/things/thing-1/messages").json()
    assert {"down", "up"} == {one["direction"] for one in said}
    assert http.get("/things/nobody/messages").status_code == 404
    assert http.get("/clock").json() == {"now": world.clock.now}
    world.send(19, {})
    world.clock.now += 9 * DAY_S
    assert http.get("/overview/thing-1").json()["memory"] == "reset"
    assert not [one for one in whys() if one[0] == "thing"], "nobody waits for it"
