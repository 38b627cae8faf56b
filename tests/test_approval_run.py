"""Approval through the desk, whole: the agent, its desk, and the owner's command line and key."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from firmware.mandate import install, question
from sim.cli import owner_answers
from sim.cli.owner import app
from sim.desk import approvals, codec, messages
from sim.desk.approvals import Question, QuestionState
from sim.desk.models import Order, OrderState
from sim.desk.rest.app import application
from sim.world import scenario
from sim.world.clock import DAY, HOUR, MINUTE
from sim.world.endpoint import secret
from sim.world.run import Run

THING = "coffee_machine-1"
TEXT = {
    "title": "An owner who is asked about everything",
    "product": "coffee_machine",
    "plant": "coffee_machine",
    "duration": "20d",
    "mandate": {"approval": "ask always"},
    "sellers": [{"name": "corner", "travels": ["2h", "4h"], "ships_after": ["10min", "1h"]}],
}


class Kitchen(Run):
    """A run whose owner sits at a command line."""

    def __init__(self, monkeypatch, folder, seed=3):
        super().__init__(scenario.parse(TEXT, "approval.toml"), seed)
        self.owner.notified = lambda text: None
        self._folder = folder
        self._make_key(secret(self.world, f"owner of {THING}"))
        client = TestClient(application(self.endpoint.desk), base_url="http://localhost")

        def get(link, path, body=None, method=None):
            answer = client.post(path, json=body) if body else client.get(path)
            if answer.status_code >= 400:
                raise install.InstallError(answer.json()["detail"])
            self.endpoint.pump()
            return answer.json()

        monkeypatch.setattr(install, "ask_desk", get)
        monkeypatch.setattr(owner_answers.time, "sleep", lambda s: self.advance_by(MINUTE))

    def _make_key(self, number):
        key = codec.new_private_key(number)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"correct horse"),
        )
        (self._folder / "words").write_text("correct horse\n")
        (self._folder / "owner.pem").write_bytes(pem)
        (self._folder / "owner.pub").write_text(codec.public_bytes(key.public_key()).hex())

    def advance_by(self, seconds):
        self.advance(self.world.now + seconds)

    def asked(self):
        """Let time pass until a question waits at the desk."""
        while not (found := [q for q in self.questions() if q.state == QuestionState.WAITING]):
            self.advance_by(HOUR)
            assert not self.over
        return found[-1]

    def questions(self):
        return self.endpoint.rows(Question)

    def say(self, *words, code=0, stdin=None):
        own = ["--directory", str(self._folder), "--passphrase-file", str(self._folder / "words")]
        own = [] if words[0] == "waiting" else own
        result = CliRunner().invoke(app, [*words, *own], input=stdin)
        assert result.exit_code == code, result.output
        return result

    def order(self, question):
        rows = [row for row in self.endpoint.rows(Order) if row.order_id == question.order_id]
        return rows[0] if rows else None


@pytest.fixture
def kitchen(monkeypatch, tmp_path):
    run = Kitchen(monkeypatch, tmp_path)
    yield run
    run.close()


def test_an_order_is_approved_through_the_desk_and_delivered(kitchen):
    asked = kitchen.asked()
    assert kitchen.order(asked) is None
    (row,) = [row for row in json.loads(kitchen.say("waiting", "--json").stdout)
              if row["order"] == asked.order_id.hex()]  # fmt: skip
    assert (row["thing"], row["seller"], row["state"]) == (THING, "corner", "waiting")
    assert asked.order_id.hex()[:8] in kitchen.say("waiting").stdout
    said = kitchen.say("approve", THING, row["order"][:8], "--json", "-y")
    told = json.loads(said.stdout)
    assert (told["answer"], told["state"], told["reason"]) == ("approve", "approved", None)
    assert row["sku"] in said.stderr and "shipping and tax inside" in said.stderr
    kitchen.advance_by(3 * DAY)
    order = kitchen.order(asked)
    assert order.state == OrderState.VERIFIED and order.total_minor == row["total_minor"]
    checks = kitchen.result().invariants
    assert not [name for name, check in checks.items() if check["state"] == "broken"]


def test_a_no_is_a_no_and_nothing_is_signed_without_a_yes(kitchen):
    asked = kitchen.asked()
    name = asked.order_id.hex()
    kitchen.say("deny", THING, name, code=1, stdin="n\n")
    assert kitchen.asked().yes is None
    assert "denied" in kitchen.say("deny", THING, name, stdin="y\n").stderr
    kitchen.advance_by(HOUR)
    assert kitchen.order(asked) is None
    again = kitchen.say("approve", THING, name, "-y", code=1)
    assert "does not ask about order" in again.stderr


def test_a_thing_that_is_out_of_reach_answers_later(kitchen):
    asked = kitchen.asked()
    kitchen.network.cut(DAY, THING)
    late = kitchen.say("approve", THING, asked.order_id.hex(), "-y", "--wait", "0", code=3)
    assert "on its way" in late.stderr
    assert "an answer is on its way" in kitchen.say("waiting").stdout
    kitchen.network.mend()
    kitchen.advance_by(8 * HOUR)
    assert kitchen.order(asked) is not None
    kitchen.say("approve", THING, asked.order_id.hex(), "-y", code=1)


def test_what_the_thing_says_against_it_is_shown(kitchen):
    asked = kitchen.asked()
    kitchen.site.line("pause")
    refused = kitchen.say("approve", THING, asked.order_id.hex(), "-y", code=1)
    assert "does not take it: paused on the console" in refused.stderr
    assert "take the answer: paused on the console" in kitchen.say("waiting").stdout
    kitchen.site.line("resume")
    assert "approved" in kitchen.say("approve", THING, asked.order_id.hex(), "-y").stderr


def test_a_desk_that_shows_other_terms_gets_no_signature(kitchen):
    asked = kitchen.asked()

    def lie(**change):
        def change_row(work):
            row = work.session.get(Question, asked.id)
            for word, value in change.items():
                setattr(row, word, value)

        kitchen.endpoint.desk.act(change_row)

    lie(packs=asked.packs + 9)
    said = kitchen.say("approve", THING, asked.order_id.hex(), "-y", code=1).stderr
    assert "other terms" in said and "nothing was signed" in said
    # A total that is shown too low is signed as the most that it may cost, and the thing says no.
    lie(packs=asked.packs, total_minor=1)
    said = kitchen.say("approve", THING, asked.order_id.hex(), "-y", code=1).stderr
    assert "the terms are others now" in said
    assert kitchen.order(asked) is None


def test_a_desk_cannot_answer_by_itself(kitchen):
    asked = kitchen.asked()
    said = {0: "approval", 1: asked.order_id, 2: THING, 3: asked.terms, 4: asked.total_minor,
            5: True}  # fmt: skip
    forged = codec.sign(said, codec.new_private_key(4711))
    kitchen.endpoint.desk.act(
        lambda work: approvals.relay(work, THING, asked.order_id, forged)
    )
    kitchen.endpoint.desk.send(THING, messages.MANDATE, document=forged)
    kitchen.endpoint.desk.command(THING, "approve " + asked.order_id.hex()[:8])
    kitchen.endpoint.pump()
    kitchen.advance_by(HOUR)
    assert kitchen.order(asked) is None
    row = next(one for one in kitchen.questions() if one.id == asked.id)
    assert (row.state, row.reason) == (QuestionState.REFUSED, "signature does not fit")


def test_an_answer_survives_a_power_cut_between_question_and_answer(kitchen):
    asked = kitchen.asked()
    kitchen.site.power_off(HOUR)
    kitchen.say("approve", THING, asked.order_id.hex(), "-y", "--wait", "0", code=3)
    kitchen.advance_by(9 * HOUR)
    assert kitchen.order(asked) is not None
    assert kitchen.result().invariants["I1"]["state"] == "held"


def test_on_the_thing_s_own_console_it_is_the_thing_that_tells(kitchen, monkeypatch):
    asked = kitchen.asked()
    name = asked.order_id.hex()
    line = kitchen.say("approve", THING, name, "-y", "--via", "console").stdout.splitlines()[-1]
    assert line == f"approve {name[:8]} {asked.terms.hex()[:8]}"

    class Session:
        def __init__(self, port):
            assert port == "/dev/ttyUSB0"

        def value(self, command):
            return json.loads(kitchen.site.line(command + " --json"))

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            """Nothing to close."""

    monkeypatch.setattr(owner_answers, "Session", Session)
    port = ["--via", "console", "--port", "/dev/ttyUSB0", "-y"]
    assert "is coffee_machine-1" in kitchen.say("deny", "attic", name, *port, code=1).stderr
    said = kitchen.say("approve", THING, "ffff", *port, code=1).stderr
    assert "it asks about " + name[:8] in said
    assert f"{name[:8]} is placed" in kitchen.say("approve", THING, name, *port).stderr
    kitchen.advance_by(HOUR)
    row = next(one for one in kitchen.questions() if one.id == asked.id)
    assert (row.state, row.reason) == (QuestionState.SETTLED, approvals.ORDERED)


def test_what_was_placed_is_cancelled_through_the_desk_while_it_can_be(kitchen, tmp_path):
    asked = kitchen.asked()
    name = asked.order_id.hex()
    early = kitchen.say("cancel", THING, name, "-y", code=1).stderr
    assert "that can be cancelled; it has nothing" in early
    kitchen.say("approve", THING, name, "-y")
    assert kitchen.say("cancel", THING, name, "-y", "--via", "console").stdout.splitlines()[-1] == (
        f"cancel {name[:8]}"
    )
    kitchen.say("cancel", THING, "O-000001", code=1, stdin="n\n")
    kitchen.network.cut(HOUR // 2, THING)
    late = kitchen.say("cancel", THING, "O-000001", "-y", "--wait", "0", code=3).stderr
    assert "on its way" in late and kitchen.order(asked).state == OrderState.PLACED
    kitchen.network.mend()
    file = ["-o", str(tmp_path / "cancel.cose"), "--json"]
    told = json.loads(kitchen.say("cancel", THING, name[:8], "-y", *file).stdout)
    assert (told["state"], told["reason"]) == ("cancelled", None)
    said = codec.open_document(
        (tmp_path / "cancel.cose").read_bytes(), kitchen.keys.owner_key, "cancel"
    )
    assert said == {0: "cancel", 1: asked.order_id, 2: THING}
    kitchen.advance_by(HOUR)
    assert json.loads(kitchen.site.line("mandate --json"))["month"].startswith("0.00 of")
    assert not [name for name, check in kitchen.result().invariants.items()
                if check["state"] == "broken"]  # fmt: skip


def test_to_a_file_it_goes_nowhere_else(kitchen, tmp_path):
    asked = kitchen.asked()
    kitchen.say("approve", THING, asked.order_id.hex(), "-y", "--via", "file", code=2)
    file = ["--via", "file", "-o", str(tmp_path / "yes.cose")]
    kitchen.say("approve", THING, asked.order_id.hex(), "-y", *file)
    public = kitchen.keys.owner_key
    said = codec.open_document((tmp_path / "yes.cose").read_bytes(), public, "approval")
    assert said == {0: "approval", 1: asked.order_id, 2: THING, 3: asked.terms,
                    4: asked.total_minor, 5: True}  # fmt: skip
    kitchen.advance_by(HOUR)
    assert kitchen.order(asked) is None


@pytest.mark.parametrize("change, fault", [
    ({"total_minor": "6.29"}, "total_minor"),
    ({"order": "../../mandate"}, "order"),
    ({"seller": ""}, "seller"),
    ({"thing": None}, "thing"),
])  # fmt: skip
def test_what_a_desk_tells_wrong_is_named(monkeypatch, tmp_path, change, fault):
    row = {"id": 1, "thing": "t", "order": "0" * 32, "consumable": "beans", "sku": "B", "packs": 1,
           "pack_units": 1, "seller": "s", "total_minor": 1, "currency": "EUR", "lead_s": 1,
           "terms": "0" * 24, "test": False, "until": 1, "state": "waiting"}  # fmt: skip
    monkeypatch.setattr(install, "ask_desk", lambda link, path: {"items": [row | change]})
    said = CliRunner().invoke(app, ["waiting"])
    assert said.exit_code == 1 and f"wrong: {fault}" in said.stderr
    monkeypatch.setattr(install, "ask_desk", lambda link, path: [])
    assert "no list" in CliRunner().invoke(app, ["waiting"]).stderr


def test_a_name_that_would_paint_over_the_terms_is_shown_escaped():
    assert question.plain("corner shop") == "corner shop"
    for name in ("a\x1b[2Kb", "a\u202eb", "a\nb", " a"):
        assert question.plain(name) == json.dumps(name)
