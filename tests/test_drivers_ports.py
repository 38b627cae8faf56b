"""The ports of Linux and of the ESP32 keep the contract of all ports.

Neither has its hardware here, so below each port the library that it calls is faked, and nothing
else: smbus2, spidev, pyserial and lgpio (their calls, their errors), a folder like the kernel's
/sys/bus/w1/devices, and MicroPython's `machine` and `onewire`. Every fake hands over to the
simulated bus. What this cannot show is whether the real libraries and chips behave as their
documentation says; nothing here has run on hardware.
"""

import contextlib
import errno
import importlib
import os
import select
import socket
import sys
import threading
import time
import tty
from pathlib import Path

import pytest
import serial

sys.path.insert(0, str(Path(__file__).with_name("portable")))

from port_fakes import Lgpio, Serial, Smbus, Spidev, esp32_port, write_slave

from hal import HalError, verbs
from hal.drivers.max17048 import Driver
from hal.linux import buses
from hal.linux import dht22 as linux_dht22
from hal.linux import ticks as linux_ticks
from hal.linux.i2c import I2c
from hal.linux.onewire import OneWire
from hal.linux.pins import Pins
from hal.linux.spi import Spi
from hal.linux.uart import Uart
from hal.linux.watchdog import Watchdog
from hal.sensors import Part
from hal.simulated import i2c, onewire, pins, spi, uart
from hal.simulated.chips import dht22, max17048

contract = importlib.import_module("port_contract")
board_contract = importlib.import_module("port_contract_board")


@pytest.fixture
def sysfs(tmp_path):
    """A folder as the kernel's, kept up to date from a simulated wire by a thread."""
    behind = onewire.OneWire()
    stop = threading.Event()

    def refresh():
        while not stop.is_set():
            for chip in list(behind._chips):
                write_slave(tmp_path, behind, chip)
            stop.wait(0.001)

    thread = threading.Thread(target=refresh)
    thread.start()
    yield tmp_path, behind
    stop.set()
    thread.join()


def test_linux_i2c():
    behind = i2c.I2c()
    contract.check_i2c(I2c(0, Smbus(behind)), behind)


def test_linux_i2c_that_is_switched_on_later():
    library = Smbus(i2c.I2c())
    bus = I2c(1, library)
    assert contract.kind_of(bus.readfrom, 0x48, 1) == "absent"
    library.SMBus = lambda ident: library
    contract.check_i2c(bus, library.behind)


def test_linux_spi():
    bank = pins.Pins()
    behind = spi.Spi(bank)
    bus = Spi(0, 0, Pins(0, Lgpio(bank)), Spidev(behind))
    contract.check_spi(bus, behind)


def test_linux_uart():
    behind = uart.Uart()
    contract.check_uart(Uart(0, 0, Serial(behind)), behind)


class Terminal:
    """The other end of a real pyserial, on a pseudo-terminal instead of /dev/serial0."""

    def __init__(self):
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self._path = os.ttyname(self._theirs)

    def Serial(self, path, baud, **options):
        assert path == "/dev/serial0"
        return serial.Serial(self._path, baud, **options)

    def receive(self, data):
        os.write(self._ours, data)
        assert select.select([self._theirs], [], [], 10)[0], "it goes through the kernel"

    @property
    def sent(self):
        return os.read(self._ours, 100)


def test_linux_uart_with_the_library_itself():
    terminal = Terminal()
    contract.check_uart(Uart(0, 0, terminal), terminal)


def test_linux_pins():
    behind = pins.Pins()
    library = Lgpio(behind)
    bank = Pins(0, library)
    contract.check_pins(bank, behind)
    contract.check_pulses(bank, behind, library.tick)
    contract.check_pwm(bank)
    assert library.pwm[26][0] == 1000 and abs(library.pwm[26][1] - 50) < 0.01
    with pytest.raises(HalError, match="absent: a Raspberry Pi has no ADC"):
        bank.analog(34)


@pytest.mark.parametrize(
    ("chips", "header"),
    [
        ({0: "pinctrl-bcm2835", 1: "raspberrypi-exp-gpio"}, 0),  # Zero 2 W
        ({0: "gpio-brcmstb@107d508500", 2: "gpio-brcmstb@107d517c00", 4: "pinctrl-rp1"}, 4),  # 5
        ({0: "pinctrl-rp1", 10: "gpio-brcmstb@107d508500"}, 0),  # 5 with a newer kernel
    ],
)
def test_linux_finds_the_pins_of_the_header_whatever_their_number(chips, header):
    library = Lgpio(pins.Pins())
    library.chips = chips
    Pins(lgpio=library).input(4, "up")
    assert library.opened == [header]


