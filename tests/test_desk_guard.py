"""What stands before the desk's REST, and the figures that it tells a monitoring system."""

import logging
import re

import pytest
from fastapi.testclient import TestClient
from page_kit import filled, peopled
from prometheus_client.parser import text_string_to_metric_families

from sim.desk.rest import guard
from sim.desk.rest.app import application
from sim.desk.rest.guard import BODY_BYTES, Rates

HERE = "http://localhost"


@pytest.fixture
def world():
    return filled(peopled())


def figures(http) -> dict[tuple, float]:
    answer = http.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text) for sample in family.samples
    }  # fmt: skip


def test_figures_count_what_is_there(world):
    link = {"ready": 1, "received": 7, "published": 6, "failed": 2}
    http = TestClient(application(world.desk, counts=lambda: link), base_url=HERE)
    world.desk.receive("thing-1", b"nonsense")
    world.clock.now += 100
    http.get("/orders/1")
    http.get("/orders/77")
    told = figures(http)
    for name, value in {
        ("steward_desk_things",): 1, ("steward_desk_approvals_waiting",): 1,
        ("steward_desk_orders_open", "disputed"): 1, ("steward_desk_orders_open", "placed"): 0,
        ("steward_desk_cases_open", "open"): 1, ("steward_desk_disputes_open", "open"): 1,
        ("steward_desk_findings_open",): 1, ("steward_desk_refused_frames_total",): 1,
        ("steward_desk_broker_connected",): 1, ("steward_desk_frames_received_total",): 7,
        ("steward_desk_failures_total",): 2,
        ("steward_desk_http_requests_total", "GET /orders/{number}", "200"): 1,
        ("steward_desk_http_requests_total", "GET /orders/{number}", "404"): 1,
    }.items():  # fmt: skip
        assert told[name] == value, name
    outbox = told["steward_desk_outbox_messages",]
    assert outbox > 0 and told["steward_desk_outbox_late_s",] >= 70
    while world.desk.take():
        pass
    assert figures(http)["steward_desk_outbox_late_s",] == 0
    assert told["steward_desk_inbox_messages",] >= 5


def test_a_body_that_is_too_long_is_not_read(world):
    http = TestClient(application(world.desk), base_url=HERE)
    line = {"line": "x" * BODY_BYTES}
    told = http.post("/things/thing-1/commands", json=line)
    assert told.status_code == 413
    assert told.json()["detail"] == f"the body may have {BODY_BYTES} bytes"
    parts = (b"x" * 1000 for _ in range(100))
    untold = http.post("/things/thing-1/commands", content=parts)
    assert untold.status_code == 413, "a body that does not say how long it is"
    release = http.post("/releases", json={"document": "aa", "files": {"a": "A" * 2 * BODY_BYTES}})
    assert release.status_code == 422


def test_who_asks_too_often_is_told_when_to_come_back(world, monkeypatch):
    rates = Rates(rate=0.5, burst=3)
    assert [rates.wait_s("a", 10.0) for _ in range(4)] == [0, 0, 0, 2]
    assert rates.wait_s("b", 10.0) == 0, "another address"
    assert rates.wait_s("a", 12.0) == 0 and rates.wait_s("a", 12.0) == 2
    assert [rates.wait_s("a", 1e9) for _ in range(4)] == [0, 0, 0, 2], "no more than a burst"
    monkeypatch.setattr(guard, "ADDRESSES", 2)
    for address in "cde":
        rates.wait_s(address, 1e9)
    assert len(rates._buckets) == 2
    monkeypatch.setattr(guard, "Rates", lambda: Rates(0.01, 2))
    http = TestClient(application(world.desk), base_url=HERE)
    answers = [http.get("/clock") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 1
    assert answers[-1].headers["content-type"] == "application/problem+json"


def test_every_answer_says_how_it_is_to_be_treated(world):
    http = TestClient(application(world.desk, "key"), base_url="https://desk.example")
    for path in ("/things", "/healthz", "/nothing"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["cache-control"] == "no-store"
        assert headers["strict-transport-security"]
    assert "default-src 'self'" in http.get("/docs").headers["content-security-policy"]


@pytest.mark.parametrize("origin, status", [
    ("https://elsewhere.example", 403), ("null", 403), ("http://localhost:81", 403),
    (HERE, 200), (None, 200),
])  # fmt: skip
def test_another_web_page_changes_nothing_where_no_key_is_asked_for(world, origin, status):
    http = TestClient(application(world.desk), base_url=HERE)
    headers = {"origin": origin} if origin else {}
    assert http.post("/cases/1/accept", headers=headers).status_code == status
    assert http.get("/cases/1", headers=headers).json()["state"] == (
        "accepted" if status == 200 else "open"
    )


def test_guessing_keys_on_the_page_is_as_slow_as_over_rest(world, monkeypatch):
    monkeypatch.setattr(guard.Rates.__init__, "__defaults__", (0.001, 2.0))
    app = application(world.desk, "the-key-of-the-desk")
    http = TestClient(app, base_url=HERE)
    said = [http.post("/desk/sign-in", data={"key": "guess"}).status_code for _ in range(4)]
    assert said[2:] == [429, 429] and 429 not in said[:2]


def test_the_description_of_rest_needs_nothing_from_elsewhere(world):
    http = TestClient(application(world.desk), base_url=HERE)
    page = http.get("/docs")
    assert "://" not in page.text + page.headers["content-security-policy"]
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) == 3
    assert all(http.get(part).status_code == 200 for part in parts), parts


def test_each_request_is_written_down_with_its_caller_and_without_its_key(world, caplog):
    http = TestClient(application(world.desk, "the-key"), base_url=HERE)
    with caplog.at_level(logging.INFO, "steward.desk.rest"):
        http.get("/orders?thing=x", headers={"X-API-Key": "the-key"})
        http.get("/orders", headers={"X-API-Key": "guess"})
    records = [one for one in caplog.records if one.name == "steward.desk.rest"]
    assert [(one.getMessage(), one.status, one.caller) for one in records] == [
        ("GET /orders", 200, "desk"), ("GET /orders", 401, ""),
    ]  # fmt: skip
    assert "the-key" not in caplog.text
