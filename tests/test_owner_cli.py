"""`steward owner`: keys that are never overwritten, mandates whose mistakes have a line."""

import base64
import http.server
import json
import stat
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from agent.identity import Identity
from agent.money import mandate as agent_mandate
from agent.wire import cbor
from firmware.mandate import install, mandate_file, owner
from firmware.mandate.install import Link
from firmware.mandate.owner import Owner, OwnerError
from hal.linux import p256
from sim.cli.owner import app
from sim.desk import codec, documents, messages

SELLER = codec.public_bytes(codec.new_private_key(77).public_key()).hex()
MANDATE = f"""\
thing = "kitchen"
product = "coffee_machine"
currency = "EUR"
valid_from = 2026-01-05
valid_until = 2027-01-05

[budget]
order = 90
day = 200.00
month = 800.50
orders_per_day = 8
orders_per_month = 60

[approval]
rule = "ask above"
above = 25.50

[sellers.corner_shop]
key = "{SELLER}"
month = 300
orders_per_month = 20

[consumables.beans]
order = 40
substitutes = ["BEAN-CREMA-1KG"]
walk_away = 6.00
walk_away_for = "250 g"
"""
EVERYTHING = """
[delivery]
at_most = "5d"
cancel_window = "24h"

[quiet_hours]
begins = 22:00:00
ends = 07:00:00

[values]
minimum_quality = 60
maximum_carbon_g = 900
labels = ["organic"]

[weights]
price = 60
trust = 40

[negotiation]
rounds = 3
surge_percent = 30
surge_wait = "2d"

[consents]
experience = ["desk"]
"""
RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path):
    (tmp_path / "words").write_text("correct horse\n")
    (tmp_path / "m.toml").write_text(MANDATE)
    return tmp_path


def run(home, *words, code=0, stdin=None):
    own = ["--directory", str(home / "owner")]
    if words[0] != "show":
        own += ["--passphrase-file", str(home / "words")]
    result = RUNNER.invoke(app, [*words, *own], input=stdin)
    assert result.exit_code == code, result.output
    return result


def made(home):
    run(home, "init")
    return Owner(home / "owner").public_key


def test_init_makes_a_key_that_only_the_passphrase_opens(home):
    public = made(home)
    path = home / "owner" / "owner.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    one = Owner(home / "owner")
    with pytest.raises(OwnerError, match="wrong passphrase"):
        one.unlock("battery staple")
    with pytest.raises(OwnerError, match="locked"):
        one.sign({0: "control"})
    one.unlock("correct horse")
    assert codec.open_document(one.sign({0: "control"}), public, "control") == {0: "control"}


def test_a_copy_of_the_key_is_tried_slowly_and_an_older_file_opens_still(home):
    made(home)
    path = home / "owner" / "owner.pem"
    der = base64.b64decode("".join(path.read_text().splitlines()[1:-1]))
    assert b"\x02\x03" + (600_000).to_bytes(3, "big") in der, "PBKDF2's count"
    key = serialization.load_pem_private_key(path.read_bytes(), b"correct horse")
    older = serialization.BestAvailableEncryption(b"correct horse")
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, pkcs8, older))
    Owner(home / "owner").unlock("correct horse")


def test_init_never_overwrites(home):
    public = made(home)
    before = (home / "owner" / "owner.pem").read_bytes()
    assert "nothing was changed" in run(home, "init", code=1).stderr
    assert (home / "owner" / "owner.pem").read_bytes() == before
    assert Owner(home / "owner").public_key == public


def test_a_short_passphrase_is_refused_before_anything_is_written(home):
    (home / "words").write_text("short\n")
    assert "at least 8" in run(home, "init", code=1).stderr
    assert not (home / "owner").exists()


def test_show_needs_no_passphrase_and_shows_no_private_key(home):
    public = made(home)
    shown = json.loads(run(home, "show", "--json").stdout)
    assert shown["public_key"] == public.hex()
    assert shown["fingerprint"] == owner.fingerprint(public)
    assert "BEGIN" not in run(home, "show").output
    assert "owner init" in RUNNER.invoke(app, ["show", "--directory", str(home)]).stderr


