"""Who may do what at the desk's REST: the whole table, walked; owners see what is theirs."""

import json

import pytest
from fastapi.testclient import TestClient
from page_kit import filled, peopled
from typer.testing import CliRunner

from sim.cli import app as cli
from sim.desk import access
from sim.desk.models import Dispute, Order, Statement, Thing
from sim.desk.permissions import PERMISSIONS, ROLES, may
from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment
from sim.desk.suppliers import PeopleSupplier
from sim.desk.testing import HEALTH, TestThing, World, case_body, seller

OPEN = {"/healthz", "/docs", "/docs/oauth2-redirect", "/openapi.json"}
HERE = "http://localhost"


def endpoints(app) -> list[str]:
    return [f"{method} {path}".replace("get ", "GET ").replace("post ", "POST ")
            .replace("patch ", "PATCH ").replace("delete ", "DELETE ")
            for path, methods in app.openapi()["paths"].items() for method in methods]  # fmt: skip


def key(world, role, name=None, owner=None, seller=None):
    made = world.desk.act(
        lambda work: access.make(
            work.session, work.now, role if name is None else name, role, owner, seller
        )
    )
    return {"X-API-Key": made}


@pytest.fixture
def world():
    return filled(peopled())


def test_every_endpoint_is_in_the_table_and_the_table_names_no_other(world):
    app = application(world.desk)
    served = {one for one in endpoints(app) if one.split()[1] not in OPEN}
    assert served == set(PERMISSIONS)


def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(world):
    app = application(world.desk, "the desk's own")
    http = TestClient(app, base_url=HERE)
    whose = {"owner": {"owner": "anna"}, "seller": {"seller": "roaster"}}
    keys = {role: key(world, role, **whose.get(role, {})) for role in ROLES}
    for endpoint in PERMISSIONS:
        method, path = endpoint.split()
        path = path.replace("{thing_id}", "thing-1").replace("{number}", "99").replace(
            "{order}", "00")  # fmt: skip
        assert http.request(method, path).status_code == 401, endpoint
        assert http.request(method, path, headers={"X-API-Key": "x"}).status_code == 401
        for role, headers in keys.items():
            status = http.request(method, path, headers=headers).status_code
            # Behind the door it is about content: there is no number 99, and no body was sent.
            allowed = (200, 404, 422)
            assert (status in allowed) == may(role, endpoint), (endpoint, role, status)
            assert status in (*allowed, 403), (endpoint, role, status)


def test_an_owner_finds_nothing_of_others(world):
    other = TestThing("thing-2", 9)
    world.desk.provision("thing-2", other.root_key, other.public_key, "coffee-machine", "bert")
    for kind, body in ((1, other.hello()), (2, HEALTH), (7, case_body(bytes([9]) * 16))):
        other.send(world.desk, kind, body)
    http = TestClient(application(world.desk, "own"), base_url=HERE)
    anna, bert = (key(world, "owner", name, name) for name in ("anna", "bert"))
    for endpoint in PERMISSIONS:
        method, path = endpoint.split()
        if method != "GET" or not may("owner", endpoint):
            continue
        path = path.replace("{thing_id}", "thing-1").replace("{number}", "1")
        mine = http.get(path, headers=anna)
        assert mine.status_code == 200, (path, mine.text)
        assert "thing-2" not in mine.text and "bert" not in mine.text.replace("robert", ""), path
        theirs = http.get(path, headers=bert)
        assert "thing-1" not in theirs.text.replace("no thing thing-1", ""), path
        if "{" in endpoint:
            assert theirs.status_code == 404, (path, theirs.text)
    assert [row["id"] for row in http.get("/overview", headers=bert).json()["items"]] == ["thing-2"]
    assert http.get("/cases/2", headers=bert).status_code == 200
    line = {"line": "status"}
    assert http.post("/things/thing-1/commands", headers=bert, json=line).status_code == 404
    assert http.post("/things/thing-1/commands", headers=anna, json=line).status_code == 202


