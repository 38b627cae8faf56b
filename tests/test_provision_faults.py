"""What a person is told when setting a thing up goes wrong, and that the next run goes on."""

import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typer.testing import CliRunner

from firmware.serial import commission, provision
from firmware.serial.console_tool import ConsoleError, Refused, Session
from firmware.serial.provision import Order, ProvisionError
from sim.cli import app
from sim.cli import provision as command

JOINED = {"network": "home", "wifi": "joined", "wifi_error": None}


class Console:
    """Answers every command with what was laid down for it; a tuple's one after the other."""

    def __init__(self, **answers):
        self.answers = answers
        self.said = []

    def value(self, line):
        self.said.append(line)
        word = line.split()[0].replace("-", "_")
        answer = self.answers[word]
        if isinstance(answer, tuple):
            answer, rest = answer[0], answer[1:]
            self.answers[word] = rest or answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_and_leave(self, line):
        self.said.append(line)


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(commission, "LOOK_S", 0.01)


@pytest.mark.parametrize("link, words", [
    ({"network": "", "wifi": "off", "wifi_error": None}, r"Wi-Fi \(none is set\).*--wifi"),
    ({"network": "home", "wifi": "joining", "wifi_error": "wrong password"},
     "home is joining .wrong password.*STEWARD_WIFI_PASSWORD"),
    (JOINED | {"broker": "not connected", "broker_error": "certificate refused"},
     "broker is not connected .certificate refused.*--ca"),
    (JOINED | {"broker": "connected"}, "the desk does not answer"),
    ({"broker": "not connected", "broker_error": None}, "no error yet.*--broker"),
])  # fmt: skip
def test_what_is_in_the_way_to_the_desk_is_named_with_what_to_do(link, words):
    rows = [{"check": "desk", "result": "missing"}]
    console = Console(provision={"link": "ab"}, link=link, selftest=rows)
    assert re.search(words, commission.reach(console, 0.05, print) or "")


def test_what_is_in_the_way_is_said_as_soon_as_it_is_known_and_once():
    def link(wifi, error=None, **more):
        return JOINED | {"wifi": wifi, "wifi_error": error and f"no connection, {error}"} | more

    away = {"broker": "not connected", "broker_error": "ECONNREFUSED"}
    seen = (link("joining"), link("waiting", "status 202"), link("joining", "status 202"),
            link("joined", **away), link("joined", **away), link("joined", broker="connected"))
    greeted = [{"check": "desk", "result": "good"}]
    said = []
    console = Console(provision={"link": "ab"}, link=seen, selftest=greeted)
    assert commission.reach(console, 30, said.append) is None
    assert [re.search("wrong password|ECONNREFUSED|greeted", text)[0] for text in said] == [
        "wrong password", "ECONNREFUSED", "greeted"]  # fmt: skip


@pytest.mark.parametrize("link", [
    {"network": "", "wifi": "waiting", "wifi_error": None},
    JOINED | {"broker": "not connected", "broker_error": "EIO: certificate refused: its name"},
])  # fmt: skip
def test_what_no_waiting_mends_is_not_waited_for(link):
    console = Console(provision={"link": "ab"}, link=link)
    assert "cannot reach its desk" in commission.reach(console, 1000, print)


def test_a_desk_that_takes_its_time_is_waited_for():
    silent, greeted = ([{"check": "desk", "result": word}] for word in ("missing", "good"))
    link = JOINED | {"broker": "connected"}
    console = Console(provision={"link": "ab"}, link=link, selftest=(silent, silent, greeted))
    assert commission.reach(console, 30, lambda text: None) is None
    assert commission.reach(Console(provision={"link": None}), 30, print) is None, "works alone"


def test_a_thing_that_does_not_come_up_says_why(monkeypatch):
    monkeypatch.setattr(commission, "STARTING_S", 0.1)
    blank = {"mode": "blank", "reason": "no product in the store"}
    with pytest.raises(ProvisionError, match="no product in the store"):
        commission.restart(Console(status=blank))
    with pytest.raises(ProvisionError, match="safe mode: `crash`"):
        commission.restart(Console(status={"mode": "safe"}))
    with pytest.raises(ProvisionError, match="nobody answers"):
        commission.restart(Console(status=ConsoleError("gone")))


def test_a_test_order_waits_for_the_desk_and_names_what_keeps_it_from_buying(monkeypatch):
    monkeypatch.setattr(commission, "READING_S", 0)
    monkeypatch.setattr(commission, "GREETING_S", 30)
    console = Console(
        consumables=[{"consumable": "beans"}],
        orders=[{"order": "ab", "state": "placed", "seller": "roaster", "number": "O-1"}],
        status=({"buying": "not yet"},) * 3 + ({"buying": "yes"},),
        test_order={"said": "as ab"},
    )
    assert commission.try_order(console, None, lambda text: None)["number"] == "O-1"
    monkeypatch.setattr(commission, "GREETING_S", 0)
    console.answers["status"] = {"buying": "not yet"}
    console.answers["link"] = JOINED | {"broker": "not connected", "broker_error": "refused"}
    with pytest.raises(ProvisionError, match="does not buy: not yet: the broker is not connected"):
        commission.try_order(console, None, lambda text: None)


def test_a_pin_is_asked_for_by_name_and_never_shown():
    console = Console(pin={"locked": True})
    with pytest.raises(ProvisionError, match="STEWARD_PIN"):
        provision.unlock(console, None)
    provision.unlock(console, "4711")
    assert console.said[-1] == "pin unlock 4711"
    console.answers["pin"] = ({"locked": True}, Refused("pin: that is not the PIN"))
    with pytest.raises(Refused) as error:
        provision.unlock(console, "4712")
    assert "4712" not in str(error.value)


@pytest.mark.parametrize("status, words", [
    (401, "no such key.*STEWARD_DESK_API_KEY"), (404, "REST address"), (409, "no such key$"),
])  # fmt: skip
def test_a_desk_that_refuses_is_quoted(status, words):
    class Desk(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"detail": "no such key"}).encode())

        def log_message(self, *given):
            """Nothing, for it would come between the tests' own lines."""

    server = HTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.handle_request, daemon=True).start()
    order = Order("t-1", desk=f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(ProvisionError, match=words):
        provision._post(order, {})
    server.server_close()
    with pytest.raises(ProvisionError, match="the desk cannot be reached"):
        provision._post(order, {})


def test_a_file_that_is_no_certificate_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing of that kind")
    with pytest.raises(ProvisionError, match=r"ca\.pem holds no certificate"):
        provision._der(tmp_path / "ca.pem")
    with pytest.raises(ProvisionError, match="directory"):
        provision._der(tmp_path)


def test_whoever_interrupts_it_is_told_that_it_goes_on(monkeypatch):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "Session", interrupted)
    run = CliRunner().invoke(app, ["provision", "/dev/null", "--thing", "t-1"])
    assert run.exit_code == 130 and "goes on from there" in run.output


def test_a_cable_that_is_pulled_is_told():
    thing, cable = os.openpty()
    threading.Timer(0.3, os.close, (thing,)).start()
    with Session(os.ttyname(cable)) as session:
        os.close(cable)
        with pytest.raises(ConsoleError, match="the console is gone"):
            session.value("status")