def test_linux_without_a_header_has_no_pins():
    library = Lgpio(pins.Pins())
    library.chips = {0: "INT34C5:00"}  # a laptop's
    assert contract.kind_of(Pins(lgpio=library).input, 4) == "absent"


def test_linux_measures_an_echo_by_looking(monkeypatch):
    """The polled echo, on a pin whose level follows a clock on which each look takes 10 us."""

    class Watch:
        now_ns = 0

        def perf_counter_ns(self):
            self.now_ns += 10_000
            return self.now_ns

        def sleep(self, seconds):
            self.now_ns += int(seconds * 1e9)

    class Wall:
        echo_ms = 5.8
        heard_ns = 0

        def drive(self, level):
            if not level:
                self.heard_ns = watch.now_ns

        def level(self):
            return 0 < (watch.now_ns - self.heard_ns) / 1e6 - 0.5 < self.echo_ms

    behind, wall, watch = pins.Pins(), Wall(), Watch()
    monkeypatch.setattr("hal.linux.pins.time", watch)
    behind.attach(21, wall)
    behind.attach(22, wall)
    bank = Pins(0, Lgpio(behind))
    assert abs(bank.echo_us(21, 22, 25_000) - 5800) < 50
    wall.echo_ms = 0.0
    assert contract.kind_of(bank.echo_us, 21, 22, 5_000) == "timeout"


AIR = {"temperature": 21.5, "humidity": 40.0}


@pytest.fixture
def iio(tmp_path, monkeypatch):
    """A folder as the kernel's dht11 keeps it, of a part on pin 27; gives (bank, chip)."""
    chip = dht22.Chip({"pin": 27}, lambda field: AIR[field])
    (tmp_path / "iio:device0").mkdir()
    (tmp_path / "iio:device0" / "name").write_text("dht11@1b\n")
    monkeypatch.setattr(linux_dht22, "Path", KernelPath)
    KernelPath.chip = chip
    monkeypatch.setattr(linux_dht22, "DEVICES", str(tmp_path))
    return Pins(0, None), chip


class KernelPath(type(Path())):  # type: ignore[misc]
    """A file whose reading is a measurement."""

    chip: dht22.Chip

    def read_text(self, encoding=None):
        if self.name == "name":
            return super().read_text(encoding)
        frame = self.chip.frame()
        if frame is None or self.chip.noise:
            raise OSError(errno.ETIMEDOUT if frame is None else errno.EIO, "as the kernel says")
        return f"{round(1000 * AIR['temperature' if 'temp' in self.name else 'humidity'])}\n"


def test_linux_dht22(iio):
    bank, chip = iio
    contract.check_dht22(bank, None, chip)


def test_linux_finds_the_dht22_of_a_pin_among_several(iio, tmp_path):
    bank, _ = iio
    (tmp_path / "iio:device1").mkdir()
    (tmp_path / "iio:device1" / "name").write_text("dht11@4\n")
    part = bank.dht22(27)
    assert part._device().name == "iio:device0"
    assert contract.kind_of(bank.dht22(5)._device) == "absent"


def test_linux_notices_that_it_was_interrupted_while_the_clock_was_high():
    class Slow(contract.Shifter):
        def level(self):
            time.sleep(0.001)
            return 1

    behind = pins.Pins()
    behind.attach(13, Slow(0))
    bank = Pins(0, Lgpio(behind))
    clock, data = bank.output(12, 0), bank.input(13)
    assert contract.kind_of(bank.shift_in, clock, data, 25) == "timeout"
    assert clock.value() == 0


def test_linux_onewire(sysfs):
    folder, behind = sysfs
    bus = OneWire(str(folder))
    contract.check_onewire(PatientOneWire(bus), behind)


class PatientOneWire(verbs.OneWire):
    """The kernel finds parts that come and go by itself, after a while."""

    def __init__(self, bus):
        self.bus = bus
        self.readbyte, self.writebyte = bus.readbyte, bus.writebyte
        self.present = lambda: self.after_a_while(bus.present)
        self.scan = lambda: self.after_a_while(bus.scan)

    def after_a_while(self, action):
        time.sleep(0.02)
        return action()


def test_linux_onewire_refuses_what_the_kernel_does_not_pass_on(sysfs):
    folder, _ = sysfs
    assert not OneWire(str(folder / "none")).reset()
    bus = OneWire(str(folder))
    assert contract.kind_of(bus.select_rom, b"\x28" * 8) == "no error"
    assert contract.kind_of(bus.writebyte, 0x4E) == "io"
    bus.select_rom(b"\x28" * 8)
    assert contract.kind_of(bus.writebyte, 0xBE) == "absent"


