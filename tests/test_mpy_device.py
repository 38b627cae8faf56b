"""A whole device in MicroPython: loop, littlefs, TLS and console, killed and cut off."""

import hashlib
import queue
import re
import time
from pathlib import Path

import cbor2
import paho.mqtt.client as mqtt
import pytest

from boards.compiler import compile_board, compile_product
from hal.linux import p256
from sim.desk.broker import LoopbackBroker
from sim.mpy.plant_server import PlantServer
from sim.mpy.process import POWER_CUT, Device
from sim.world.thing import Keys

BOARDS = Path(__file__).parents[1] / "boards"
PRODUCT_FILE = BOARDS / "products" / "coffee_machine.toml"
PRODUCT = compile_product(PRODUCT_FILE)
BOARD = compile_board(BOARDS / "simulated.toml", PRODUCT_FILE)
RANGES = {each["name"]: (each["low"], each["high"]) for each in cbor2.loads(PRODUCT)["channels"]}
SPEED = 100
WAIT_S = 120


class World:
    """A clock that runs SPEED times faster than ours, or faster still."""

    def __init__(self):
        self.began = time.monotonic()
        self.speed = SPEED

    @property
    def now(self):
        return int((time.monotonic() - self.began) * self.speed)


class Plant:
    """Every signal in the middle of its range, except those that are taken away."""

    def __init__(self):
        self.missing = set()
        self.on = {}

    def switched(self, output, on):
        self.on[output] = on

    def read(self, signal):
        low, high = RANGES[signal]
        return None if signal in self.missing else (low + high) / 2


def keys():
    private, owner = (hashlib.sha256(name).digest() for name in (b"thing", b"owner"))
    return Keys("coffee-1", b"k" * 32, private, p256.public_key(private), p256.public_key(owner))


@pytest.fixture
def plant():
    return Plant()


@pytest.fixture
def server(plant):
    with PlantServer(World(), plant) as running:
        yield running


@pytest.fixture
def device(tmp_path, server):
    device = Device(tmp_path / "device", PRODUCT, BOARD, keys(), server)
    yield device
    device.close()


def started(device, cut_at=0):
    device.start(cut_at)
    device.heap(WAIT_S)
    return device


def status(device, word):
    """The number behind a word in the answer to `status`."""
    return int(re.search(rf"{word}\w*\s+(\d+)", device.ask("status"))[1])


def test_the_console_shows_what_the_plant_is_like(device, plant):
    plant.missing.add("water_ml")
    started(device)
    deadline = time.monotonic() + WAIT_S
    while not re.search(r"beans_g .*good", answer := device.ask("channels")):
        assert time.monotonic() < deadline, answer
    assert re.search(r"water_ml .*missing", answer)
    assert plant.on == {"heater": True, "grinder_reverse": False}
    device.ask("output grinder_reverse on")
    assert plant.on == {"heater": True, "grinder_reverse": True}


def test_time_is_the_worlds_and_age_survives_a_kill(device):
    started(device)
    deadline = time.monotonic() + WAIT_S
    while status(device, "age") < SPEED:
        assert time.monotonic() < deadline
    boots = status(device, "boots")
    assert device.kill() == POWER_CUT
    assert status(started(device), "boots") == boots + 1


def test_any_power_cut_while_starting_leaves_a_thing_that_starts(device):
    started(device).kill()
    operation = 1
    while True:
        device.start(cut_at=operation)
        try:
            device.heap(WAIT_S)
        except TimeoutError:
            assert device.wait() == POWER_CUT, device.errors
            operation += 1
            continue
        device.kill()
        break
    assert operation > 1, "a start writes at least its number"
    assert status(started(device), "boots") > 2
    assert device.errors == ""


def test_a_cut_while_it_runs_ends_it_at_the_next_flash_operation(device, server):
    started(device)
    device.cut_power()
    server.world.speed = 10_000  # what was learned is written every few hours
    assert device.wait(WAIT_S) == POWER_CUT
    assert status(started(device), "boots") >= 2


def test_it_goes_online_over_tls_and_is_shown_offline_when_it_dies(tmp_path, server):
    seen = queue.Queue()
    with LoopbackBroker() as broker:
        desk = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="desk")
        desk.tls_set(ca_certs=broker.ca_path)
        desk.on_message = lambda *call: seen.put((call[2].topic.split("/")[-1], call[2].payload))
        desk.connect(broker.host, broker.port)
        desk.subscribe([("steward/1/coffee-1/up", 1), ("steward/1/coffee-1/status", 1)])
        desk.loop_start()
        link = {"host": "localhost", "port": broker.port, "ca": broker.ca_der_path.read_bytes()}
        with Device(tmp_path / "device", PRODUCT, BOARD, keys(), server, link) as device:
            assert seen.get(timeout=WAIT_S) == ("status", b"online")
            topic, hello = seen.get(timeout=WAIT_S)
            assert topic == "up" and cbor2.loads(hello).tag == 17
            device.kill()
            while (last := seen.get(timeout=WAIT_S))[0] == "up":
                pass
            assert last == ("status", b"offline")
        desk.loop_stop()


def test_too_small_a_heap_is_an_error_that_can_be_read(tmp_path, server):
    device = Device(tmp_path / "device", PRODUCT, BOARD, keys(), server, heap="64K")
    device.start()
    assert device.wait() == 1
    assert "MemoryError" in device.errors
    device.close()
