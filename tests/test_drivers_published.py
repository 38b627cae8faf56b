"""Published MicroPython drivers read the right values on all three ports and on both runtimes."""

import json
import time
from pathlib import Path

import mpy_published as published
import pytest
from port_fakes import Lgpio, Smbus, esp32_port

from hal.linux.i2c import I2c as LinuxI2c
from hal.linux.pins import Pins as LinuxPins
from hal.simulated import i2c, onewire, pins
from sim.mpy import runtime

SCRIPT = Path(published.__file__)
esp32 = pytest.fixture(esp32_port)


@pytest.fixture(autouse=True)
def micropython_time(monkeypatch):
    """What MicroPython's `time` has besides, for drivers that pause by it."""
    monkeypatch.setattr(time, "sleep_us", lambda duration: None, raising=False)
    monkeypatch.setattr(time, "ticks_ms", lambda: 0, raising=False)
    monkeypatch.setattr(time, "ticks_add", lambda ticks, delta: ticks + delta, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)


def test_on_the_simulated_port():
    wire, line, bank = i2c.I2c(), onewire.OneWire(), pins.Pins()
    said = published.read_i2c(wire, wire)
    said.update(published.read_hx711(bank, bank))
    said.update(published.read_onewire(line, line))
    assert said.keys() == published.WANTED.keys()
    assert published.wrong(said) == []


def test_on_the_simulated_port_in_micropython():
    answer = json.loads(runtime.run(SCRIPT))
    assert answer["said"].keys() == published.WANTED.keys()
    assert answer["wrong"] == []


def test_on_linux():
    behind, bank = i2c.I2c(), pins.Pins()
    said = published.read_i2c(LinuxI2c(0, Smbus(behind)), behind)
    said.update(published.read_hx711(LinuxPins(0, Lgpio(bank)), bank))
    assert published.wrong(said) == []


def test_on_an_esp32(esp32):
    buses, machine, wire = esp32
    bus = buses.open_bus("i2c", 0, {"sda": 21, "scl": 22}, 400_000)
    said = published.read_i2c(bus, machine.i2c)
    said.update(published.read_hx711(buses.open_bus("pins", 0, {}, 0), machine.bank))
    said.update(published.read_onewire(buses.open_bus("onewire", 0, {"data": 4}, 0), wire))
    assert published.wrong(said) == []


def test_a_wrong_value_would_be_seen():
    assert published.wrong({"hx711": [1235.0]})
    assert published.wrong({"bmp280": [21.5]})
