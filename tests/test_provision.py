"""From a bare board to a first test order: `steward provision` with a real desk and a real broker.

The chip is faked and the rest is not: the firmware as built, its console, its TLS, the desk.
"""

import json
import subprocess
import time

import httpx
import pytest
from esp32_process import Esp32
from typer.testing import CliRunner

from agent.console import setup
from agent.console.ports import Ports
from agent.wire import p256
from firmware import build, provision
from firmware.blank import Blank
from firmware.console_tool import Refused, Session
from firmware.owner import Owner
from firmware.provision import ProvisionError, Recipient, Sealed
from sim.cli import app
from sim.desk.serve import DeskServer, Settings
from sim.mpy import runtime

BOARDS = runtime.ROOT / "boards"
PRODUCT = BOARDS / "products/coffee_machine.toml"
BOARD = BOARDS / "esp32_coffee_machine.toml"
WAIT_S = 60


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build.build(BOARD, PRODUCT, tmp_path_factory.mktemp("image")).folder


@pytest.fixture
def board(tmp_path, image):
    board = Esp32(tmp_path / "board", image)
    board.start()
    yield board
    board.close()


@pytest.fixture
def desk(tmp_path):
    database = f"sqlite:///{tmp_path}/desk.db"
    suppliers = tmp_path / "suppliers.toml"
    suppliers.write_text(SUPPLIERS)
    settings = Settings(database, port=0, keys=tmp_path / "keys", suppliers_path=suppliers)
    with DeskServer(settings) as server:
        server.run_in_background()
        yield server


def steward(board, desk, *words):
    host, port = "localhost", desk.link.port
    return CliRunner().invoke(app, [
        "provision", board.terminal, "--thing", "coffee-9", "--product", str(PRODUCT),
        "--board", str(BOARD), "--broker", f"{host}:{port}", "--ca", str(desk.link.ca_path),
        "--desk", desk.url, "--wifi", "lab", *words,
    ])  # fmt: skip


def test_a_bare_board_becomes_a_thing_that_its_desk_hears(tmp_path, board, desk, monkeypatch):
    monkeypatch.setenv("STEWARD_WIFI_PASSWORD", "sword; fish  9")
    owner = Owner(tmp_path / "owner").make("passphrase").hex()
    (tmp_path / "passphrase").write_text("passphrase\n")
    began = time.monotonic()
    run = steward(board, desk, "--owner", owner, "--json")
    assert run.exit_code == 0, run.output
    facts = json.loads(run.stdout.splitlines()[-1])
    assert facts["thing"] == "coffee-9" and facts["locked"] and facts["owner_key"] == owner
    assert "sword" not in run.output
    with Session(board.terminal) as session:
        session.ask_and_leave("restart")
        board.wait()
        board.start(cause="SOFT_RESET")
        assert session.value("status")["mode"] == "run"
        seen = until_seen(desk)
        assert seen["hello"]["product"] == "coffee_machine"
        link = session.value("link")
        assert (link["wifi"], link["broker"]) == ("joined", "connected"), link
        with pytest.raises(Refused, match="locked"):
            session.value("provision export " + "00" * 64)
        install_mandate(tmp_path, desk)
        until(lambda: session.value("status")["buying"] == "yes")
        assert "test order" in session.value("test-order beans")["said"]
        # Nobody quotes: the faked board has no load cell, so it does not know how much it wants.
        until(lambda: session.value("status")["waiting"] == 0)
        [order] = session.value("orders")
        assert (order["state"], order["test"]) == ("quoting", True)
    assert time.monotonic() - began < 10 * 60, "minutes are promised, on a chip"
    assert steward(board, desk).exit_code == 1, "it is locked"
    assert board.errors == ""


SUPPLIERS = """
[[sellers]]
name = "roaster"
shipping_minor = 390
[[sellers.articles]]
sku = "BEAN-ESPRESSO-1KG"
price_minor = 1890
pack_units = 1000
"""
MANDATE = """
thing = "coffee-9"
currency = "EUR"
valid_from = 2026-01-05
valid_until = 2046-01-05

[budget]
order = 90.00
day = 200.00
month = 800.00
orders_per_day = 4
orders_per_month = 20

[approval]
rule = "auto"
"""


