"""From a bare board to a first test order: `steward provision` with a real desk and a real broker.

The chip is faked and the rest is not: the firmware as built, its console, its TLS, the desk.
"""

import json
import re
import subprocess
import sys
import threading
import time

import httpx
import pytest
from typer.testing import CliRunner

from agent.console import setup
from agent.console.ports import Ports
from agent.wire import p256
from firmware.blank import Blank
from firmware.image import build
from firmware.mandate.owner import Owner, OwnerError
from firmware.serial import commission, console_tool, provision
from firmware.serial.console_tool import Refused, Session
from firmware.serial.provision import ProvisionError, Recipient, Sealed
from sim.board.chip import Esp32
from sim.cli import app
from sim.cli.provision import _key as owner_key
from sim.desk.serve import DeskServer, Settings
from sim.mpy import frozen, runtime

BOARDS = runtime.ROOT / "boards"
PRODUCT = BOARDS / "products/coffee_machine.toml"
BOARD = BOARDS / "esp32_coffee_machine.toml"
WAIT_S = 60
# In place from a ROMFS nearly all that a heap holds is pointers, which here take twice the room and
# never more: it stands for 128 KB on 32 bits. The 110 KB of a stock ESP32 with Wi-Fi and TLS would
# be 220 KB here. What stands for hardware is loaded before and not counted (sim/board/program.py).
HEAP_BYTES = 256 * 1024
# Frozen, on 32 bits, where nothing stands for anything else: only on demand, see `make frozen`.
FROZEN_HEAP_BYTES = 110 * 1024
# What the chips of its board measure, which is all that a machine at rest has to tell.
TRUTH = {
    "beans_g": 640.0, "milk_ml": 1290.0, "cups": 110.0, "water_ml": 2500.0, "water_in_place": 1.0,
    "boiler_temp_c": 93.0, "ambient_temp_c": 24.5, "pump_pressure_bar": 9.0, "flow_ml_s": 0.0,
    "grinder_current_a": 3.0, "brews": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """The coffee machine, read every other second, for parts that answer late."""
    file = tmp_path_factory.mktemp("product") / "coffee_machine.toml"
    file.write_text(re.sub(r'(?m)^every = ".*?"', 'every = "2s"', PRODUCT.read_text()))
    return file


@pytest.fixture(scope="module")
def image(tmp_path_factory, product):
    return build.build(BOARD, product, tmp_path_factory.mktemp("image")).folder


@pytest.fixture(scope="module")
def way(tmp_path_factory, image, micropython):
    """How the board carries its image: in place from flash, one way or the other."""
    if micropython is None:
        return {"way": "romfs", "heap_bytes": HEAP_BYTES}
    executable = frozen.build(micropython, image, tmp_path_factory.mktemp("frozen"))
    return {"way": "frozen", "heap_bytes": FROZEN_HEAP_BYTES, "executable": executable}


@pytest.fixture
def board(tmp_path, image, product, way):
    board = Esp32(tmp_path / "board", image, truth=TRUTH, restarts=True, **way)
    board.product = product
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


def steward(board, desk, *words, again=False):
    """`again`: of a thing that is locked; only what may still be said."""
    setting_up = [] if again else [
        "--product", str(board.product), "--board", str(BOARD),
        "--broker", f"localhost:{desk.link.port}", "--ca", str(desk.link.ca_path),
        "--desk", desk.url, "--wifi", "lab",
    ]  # fmt: skip
    start = ["provision", board.terminal, "--thing", "coffee-9"]
    return CliRunner().invoke(app, [*start, *setting_up, *words])


def test_a_bare_board_becomes_a_thing_that_its_desk_hears(tmp_path, board, desk, monkeypatch):
    monkeypatch.setenv("STEWARD_WIFI_PASSWORD", "sword; fish  9")
    owner = Owner(tmp_path / "owner").make("passphrase").hex()
    (tmp_path / "passphrase").write_text("passphrase\n")
    began = time.monotonic()
    signed = tmp_path / "kitchen.cose"
    sign_mandate(tmp_path, desk, "-o", str(signed))
    words = ["--owner", owner, "--mandate", str(signed), "--test-order", "--json"]
    run = steward(board, desk, *words, "--owner-name", "anna")
    assert run.exit_code == 0, run.output
    facts = json.loads(run.stdout.splitlines()[-1])
    assert facts["thing"] == "coffee-9" and facts["locked"] and facts["owner_key"] == owner
    assert "sword" not in run.output and facts["failed"] == []
    assert httpx.get(desk.url + "/things/coffee-9").json()["owner"] == "anna"
    order = facts["order"]
    assert order["test"] and order["seller"] == "roaster", order
    [kept] = httpx.get(desk.url + "/orders", params={"thing": "coffee-9"}).json()["items"]
    assert kept["test"] and kept["number"] == order["number"], kept
    with Session(board.terminal) as session:
        assert until_seen(desk)["hello"]["product"] == "coffee_machine"
        link = session.value("link")
        assert (link["wifi"], link["broker"]) == ("joined", "connected"), link
        with pytest.raises(Refused, match="locked"):
            session.value("provision export " + "00" * 64)
    sign_mandate(tmp_path, desk, "--via", "console", "--port", board.terminal)
    with Session(board.terminal) as session:
        assert session.value("mandate")["sequence"] == 2
    again = steward(board, desk, again=True)
    assert again.exit_code == 0 and "locked already" in again.output, again.output
    assert time.monotonic() - began < 10 * 60, "minutes are promised, on a chip"
    assert steward(board, desk).exit_code == 1, "it is locked"
    assert board.errors == ""


SUPPLIERS = """
[[sellers]]
name = "roaster"
shipping_minor = 390
quote_s = [0, 1]
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


def sign_mandate(folder, desk, *words):
    """Every seller of the desk's own catalogue is allowed."""
    file = folder / "kitchen.toml"
    sellers = [
        f'[sellers.{name}]\nkey = "{seller.public_key.hex()}"\nmonth = 300.00\n'
        for name, seller in desk.desk.suppliers.items()
    ]
    file.write_text(MANDATE + "\n".join(sellers))
    run = CliRunner().invoke(app, [
        "owner", "mandate", str(file), "--yes", *words,
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


def test_a_pi_is_provisioned_over_its_console_as_a_chip_is(tmp_path, desk, monkeypatch):
    """Nothing hangs on its buses here, and its self-test says so."""
    monkeypatch.setattr(commission, "READING_S", 0)
    terminal = tmp_path / "console"
    words = ["--state", tmp_path / "state", "--console", terminal]
    pi = subprocess.Popen([sys.executable, "-m", "firmware.pi.main", *map(str, words)],
                          cwd=runtime.ROOT, stderr=subprocess.PIPE)  # fmt: skip
    try:
        until(terminal.exists)
        run = CliRunner().invoke(app, [
            "provision", str(terminal), "--thing", "pi-9", "--desk", desk.url,
            "--product", str(BOARDS / "products/water_pump.toml"), "--board", "pi_water_pump",
            "--broker", f"localhost:{desk.link.port}", "--ca", str(desk.link.ca_path), "--json",
        ])  # fmt: skip
        assert run.exit_code == 1 and "to be mended" in run.output, run.output
        facts = json.loads(run.stdout.splitlines()[-1])
        assert facts["locked"] and "vibration_mm_s" in facts["failed"]
        until(lambda: httpx.get(desk.url + "/things/pi-9").json().get("hello"))
        with Session(str(terminal)) as session:
            until(lambda: session.value("link")["broker"] == "connected")
            assert "starting anew" in session.value("reset pi-9")["said"]
            until(lambda: session.value("status")["mode"] == "blank")
            kept = session.value("provision")
            assert kept["product"] and not (kept["thing"] or kept["link"] or kept["locked"])
        assert pi.poll() is None
    finally:
        pi.kill()
        pi.communicate()


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


@pytest.mark.nightly
def test_one_thing_after_the_other_goes_wrong_and_the_next_run_goes_on(board, desk, monkeypatch):
    def fails(words, *more):
        run = steward(board, desk, "--wait", "10", *more)
        assert run.exit_code == 1 and re.search(words, run.output), run.output
        assert "goes on from there" in run.output

    fails("the desk cannot be reached", "--desk", "http://127.0.0.1:9")
    fails("ECONNREFUSED.*it is not locked yet", "--broker", "localhost:9")
    with Session(board.terminal) as session:
        session.value("pin set 4711")
    fails("STEWARD_PIN")
    monkeypatch.setenv("STEWARD_PIN", "4711")
    run = steward(board, desk)
    assert run.exit_code == 0 and "locked: its keys stay" in run.output, run.output
    assert "4711" not in run.output and steward(board, desk, again=True).exit_code == 0
    monkeypatch.setattr(console_tool.Session.__init__, "__defaults__", (10.0,))
    threading.Timer(2, board.off).start()
    run = steward(board, desk, again=True)
    assert run.exit_code == 1 and "no answer to" in run.output, run.output


def test_an_owner_s_key_is_given_as_digits_or_by_its_file(tmp_path):
    key = p256.public_key(bytes(31) + b"\1").hex()
    file = tmp_path / "owner.pub"
    file.write_text(key + "\n", encoding="ascii")
    assert owner_key("--owner", str(file)) == owner_key("--owner", key.upper()) == key
    assert owner_key("--owner", None) is None
    for wrong in ("owner.pub", key[:-2], "00" * 64):
        with pytest.raises(OwnerError, match="--owner"):
            owner_key("--owner", wrong)


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