def test_whose_a_thing_is_can_be_said_later_and_is_not_forgotten_by_admitting_it_again(tmp_path):
    file = tmp_path / "desk.db"
    world = World(f"sqlite:///{file}")
    assert file.stat().st_mode & 0o77 == 0, "root keys are in it"
    thing = TestThing("thing-2", 9)
    admit = world.desk.provision

    def owner():
        return world.desk.act(lambda work: work.session.get(Thing, "thing-2").owner)

    admit("thing-2", thing.root_key, thing.public_key, "coffee-machine")
    give = ["desk", "keys", "give", "thing-2", "bert", "--database", str(file)]
    assert CliRunner().invoke(cli, give).exit_code == 0 and owner() == "bert"
    admit("thing-2", thing.root_key, thing.public_key, "coffee-machine")
    assert owner() == "bert", "the tool was run once more"
    give[3] = "thing-3"
    assert "no thing thing-3" in CliRunner().invoke(cli, give).stderr
    other = TestThing("thing-2", 10)
    admit("thing-2", other.root_key, other.public_key, "coffee-machine")
    assert owner() == "", "with new keys it is another's until somebody says whose"
    world.desk.close()


def test_the_next_owner_of_a_thing_finds_nothing_of_the_one_before(world):
    http = TestClient(application(world.desk, "own"), base_url=HERE)
    world.send(13, {1: [["beans", 2_310]]})
    thing, bert = TestThing("thing-1", 9), key(world, "owner", "bert", "bert")
    world.clock.now += 60
    world.desk.provision("thing-1", thing.root_key, thing.public_key, "coffee-machine", "bert")
    looks = ("/orders", "/cases", "/disputes", "/findings", "/health", "/usage", "/statements",
             "/approvals", "/things/thing-1/timeline", "/things/thing-1/messages",
             "/things/thing-1/commands")  # fmt: skip
    for path in looks:
        told = http.get(path, headers=bert).json()
        assert (told if isinstance(told, list) else told["items"]) == [], path
    assert http.get("/cases/1", headers=bert).status_code == 404
    row = http.get("/overview/thing-1", headers=bert).json()
    assert (row["stock"], row["cases"], row["findings"], row["disputes"]) == ([], 0, 0, 0)
    assert http.get("/cases", headers={"X-API-Key": "own"}).json()["items"], "the team's records"
    for kind, body in ((1, thing.hello()), (7, case_body(bytes([9]) * 16, mode="leak"))):
        thing.send(world.desk, kind, body)
    assert [case["mode"] for case in http.get("/cases", headers=bert).json()["items"]] == ["leak"]


def test_a_key_is_kept_as_a_digest_says_when_it_was_used_and_ends(world):
    http = TestClient(application(world.desk), base_url=HERE)
    desk = {"name": "desk", "role": "admin", "owner": None, "seller": None}
    assert http.get("/me").json() == desk
    service = key(world, "service", "day shift")
    assert http.get("/me").status_code == 401, "with the first key the door is shut"
    assert http.get("/me", headers=service).json()["name"] == "day shift"
    bearer = {"Authorization": f"Bearer {service['X-API-Key']}"}
    assert http.get("/me", headers=bearer).status_code == 200
    row = world.rows(access.Key)[0]
    assert service["X-API-Key"] not in json.dumps([str(value) for value in vars(row).values()])
    listed = world.desk.act(lambda work: access.listed(work.session))
    assert (listed[0]["used_at"], listed[0]["shown"]) == (world.clock.now, service["X-API-Key"][:8])
    world.desk.act(lambda work: access.end(work.session, work.now, "day shift"))
    assert http.get("/me", headers=service).status_code == 401
    assert http.get("/me").status_code == 401, "without a good key the door stays shut"