def test_linux_buses_that_are_not_there_are_absent(monkeypatch):
    for action, arguments in (
        (I2c(5, Smbus(None)).readfrom, (0x48, 1)),
        (Spi(1, 0, None, Spidev(None)).read, (1,)),
        (Uart, (3, 9600, Serial(None))),
        (buses.open_bus, ("can", 0, {}, 0)),
    ):
        assert contract.kind_of(action, *arguments) == "absent"
    assert contract.kind_of(Pins(3, Lgpio(None)).input, 4) == "io"
    for library, kind, use in (
        ("smbus2", "i2c", lambda bus: bus.readfrom(0x48, 1)),
        ("spidev", "spi", lambda bus: bus.read(1)),
        ("serial", "uart", None),
    ):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(HalError, match=r"absent: .*install the extra `pi`"):
            use(buses.open_bus(kind, 0, {}, 0))
    monkeypatch.setitem(sys.modules, "lgpio", None)
    assert contract.kind_of(Pins().input, 4) == "absent"


esp32 = pytest.fixture(esp32_port)


def test_esp32_i2c(esp32):
    loaded, machine, _ = esp32
    bus = loaded.open_bus("i2c", 0, {"sda": 21, "scl": 22}, 400_000)
    contract.check_i2c(bus, machine.i2c)


@pytest.mark.parametrize("owed", [1, 5, 9])
def test_esp32_clocks_out_a_part_that_was_cut_off_in_the_middle_of_a_byte(esp32, owed):
    loaded, machine, _ = esp32
    max17048.Chip({}, {"charge": 70.0, "voltage": 4.0, "rate": 0.0}.get).attach(machine.i2c)
    machine.lines.owed = owed  # by a reset of ours, which it did not hear of
    bus = loaded.open_bus("i2c", 0, {"sda": 21, "scl": 22}, 400_000)
    assert (machine.lines.owed, machine.lines.stops) == (0, 1)
    part = Part(Driver, bus, {})
    assert part.read(1)["charge"] == 70
    machine.lines.owed = owed  # by a disturbance, later on
    assert part.read(3) is None and part.problem.kind == "timeout"
    assert part.read(4)["charge"] == 70 and machine.lines.stops == 2
    machine.lines.owed = 1 << 30  # a short circuit: tried, and no more
    assert part.read(5) is None and part.read(6) is None


def test_esp32_spi(esp32):
    loaded, machine, _ = esp32
    bus = loaded.open_bus("spi", 1, {"sck": 18, "mosi": 23, "miso": 19}, 0)
    contract.check_spi(bus, machine.spi)


def test_esp32_onewire(esp32):
    loaded, _, wire = esp32
    contract.check_onewire(loaded.open_bus("onewire", 0, {"data": 4}, 0), wire)


def test_esp32_uart(esp32):
    loaded, machine, _ = esp32
    contract.check_uart(loaded.open_bus("uart", 1, {"tx": 17, "rx": 16}, 0), machine.uart)


def test_esp32_pins(esp32):
    loaded, machine, _ = esp32
    bank = loaded.open_bus("pins", 0, {}, 0)
    assert bank is loaded.open_bus("pins", 0, {}, 0)
    contract.check_pins(bank, machine.bank)
    assert machine.irqs_off == 0
    contract.check_pulses(bank, machine.bank, machine.tick)
    contract.check_analog(bank, machine.bank)
    contract.check_echo(bank, machine.bank)
    contract.check_pwm(bank)


def test_esp32_dht22(esp32):
    loaded, machine, _ = esp32
    chip = dht22.Chip({"pin": 27}, lambda field: AIR[field])
    chip.attach(machine.bank)
    contract.check_dht22(loaded.open_bus("pins", 0, {}, 0), machine.bank, chip)


def test_esp32_has_no_can(esp32):
    loaded, _, _ = esp32
    assert contract.kind_of(loaded.open_bus, "can", 0, {}, 0) == "absent"


def test_esp32_tells_why_it_started(esp32):
    _, machine, _ = esp32
    board = importlib.import_module("hal.esp32.board")
    assert board.cause() == "watchdog"
    board_contract.check_entropy(board.entropy)
    board_contract.check_watchdog(board.Watchdog(), lambda: machine.fed)


def test_linux_ticks_and_watchdog(tmp_path, monkeypatch):
    board_contract.check_ticks(linux_ticks)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        heard = []

        def fed():
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.append(systemd.recv(100))
            return heard.count(b"WATCHDOG=1")

        board_contract.check_watchdog(Watchdog(), fed)
        assert heard[0] == b"READY=1"