def test_a_mandate_is_signed_as_the_desk_and_the_agent_read_it(home):
    public = made(home)
    run(home, "mandate", str(home / "m.toml"), "-y", "-o", str(home / "m.cose"))
    document = (home / "m.cose").read_bytes()
    words = messages.read(documents.MANDATE, codec.open_document(document, public, "mandate"))
    assert (words["thing"], words["sequence"], words["cap_minor"]) == ("kitchen", 1, 9000)
    assert (words["month_minor"], words["ask_above_minor"], words["approval"]) == (80050, 2550, 1)
    assert words["valid_from"] == 1_767_571_200
    assert words["sellers"] == [["corner_shop", bytes.fromhex(SELLER), 30000]]
    assert words["consumables"] == {"beans": [4000, 80050]}
    assert words["counts"] == {"corner_shop": 20}
    assert words["walk_away"] == {"beans": 2400}  # of 1000 g
    assert words["substitutes"] == {"beans": ["BEAN-CREMA-1KG"]}
    assert owner.opened(document, public) == codec.peek_document(document)


def test_the_thing_itself_takes_what_was_signed(home):
    """The agent's own reading, with its own CBOR and COSE, of a mandate and every control."""
    public = made(home)
    identity = Identity("kitchen", bytes(32), (5).to_bytes(32, "big"), public, p256)
    noted = []
    held = agent_mandate.Mandate(identity, noted.append)
    (home / "m.toml").write_text(MANDATE + EVERYTHING)
    utc = 1_767_571_200 + 12 * 3600
    said = []
    for words in (["mandate", str(home / "m.toml")], ["pause", "kitchen"], ["resume", "kitchen"],
                  ["revoke", "kitchen"]):
        run(home, *words, "-y", "--via", "file", "-o", str(home / "c"))
        held.install((home / "c").read_bytes())
        said.append(held.refusal(utc))
    assert said == [None, "mandate paused", None, "mandate revoked"]
    assert (held.sequence(), held.cap("beans"), held.count("corner_shop")) == (4, 4000, 20)
    assert held.items("beans", ["BEAN-ESPRESSO-1KG"]) == ["BEAN-ESPRESSO-1KG", "BEAN-CREMA-1KG"]
    assert held.refusal(1_767_571_200 + 23 * 3600) == "mandate revoked"
    with pytest.raises(agent_mandate.MessageError, match="not newer"):
        held.install((home / "c").read_bytes())
    stranger = Identity("kitchen", bytes(32), (5).to_bytes(32, "big"), bytes.fromhex(SELLER), p256)
    with pytest.raises(agent_mandate.MessageError, match="signature"):
        agent_mandate.Mandate(stranger, noted.append).install((home / "c").read_bytes())


def test_nothing_is_signed_without_consent_or_with_dry_run(home):
    made(home)
    run(home, "mandate", str(home / "m.toml"), code=1, stdin="n\n")
    run(home, "mandate", str(home / "m.toml"), "--dry-run")
    assert not (home / "owner" / "mandates").exists()
    run(home, "mandate", str(home / "m.toml"), stdin="y\n")


def test_every_document_has_a_higher_number(home):
    made(home)
    numbers = []
    for words in (["mandate", str(home / "m.toml")], ["pause", "kitchen"], ["resume", "kitchen"],
                  ["mandate", str(home / "m.toml")], ["revoke", "kitchen"]):
        said = run(home, *words, "-y", "--via", "file", "--json")
        numbers.append(json.loads(said.stdout)["number"])
    assert numbers == [1, 2, 3, 4, 5]
    again = run(home, "pause", "kitchen", "-y", "--via", "file", "--sequence", "5", code=1)
    assert "not above 5" in again.stderr
    run(home, "pause", "kitchen", "-y", "--via", "file", "--sequence", "nine", code=2)


