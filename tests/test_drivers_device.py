"""A whole device in MicroPython on the board of a real one: its drivers read simulated chips."""

import hashlib
import re
import time
from pathlib import Path

import cbor2
import pytest

from boards.compiler import compile_board, compile_product
from hal.linux import p256
from sim.mpy.plant_server import PlantServer
from sim.mpy.process import Device
from sim.world.thing import Keys

BOARDS = Path(__file__).parents[1] / "boards"
PRODUCT_FILE = BOARDS / "products" / "coffee_machine.toml"
PRODUCT = compile_product(PRODUCT_FILE)
BOARD = compile_board(BOARDS / "esp32_coffee_machine.toml", PRODUCT_FILE)
SPEED = 600
WAIT_S = 120
TRUTH = {
    "beans_g": (640.0, 1.0), "milk_ml": (1290.0, 1.0), "cups": (110.0, 1.0),
    "water_ml": (2500.0, 2.0), "water_in_place": (1.0, 0.0), "boiler_temp_c": (93.0, 0.6),
    "ambient_temp_c": (24.5, 0.1), "pump_pressure_bar": (9.0, 0.02), "flow_ml_s": (4.0, 0.02),
    "grinder_current_a": (3.0, 0.01), "brews": (0.0, 0.0),
}  # fmt: skip


class World:
    """A clock that runs SPEED times faster than ours."""

    began = time.monotonic()

    @property
    def now(self):
        return int((time.monotonic() - self.began) * SPEED)


class Plant:
    """What is true; the bus of a part that is taken away gets no answer from it."""

    def __init__(self):
        self.missing = set()
        self.on = {}

    def switched(self, output, on):
        self.on[output] = on

    def read(self, signal):
        return None if signal in self.missing else TRUTH.get(signal, (0.0,))[0]


@pytest.fixture
def running(tmp_path):
    private, owner = (hashlib.sha256(name).digest() for name in (b"thing", b"owner"))
    keys = Keys("coffee-1", b"k" * 32, private, p256.public_key(private), p256.public_key(owner))
    plant = Plant()
    with (
        PlantServer(World(), plant) as server,
        Device(tmp_path / "device", PRODUCT, BOARD, keys, server) as device,
    ):
        device.heap(WAIT_S)
        yield device, plant


def until(device, expected):
    """Ask for the channels until `expected(values by name)` holds."""
    deadline = time.monotonic() + WAIT_S
    values: dict[str, float | None] = {}
    while time.monotonic() < deadline:
        shown = device.ask("channels")
        for name in TRUTH:
            found = re.search(rf"^{name}\s+(-?[\d.]+).*\bgood\b", shown, re.MULTILINE)
            values[name] = float(found[1]) if found else None
        if expected(values):
            return
        time.sleep(0.2)
    raise AssertionError(f"{values}\n{device.errors}")


def right(values):
    return all(
        values[name] is not None and abs(values[name] - value) <= slack
        for name, (value, slack) in TRUTH.items()
    )


def test_every_reading_of_the_real_board_comes_through_its_real_driver(running):
    device, _ = running
    until(device, right)
    names = [channel["name"] for channel in cbor2.loads(PRODUCT)["channels"]]
    assert set(TRUTH) < set(names)


def test_an_output_of_the_real_board_is_switched_by_its_driver(running):
    device, plant = running
    assert plant.on == {"service_lamp": False, "heater": True, "grinder_reverse": False}
    assert "100 %" in device.ask("output service_lamp on")
    assert "hand" in device.ask("output")
    assert "0 %" in device.ask("output heater off")
    assert plant.on == {"service_lamp": True, "heater": False, "grinder_reverse": False}


def test_a_part_that_fails_and_comes_back(running):
    device, plant = running
    until(device, right)
    plant.missing = {"ambient_temp_c"}
    until(device, lambda values: values["ambient_temp_c"] is None)
    plant.missing = set()
    until(device, right)
