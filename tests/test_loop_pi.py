"""The main program on Linux: a real process with a terminal, a store and systemd's socket."""

import hashlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import cbor2
import pytest
from port_fakes import Smbus

from boards.compiler import compile_product
from hal import HalError
from hal.linux import buses, p256, ticks
from hal.linux.store import open_store
from sim.mpy.runtime import ROOT

WAIT_S = 120


def provision(folder: Path, **more) -> None:
    private = hashlib.sha256(b"thing").digest()
    files = {
        "product": compile_product(ROOT / "boards/products/coffee_machine.toml"),
        "board": cbor2.dumps({"v": 1, "board": "bare", "sensors": [], **more}, canonical=True),
        "identity": cbor2.dumps(
            {
                "thing": "pi-1",
                "root_key": b"r" * 32,
                "private_key": private,
                "public_key": p256.public_key(private),
            },
            canonical=True,
        ),
    }
    store = open_store(str(folder))
    for name, data in files.items():
        store.save(name, data)


@pytest.fixture
def thing(tmp_path):
    """Start the program; ends with the test."""
    started = []

    def start():
        words = ["--state", tmp_path / "state", "--console", tmp_path / "console"]
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "firmware.pi.main", *map(str, words)],
                cwd=ROOT,
                env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(WAIT_S)
        start.notify = notify
        yield start
        for process in started:
            process.kill()
            process.communicate()


def test_it_starts_answers_on_its_terminal_and_stops_when_told(thing, tmp_path):
    provision(tmp_path / "state")
    process = thing()
    assert thing.notify.recv(100) == b"READY=1"
    assert thing.notify.recv(100) == b"WATCHDOG=1"
    assert re.search(r"pi-1", ask(tmp_path / "console", b"status\r"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    assert not (tmp_path / "console").is_symlink()


def test_a_thing_that_was_not_provisioned_says_so_on_its_console(thing, tmp_path):
    process = thing()
    assert thing.notify.recv(100) == b"READY=1"
    assert "no identity" in ask(tmp_path / "console", b"status\r")
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    assert "no identity" in process.stderr.read()


def test_after_five_starts_that_came_to_nothing_it_says_why_and_can_be_set_right(thing, tmp_path):
    provision(tmp_path / "state")
    record = cbor2.loads(compile_product(ROOT / "boards/products/coffee_machine.toml"))
    del record["monitors"][0]["mode"]  # a product file that no agent can be made of
    store = open_store(str(tmp_path / "state"))
    store.save("product", cbor2.dumps(record, canonical=True))
    for _ in range(5):
        assert thing().wait(WAIT_S) == 1
    thing()
    assert thing.notify.recv(100) == b"READY=1"
    said = ask(tmp_path / "console", b"status\r")
    assert "blank" in said and "mode" in said
    assert "KeyError" in ask(tmp_path / "console", b"crash\r")


def test_its_outputs_are_switched_on_its_terminal(thing, tmp_path):
    lamp = {"name": "lamp", "driver": "relay", "args": {"output": 17}, "when": "case open"}
    provision(tmp_path / "state", outputs=[lamp])
    thing()
    assert thing.notify.recv(100) == b"READY=1"
    said = ask(tmp_path / "console", b"output\r")
    assert "lamp" in said and "case open" in said, "whatever this machine has for pins"


def test_rot_in_its_files_is_mended_or_named(thing, tmp_path):
    state = tmp_path / "state"
    provision(state)
    (state / "identity").write_bytes(b"rot")
    (state / "crash").write_bytes(b"rot")
    process = thing()
    said = ask(tmp_path / "console", b"log; status\r")
    assert "identity in the store was damaged, mended" in said and "pi-1" in said
    assert "crash in the store is damaged" in said
    process.kill()
    process.wait()
    for name in ("identity", "identity.last"):
        (state / name).write_bytes(b"rot")
    (tmp_path / "console").unlink()
    thing()
    assert "identity is damaged" in ask(tmp_path / "console", b"status\r")


def test_a_board_with_a_driver_that_is_not_there_is_named(thing, tmp_path):
    provision(tmp_path / "state", sensors=[{"channel": 0, "driver": "warp_core"}])
    thing()
    assert thing.notify.recv(100) == b"READY=1"
    assert "no driver warp_core" in ask(tmp_path / "console", b"status\r")


def ask(path: Path, line: bytes) -> str:
    """What the terminal shows after a line was typed, once it is there."""
    deadline = time.monotonic() + WAIT_S
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        assert not termios.tcgetattr(terminal)[3] & termios.ICANON
        os.write(terminal, line)
        shown = b""
        while select.select([terminal], [], [], 0.5 if b"\n" in shown[10:] else WAIT_S)[0]:
            got = os.read(terminal, 4096)
            assert got, "the terminal's other end was closed"
            shown += got
        return shown.decode()
    finally:
        os.close(terminal)


def test_ticks_are_micropythons_ring():
    assert 0 <= ticks.ticks_ms() < ticks.PERIOD
    late = ticks.ticks_add(ticks.PERIOD - 10, 30)
    assert late == 20
    assert ticks.ticks_diff(late, ticks.PERIOD - 10) == 30
    assert ticks.ticks_diff(ticks.PERIOD - 10, late) == -30


class Chip:
    """A fake of smbus2 with one chip at 0x48 that has registers."""

    i2c_msg = Smbus.i2c_msg

    def __init__(self):
        self.registers = bytearray(range(16))
        self.at = 0

    def SMBus(self, ident):
        return self

    def i2c_rdwr(self, *messages):
        for message in messages:
            if message.address != 0x48:
                raise OSError(121, "Remote I/O error")
            if message.count:
                message.data = bytes(self.registers[self.at : self.at + message.count])
            else:
                self.at = message.data[0]
                self.registers[self.at : self.at + len(message.data) - 1] = message.data[1:]


def test_i2c_has_the_verbs_of_micropython():
    bus = buses.I2c(1, Chip())
    assert bus.readfrom_mem(0x48, 3, 2) == b"\x03\x04"
    bus.writeto_mem(0x48, 5, b"\xaa\xbb")
    assert bus.readfrom_mem(0x48, 5, 3) == b"\xaa\xbb\x07"
    assert bus.writeto(0x48, b"\x01") == 1
    assert bus.readfrom(0x48, 1) == b"\x01"
    with pytest.raises(HalError, match="absent: 0x76"):
        bus.readfrom_mem(0x76, 0, 1)


def test_buses_that_linux_does_not_have_are_refused():
    with pytest.raises(HalError, match="no can"):
        buses.open_bus("can", 0, {}, 0)