@pytest.mark.parametrize("word, state", [("resume", 0), ("pause", 1), ("revoke", 2)])
def test_a_control_is_signed(home, word, state):
    public = made(home)
    run(home, word, "kitchen", "-y", "--via", "file", "-o", str(home / "c"))
    content = codec.open_document((home / "c").read_bytes(), public, "control")
    assert content == {0: "control", 1: 1, 2: "kitchen", 3: state}


class FakeSession:
    """A console on which a thing, and the number of what it took last, are always the same."""

    there = ("kitchen", 41)

    def __init__(self, port):
        self.port = port

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return

    def value(self, command):
        if command == "status":
            return {"thing": self.there[0]}
        return {"sequence": self.there[1]} if command == "mandate" else {"said": "in force"}


def test_on_a_console_the_number_follows_what_the_thing_there_has(home, monkeypatch):
    made(home)
    monkeypatch.setattr("sim.cli.owner.Session", FakeSession)
    words = ("mandate", str(home / "m.toml"), "-y", "--json", "--via", "console", "--port", "x")
    assert json.loads(run(home, *words).stdout)["number"] == 42
    assert json.loads(run(home, *words).stdout)["number"] == 43, "of both the higher"
    monkeypatch.setattr(FakeSession, "there", ("coffee-2", 41))
    assert "coffee-2, not kitchen" in run(home, *words, code=1).output


def test_console_lines_carry_the_document_and_fit_a_line(home):
    made(home)
    said = run(home, "mandate", str(home / "m.toml"), "-y", "--via", "console", "-o",
               str(home / "m.cose"))
    lines = [line for line in said.stdout.splitlines() if line.startswith("mandate put")]
    assert all(len(line) <= 200 for line in lines)
    data = b"".join(bytes.fromhex(line.split()[-1]) for line in lines)
    assert data == (home / "m.cose").read_bytes()


@pytest.mark.parametrize("old, new, key, words", [
    ("order = 90", "oder = 90", "budget.oder", 'did you mean "order"?'),
    ("order = 90", "order = 90.005", "budget.order", "2 digits"),
    ('"ask above"', '"ask abvoe"', "approval.rule", 'did you mean "ask above"?'),
    ("above = 25.50", "", "approval.above", "goes with rule"),
    ("2027-01-05", "2025-01-05", "valid_until", "not after valid_from"),
    ("2027-01-05", '"2027-01-05"', "valid_until", "without quotes"),
    (SELLER, SELLER[:-2], "sellers.corner_shop.key", "126 characters"),
    (SELLER, "0" * 128, "sellers.corner_shop.key", "no public key of P-256"),
    (f'key = "{SELLER}"', 'key_file = "none.pub"', "sellers.corner_shop.key_file", "none.pub"),
    (f'key = "{SELLER}"', "", "sellers.corner_shop", "either key or key_file"),
    ("BEAN-CREMA-1KG", "BEAN-CREME", "consumables.beans.substitutes[0]",
     'did you mean "BEAN-CREMA-1KG"?'),
    ("consumables.beans", "consumables.bean", "consumables.bean", 'did you mean "beans"?'),
    ("[budget]", '[consents]\nexperiance = ["desk"]\n\n[budget]', "consents.experiance",
     'did you mean "experience"?'),
    ("250 g", "250 ml", "consumables.beans.walk_away_for", '"ml" cannot become "g"'),
    ("250 g", "0 g", "consumables.beans.walk_away_for", ""),
    ('product = "coffee_machine"', "", "consumables.beans.walk_away", "name its product"),
    ("sellers.corner_shop", "sellers.beans", "sellers.beans", "would mix"),
    ("month = 300", "month = -1", "sellers.corner_shop.month", "greater than or equal to 0"),
])  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_key(home, old, new, key, words):
    made(home)
    text = MANDATE.replace(old, new)
    assert text != MANDATE
    (home / "m.toml").write_text(text)
    said = run(home, "mandate", str(home / "m.toml"), "-y", code=1).stderr
    (line,) = [line for line in said.splitlines() if f" {key}: " in line]
    assert words in line
    named = text.splitlines()[int(line.split(":")[1]) - 1]
    assert any(part in named for part in key.split("[")[0].split(".")), named
    assert not (home / "owner" / "mandates").exists()