def install_mandate(folder, desk):
    """Every seller of the desk's own catalogue is allowed."""
    file = folder / "kitchen.toml"
    sellers = [
        f'[sellers.{name}]\nkey = "{seller.public_key.hex()}"\nmonth = 300.00\n'
        for name, seller in desk.desk.suppliers.items()
    ]
    file.write_text(MANDATE + "\n".join(sellers))
    run = CliRunner().invoke(app, [
        "owner", "mandate", str(file), "--via", "desk", "--desk", desk.url, "--yes",
        "--directory", str(folder / "owner"), "--passphrase-file", str(folder / "passphrase"),
    ])  # fmt: skip
    assert run.exit_code == 0, run.output


def until(true):
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def until_seen(desk):
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        thing = httpx.get(desk.url + "/things/coffee-9").json()
        if thing.get("hello"):
            return thing
        time.sleep(0.3)
    raise AssertionError(f"the desk never heard of it: {thing}")


def test_what_was_cut_off_is_gone_on_with(board, desk, image):
    with Session(board.terminal) as session:
        order = provision.Order("coffee-9", PRODUCT, BOARD)
        provision.provision(session, order._replace(lock=False), lambda text: None)
        made = session.value("provision")
        said = []
        provision.provision(session, order._replace(desk=desk.url, lock=False), said.append)
        assert session.value("provision")["public_key"] == made["public_key"]
    assert "product: there already" in said and not [text for text in said if "made" in text]
    with Session(board.terminal) as session, pytest.raises(ProvisionError, match="not other-1"):
        provision.provision(session, order._replace(thing="other-1"), lambda text: None)


def test_a_root_key_goes_to_no_other_machine_in_the_clear(board):
    order = provision.Order("coffee-9", desk="http://desk.example:8080")
    with Session(board.terminal) as session:
        with pytest.raises(ProvisionError, match="https only"):
            provision.provision(session, order, lambda text: None)
        assert session.value("provision")["locked"] is False


# -- the sealing, in one process ---------------------------------------------------------------


class FakeStore(dict):
    def load(self, name):
        return self.get(name)

    save = dict.__setitem__


def sealed_for(recipient):
    drawn = iter(range(1, 100))
    store = FakeStore()
    thing = Blank("a test")
    thing.ports = Ports(store, p256, lambda count: bytes([next(drawn)] * count))
    thing.feed_line("provision keys t-1", 0)
    answer = json.loads(thing.feed_line(f"provision export {recipient.public_key.hex()} --json", 0))
    parts = [bytes.fromhex(answer[word]) for word in Sealed._fields[1:]]
    return Sealed(answer["thing"], *parts), setup.identity(store)


def test_only_the_recipient_gets_the_root_key():
    recipient = Recipient()
    sealed, identity = sealed_for(recipient)
    assert recipient.open(sealed) == identity["root_key"] not in (sealed.sealed, sealed.tag)
    with pytest.raises(ProvisionError):
        Recipient().open(sealed)


@pytest.mark.parametrize("field", ["public_key", "ephemeral", "sealed", "tag"])
def test_what_was_changed_on_the_way_is_noticed(field):
    recipient = Recipient()
    sealed, _ = sealed_for(recipient)
    data = bytearray(getattr(sealed, field))
    data[5] ^= 1
    with pytest.raises(ProvisionError):
        recipient.open(sealed._replace(**{field: bytes(data)}))
    with pytest.raises(ProvisionError):
        recipient.open(sealed._replace(thing="t-2"))


def test_power_may_fail_at_any_operation_of_setting_up(tmp_path):
    done = subprocess.run(
        runtime.command(runtime.ROOT / "tests/mpy_setup_cuts.py", tmp_path / "flash"),
        capture_output=True,
        text=True,
        timeout=120,
        env=runtime.environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-2]) > 20