def test_keys_are_added_listed_and_ended_on_the_command_line(tmp_path):
    base = ["--database", str(tmp_path / "desk.db")]

    def say(*words):
        done = CliRunner().invoke(cli, ["desk", "keys", *words])
        return done.exit_code, done.output

    assert say(*base)[0] == 1, "a wrong name makes no database"
    world = World(f"sqlite:///{tmp_path}/desk.db")
    assert "no keys" in say(*base)[1]
    words = ("add", "bert's", "--role", "owner", "--owner", "bert", "--json")
    made = json.loads(say(*words, *base)[1])
    assert made["key"].startswith(access.PREFIX)
    code, wrong = say("add", "x", "--role", "king", *base)
    assert code == 2 and "role: king is none of admin" in wrong
    code, wrong = say("add", "x", "--role", "seller", "--seller", "roster", *base)
    assert code == 2 and "seller: roster is none of roaster" in wrong
    assert say("add", "x", "--role", "seller", "--seller", "roaster", *base)[0] == 0
    assert "seller roaster" in say(*base)[1]
    shown = say(*base)[1]
    assert "bert's" in shown and made["key"][:8] in shown and made["key"] not in shown
    http = TestClient(application(world.desk), base_url=HERE)
    assert http.get("/me", headers={"X-API-Key": made["key"]}).json()["owner"] == "bert"
    assert say("end", "bert's", *base) == (0, "bert's: ended\n")
    assert http.get("/me", headers={"X-API-Key": made["key"]}).status_code == 401
    assert json.loads(say(*base, "--json")[1])[0]["ended_at"]
    assert say("end", "nobody", *base)[0] == 2
    world.desk.close()


def test_a_seller_finds_what_it_sold_and_speaks_for_no_other():
    sellers = [seller(name, seed, PeopleSupplier) for seed, name in ((1, "roaster"), (2, "rival"))]
    world = filled(World(suppliers=sellers, department=PeopleDepartment()))
    sold = world.rows(Order)[0].seller
    other = ({"roaster", "rival"} - {sold}).pop()
    experience = Statement(thing_id="thing-1", kind="experience", order_number=1, content={},
                           document=b"", received_at=1)  # fmt: skip
    world.desk.act(lambda work: work.session.add(experience))
    http = TestClient(application(world.desk, "own"), base_url=HERE)
    own, rival = (key(world, "seller", name, seller=name) for name in (sold, other))
    assert http.get("/me", headers=own).json()["seller"] == sold
    order = http.get("/orders/O-000001", headers=own).json()
    assert [offer["seller"] for offer in order["offers"]] == [sold] and order["history"]
    dispute = http.get("/disputes/D-000001", headers=own).json()
    assert [row["kind"] for row in dispute["statements"]] == ["dispute"] and dispute["history"]
    everybody = http.get("/orders/O-000001", headers={"X-API-Key": "own"}).json()["offers"]
    assert {offer["seller"] for offer in everybody} == {sold, other}
    for path in ("/orders", "/disputes"):
        assert len(http.get(path, headers=own).json()["items"]) == 1
        assert http.get(path, headers=rival).json()["items"] == []
    says = (("orders/O-000001/status", {"state": "shipped"}),
            ("disputes/D-000001/answer", {"text": "it came", "agrees": False}))  # fmt: skip
    for path, body in says:
        for answer in (http.get(f"/{path.rpartition('/')[0]}", headers=rival),
                       http.post(f"/{path}", headers=rival, json=body)):  # fmt: skip
            assert answer.status_code == 404
            assert answer.json()["detail"].endswith(f"-000001 of {other}"), answer.text
    assert world.rows(Dispute)[0].answer is None
    assert http.post("/disputes/1/answer", headers=own, json=says[1][1]).status_code == 200
    decision = {"text": "mine", "charged_minor": 1}
    assert http.post("/disputes/1/settle", headers=own, json=decision).status_code == 403


@pytest.mark.parametrize("name, role, owner, said", [
    ("a", "king", None, "role: king is none of admin"),
    ("a", "seller", None, "seller: a seller's key, and no other"),
    ("a", "owner", None, "owner: an owner's key"),
    ("a", "service", "anna", "owner: an owner's key"),
    ("", "service", None, "name: 1 to 40"),
    ("a\n", "service", None, "name: 1 to 40"),
    ("there", "service", None, "name: there is, or was"),
])  # fmt: skip
def test_a_key_that_cannot_be_is_refused(world, name, role, owner, said):
    key(world, "service", "there")
    with pytest.raises(ValueError, match=said):
        key(world, role, name, owner)


@pytest.mark.parametrize("role, seller, said", [
    ("seller", "roster", "seller: roster is none of roaster"),
    ("supply", "roaster", "seller: a seller's key, and no other"),
])  # fmt: skip
def test_a_key_speaks_for_a_seller_that_there_is(world, role, seller, said):
    with pytest.raises(ValueError, match=said):
        key(world, role, seller=seller)