def test_toml_that_is_none_and_an_unknown_product_are_said(home):
    made(home)
    (home / "m.toml").write_text(MANDATE + "\n[[")
    assert "m.toml:" in run(home, "mandate", str(home / "m.toml"), "-y", code=1).stderr
    (home / "m.toml").write_text(MANDATE.replace("coffee_machine", "tea_machine"))
    assert "tea_machine" in run(home, "mandate", str(home / "m.toml"), "-y", code=1).stderr


def test_a_mandate_that_no_message_can_carry_is_not_signed(home):
    made(home)
    more = "".join(
        f'[sellers.shop_number_{n}_with_a_long_name]\nkey = "{SELLER}"\nmonth = 1\n'
        for n in range(12)
    )
    (home / "m.toml").write_text(MANDATE + more)
    assert "fewer sellers" in run(home, "mandate", str(home / "m.toml"), "-y", code=1).stderr
    assert not (home / "owner" / "mandates").exists()


def test_warnings_do_not_stop_and_are_shown(home):
    made(home)
    (home / "m.toml").write_text(MANDATE.replace("month = 300", "month = 3000"))
    said = run(home, "mandate", str(home / "m.toml"), "-y")
    assert "warning: sellers.corner_shop.month" in said.stderr


def test_a_desk_that_is_not_there_is_said_before_anything_is_signed(home):
    made(home)
    said = run(home, "pause", "kitchen", "-y", "--desk", "http://127.0.0.1:9", code=1)
    assert "127.0.0.1:9/things/kitchen" in said.stderr
    assert not (home / "owner" / "mandates").exists()


@pytest.fixture
def desk():
    """A desk's two REST paths, and what it was asked."""
    asked = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.say(200, {"hello": {"mandate_seq": 7}})

        def do_POST(self):
            size = int(self.headers["Content-Length"])
            asked.append((self.path, self.headers["X-API-Key"], json.loads(self.rfile.read(size))))
            self.say(*((202, {}) if "kitchen" in self.path else (404, {"detail": "no such thing"})))

        def say(self, status, content):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *words):
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_through_the_desk_the_number_follows_what_the_thing_has(home, desk, monkeypatch):
    public = made(home)
    monkeypatch.setenv("STEWARD_DESK_API_KEY", "secret")
    run(home, "mandate", str(home / "m.toml"), "-y", "--via", "desk", "--desk", desk[0])
    run(home, "pause", "kitchen", "-y", "--desk", desk[0] + "/")
    (first, second) = desk[1]
    assert first[:2] == second[:2] == ("/things/kitchen/mandate", "secret")
    signed = [codec.peek_document(bytes.fromhex(one[2]["document"])) for one in desk[1]]
    assert [(one[0], one[1]) for one in signed] == [("mandate", 8), ("control", 9)]
    codec.open_document(bytes.fromhex(first[2]["document"]), public, "mandate")


def test_what_the_desk_says_against_it_is_shown(home, desk):
    made(home)
    said = run(home, "revoke", "attic", "-y", "--desk", desk[0], code=1).stderr
    assert "no such thing" in said


def test_only_http_addresses_are_asked():
    with pytest.raises(install.InstallError, match="no http address"):
        install.to_desk(Link("file:///etc", None, "kitchen"), b"x")


def test_dates_and_zones_are_utc_seconds(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text(MANDATE.replace("2026-01-05", "2026-01-05T02:00:00+02:00"))
    draft = mandate_file.read(path, None)
    assert draft.model.valid_from == 1_767_571_200


def test_the_size_of_a_document_leaves_room_for_its_frame():
    from sim.cli.owner import DOCUMENT_BYTES

    payload = {1: 2**47, 2: messages.MANDATE, 3: 2**47, 4: 2**40, 5: 2**40,
               6: {1: bytes(DOCUMENT_BYTES)}}  # fmt: skip
    assert len(cbor.encode(payload)) <= codec.PAYLOAD_BYTES
