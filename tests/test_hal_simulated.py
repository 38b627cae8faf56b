"""The third port on CPython: flash on a file, and the plant at the end of a connection."""

import socket
import threading
import time

import pytest

from hal import HalError
from hal.linux import ticks
from hal.simulated.flash import BLOCK, PROGRAM, FileFlash, PowerCut
from hal.simulated.plant import Plant
from sim.mpy.plant_server import PlantServer

ERASE = 6


def read(flash, block, count=BLOCK, offset=0):
    data = bytearray(count)
    flash.readblocks(block, data, offset)
    return bytes(data)


def test_new_flash_is_erased_and_keeps_what_is_programmed(tmp_path):
    path = str(tmp_path / "flash.bin")
    flash = FileFlash(path, 4)
    assert read(flash, 3) == b"\xff" * BLOCK
    flash.writeblocks(1, b"p" * PROGRAM, PROGRAM)
    flash.close()
    again = FileFlash(path, 4)
    assert read(again, 1, PROGRAM, PROGRAM) == b"p" * PROGRAM
    assert (again.ioctl(4, 0), again.ioctl(5, 0)) == (4, BLOCK)


def test_erases_are_counted_per_block(tmp_path):
    flash = FileFlash(str(tmp_path / "flash.bin"), 4)
    for _ in range(3):
        flash.ioctl(ERASE, 2)
    flash.writeblocks(0, b"w" * BLOCK)
    assert list(flash.erases) == [1, 0, 3, 0]


def test_a_cut_leaves_half_of_the_operation_and_a_dead_device(tmp_path):
    path = str(tmp_path / "flash.bin")
    flash = FileFlash(path, 4, cut_at=2)
    flash.writeblocks(0, b"a" * PROGRAM, 0)
    with pytest.raises(PowerCut):
        flash.writeblocks(0, b"b" * PROGRAM, PROGRAM)
    with pytest.raises(PowerCut):
        read(flash, 0)
    torn = read(FileFlash(path, 4), 0, 2 * PROGRAM)
    half = PROGRAM // 2
    assert torn == b"a" * PROGRAM + b"b" * half + b"\xff" * half


class World:
    now = 1_000


class Signals:
    def read(self, signal):
        return {"level": 12.5, "absent": None}[signal]


@pytest.fixture
def server():
    with PlantServer(World(), Signals()) as running:
        yield running


@pytest.fixture
def plant(server):
    return Plant(server.host, server.port, ["level", "absent"], ticks)


def test_the_plant_gives_exact_values_and_says_what_is_not_there(plant):
    part = plant.driver("simulated")(None, {"signal": "level"})
    assert part.read() == {"": 12.5}
    with pytest.raises(HalError, match="timeout"):
        plant.value("absent")
    with pytest.raises(HalError, match="no tea"):
        plant.value("tea")
    with pytest.raises(ImportError):
        plant.driver("bme280")


def test_uptime_counts_from_the_connection_and_sleep_ends_when_due(server, plant):
    assert plant.uptime() == 0
    server.world.now += 30
    began = ticks.ticks_ms()
    plant.sleep_until(20, 5_000)
    assert plant.uptime() == 30
    plant.sleep_until(1_000, 40)
    assert 35 <= ticks.ticks_diff(ticks.ticks_ms(), began) < 1_000


def test_a_wish_for_a_power_cut_arrives_once(server, plant):
    server.power_cut(7)
    plant.sleep_until(0, 0)
    assert plant.power == 7
    plant.sleep_until(0, 0)
    assert plant.power == 0


class Switched(Signals):
    def __init__(self):
        self.heard = []

    def switched(self, output, on):
        self.heard.append((output, on))


def test_what_is_switched_reaches_the_plant_at_once_and_rests_without_power():
    plugged = Switched()
    with PlantServer(World(), plugged) as server:
        outputs = [("heater", True), ("valve", False)]
        plant = Plant(server.host, server.port, ["level"], ticks, outputs)
        assert plugged.heard == [("heater", True), ("valve", False)]
        valve = plant.driver("simulated")(None, {"signal": "valve"})
        valve.write(0.4)
        valve.write(1.0)
        assert plugged.heard[2:] == [("valve", True)], "it is on, once"
        with pytest.raises(HalError, match="no lamp"):
            plant.switch("lamp", True)
        plant._stream.close()
        plant._socket.close()
        deadline = time.monotonic() + 5
        while len(plugged.heard) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert plugged.heard[3:] == [("valve", False)], "its power is gone, and nothing holds it"


def test_a_plant_that_is_gone_is_absent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with pytest.raises(HalError, match="absent"):
            Plant("127.0.0.1", listener.getsockname()[1], ["level"], ticks)
