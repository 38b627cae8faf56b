"""A thing's past in one line of time, and the pages of releases."""

import base64

import pytest
from fastapi.testclient import TestClient
from page_kit import act, behind, filled, peopled, press, served, texts, write
from test_desk_releases import FILES, greet, manifest

from sim.desk.page.timeline import weekly
from sim.desk.page.words import DAY_S
from sim.desk.releases import Install, InstallState
from sim.desk.rest.app import application
from sim.desk.testing import HEALTH

UPDATE, LEFT = 17, 6


@pytest.fixture(scope="module")
def page():
    with served() as made:
        yield made


@pytest.fixture
def world():
    return filled(peopled())


@pytest.fixture
def http(page, world):
    return behind(page, world)


def test_all_that_happened_is_in_one_line_the_latest_first(world):
    http = TestClient(application(world.desk), base_url="http://localhost")
    world.clock.now += DAY_S
    world.desk.note_case(1, "called the owner")
    told = http.get("/things/thing-1/timeline").json()
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
    said = {(one["kind"], one["number"], one["about"], one["source"], one["word"]) for one in told}
    for moment in (
        ("case", "C-000001", "scale", "person", "note"),
        ("case", "C-000001", "scale", "thing", "opened"),
        ("order", "O-000001", "beans-1kg", "thing", "placed"),
        ("dispute", "D-000001", "beans-1kg", "thing", "raised"),
        ("finding", None, "scale", "thing", "raised"),
        ("finding", None, "scale", "thing", "confirmed"),
    ):  # fmt: skip
        assert moment in said, moment
    asked = next(one for one in told if one["word"] == "asked its owner")
    assert (asked["about"], asked["detail"]["total_minor"]) == ("CUPS-100", 102_585)
    assert told[0]["detail"] == {"text": "called the owner"}
    latest, before = told[0], http.get(f"/things/thing-1/timeline?before={told[0]['at']}").json()
    assert latest not in before and len(before) == len(told) - 1
    assert http.get("/things/thing-1/timeline?limit=2").json() == told[:2]
    assert http.get("/things/nobody/timeline").status_code == 404


def test_a_thing_shows_its_past_and_its_figures(http, world):
    for days in (12, 11):
        world.clock.now += DAY_S
        world.send(2, HEALTH | {2: {"beans": 3000 + days}})
    shown = texts(http, "things/thing-1")
    for word in ("What happened", "asked its owner", "1,025.85 EUR", "signed a dispute",
                 '"formatter": "26.06"', '"name": "beans"'):  # fmt: skip
        assert word in shown, word


def test_weeks_are_summed_without_what_was_not_bought():
    now = 100 * 7 * DAY_S
    orders = [
        {"placed_at": now - days * DAY_S, "state": state, "total_minor": 100}
        for days, state in ((0, "placed"), (6, "verified"), (6, "cancelled"), (8, "disputed"),
                            (300, "verified"))
    ]  # fmt: skip
    assert [minor for _, minor in weekly(orders, now)] == [0, 0, 100, 200]
    assert weekly([], now)[-1] == (now - 7 * DAY_S, 0)


def published(http, number: int, **more) -> None:
    carried = {path: base64.b64encode(data).decode() for path, data in FILES.items()}
    body = {"document": manifest(number).hex(), "files": carried} | more
    assert http.post("/releases", json=body).status_code == 201


def test_releases_show_how_far_they_have_come_and_why_they_failed(http, world, page):
    assert "steward update publish" in texts(http, "releases")
    rest = TestClient(application(world.desk), base_url="http://localhost")
    greet(world)
    published(rest, 3, things=["thing-1"])
    shown = texts(http, "releases")
    for word in ("2 (no. 3)", "1 named thing", "esp32_coffee", "as it came by cable", '"sent"'):
        assert word in shown, word
    world.send(UPDATE, {1: 3, 2: LEFT, 3: "no reading of flow"})
    shown = texts(http, "releases/1")
    for word in ("failing", "left", "no reading of flow", "2 files, 2,007 bytes", "mpy6"):
        assert word in shown, word
    act(page, "releases/1", press("offer it to more"), write(
        "percent of all, always the same ones first", 30), press("offer it"))  # fmt: skip
    assert rest.get("/releases/1").json()["percent"] == 30
    act(page, "releases/1", press("it is bad"))
    assert "nobody, because it is bad" in texts(http, "releases/1")
    act(page, "releases/1", press("it is good after all"))
    assert rest.get("/releases").json()["items"][0]["bad"] is False
    assert "no release 9" in texts(http, "releases/9")


def test_counts_are_of_things_of_the_product_and_board(world):
    http = TestClient(application(world.desk), base_url="http://localhost")
    greet(world)
    published(http, 3)
    other = {"thing_id": "thing-2", "number": 3, "state": InstallState.LEFT, "changed_at": 1}
    world.desk.provision("thing-2", bytes(32), world.thing.public_key, "pump", "anna")
    world.desk.act(lambda work: work.session.add(Install(runs=0, file=0, **other)))
    assert http.get("/releases").json()["items"][0]["states"] == {"sent": 1}
    found = http.get("/installs", params={"release": 1}).json()["items"]
    assert [one["thing"] for one in found] == ["thing-1"]
