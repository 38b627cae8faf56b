"""The libraries below the ports of Linux and of the ESP32, faked over the simulated buses.

As much of each as the ports call, with its own errors: smbus2, spidev, pyserial, lgpio, the
kernel's files of one wire, MicroPython's `machine`. Written from their documentation.
"""

import errno
import importlib
import sys
import types
from pathlib import Path

from hal import HalError, verbs
from hal.simulated import i2c, onewire, pins, spi, uart


def as_os_error(error: HalError) -> OSError:
    """What a kernel or MicroPython raises for it."""
    return OSError(errno.ETIMEDOUT if error.kind == "timeout" else errno.ENODEV, str(error))


class Smbus:
    """smbus2: messages, and one ioctl for all of them."""

    class i2c_msg:
        def __init__(self, address, data, count):
            self.address, self.data, self.count = address, data, count

        @classmethod
        def read(cls, address, count):
            return cls(address, b"", count)

        @classmethod
        def write(cls, address, data):
            return cls(address, bytes(data), 0)

        def __iter__(self):
            return iter(self.data)

    def __init__(self, behind):
        self.behind = behind

    def SMBus(self, ident):
        if ident:
            raise FileNotFoundError(errno.ENOENT, f"/dev/i2c-{ident}")
        return self

    def i2c_rdwr(self, *messages):
        [address] = {message.address for message in messages}
        data = b"".join(message.data for message in messages)
        count = sum(message.count for message in messages)
        try:
            messages[-1].data = self.behind.transfer(address, data, count)
        except HalError as error:
            raise as_os_error(error) from error


class Spidev:
    def __init__(self, behind):
        self.behind = behind

    def SpiDev(self):
        return self

    def open(self, bus, device):
        if bus:
            raise FileNotFoundError(errno.ENOENT, f"/dev/spidev{bus}.{device}")

    def xfer2(self, data):
        assert isinstance(data, list)
        return list(self.behind.exchange(bytes(data)))


class Serial:
    """pyserial: reads give b"" where machine.UART gives None."""

    def __init__(self, behind):
        self.behind = behind

    def Serial(self, path, baud, timeout, write_timeout):
        if path != "/dev/serial0":
            raise FileNotFoundError(errno.ENOENT, path)
        return self

    @property
    def in_waiting(self):
        return self.behind.any()

    def read(self, count):
        return self.behind.read(count) or b""

    def write(self, data):
        return self.behind.write(data)


class Lgpio:
    """lgpio over the simulated bank: claims, levels, and a callback for each edge."""

    SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE, BOTH_EDGES = 32, 64, 128, 3

    class error(Exception):
        pass

    def __init__(self, behind):
        self.behind = behind
        self.claimed: dict[int, object] = {}
        self.callbacks: dict[int, object] = {}
        self.pwm: dict[int, tuple[int, float]] = {}
        self.chips = {0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}
        self.opened: list[int] = []

    def gpiochip_open(self, chip):
        if self.chips.get(chip) is None:
            raise self.error("can not open gpiochip")
        self.opened.append(chip)
        return 7 + chip

    def gpio_get_chip_info(self, handle):
        chip = handle - 7
        return [0, 54, f"gpiochip{chip}", self.chips[chip]]

    def gpiochip_close(self, handle):
        self.opened.remove(handle - 7)

    def gpio_claim_input(self, handle, number, flags=0):
        assert [handle - 7] == self.opened
        pull = {32: "up", 64: "down"}.get(flags, "")
        self.claimed[number] = self.behind.input(number, pull)
        return 0

    def gpio_claim_output(self, handle, number, level=0, flags=0):
        self.claimed[number] = self.behind.output(number, level)
        return 0

    def gpio_claim_alert(self, handle, number, edges, flags=0):
        return self.gpio_claim_input(handle, number, flags)

    def gpio_read(self, handle, number):
        if number not in self.claimed:
            raise self.error("GPIO not allocated")
        return self.claimed[number].value()

    def gpio_write(self, handle, number, level):
        self.claimed[number].value(level)
        return 0

    def callback(self, handle, number, edge, function):
        self.callbacks[number] = function
        return function

    def tx_pwm(self, handle, number, hz, duty):
        self.pwm[number] = (hz, duty)
        return 0

    def tick(self, duration_ms):
        """Let time pass: every edge of every part becomes a call, with its time in ns."""
        ticks = self.behind.ticks
        since = ticks.at_us
        ticks.sleep_ms(duration_ms)
        for number, function in self.callbacks.items():
            for at_us, level in self.behind._parts[number].edges(since, ticks.at_us):
                function(0, number, level, at_us * 1000)


def write_slave(folder: Path, behind: onewire.OneWire, chip) -> None:
    serial = int.from_bytes(chip.rom[1:7], "little")
    device = folder / f"{chip.rom[0]:02x}-{serial:012x}"
    if not chip.powered:
        if device.exists():
            (device / "w1_slave").unlink()
            device.rmdir()
        return
    chip.command(0x44)
    chip.command(0xBE)
    data = bytes(chip.answer() for _ in range(9))
    verdict = "NO" if behind.crc8(data) else "YES"
    text = data.hex(" ")
    device.mkdir(exist_ok=True)
    fresh = device / "fresh"
    fresh.write_text(f"{text} : crc={data[8]:02x} {verdict}\n{text} t=0\n")
    fresh.rename(device / "w1_slave")


class Machine(types.ModuleType):
    """MicroPython's `machine` on an ESP32, and its `time`, over simulated buses."""

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self):
        super().__init__("machine")
        self.i2c, self.bank, self.uart = i2c.I2c(), pins.Pins(), uart.Uart()
        self.spi = spi.Spi(self.bank)
        self.irqs_off = self.fed = 0
        self.lines = Lines()
        self.handlers: dict[int, tuple] = {}
        self.I2C, self.SPI, self.UART = self.make_i2c, self.make_spi, self.make_uart
        self.Pin, self.ADC, self.PWM = make_pin(self), make_adc(self), make_pwm(self)

    def make_i2c(self, ident, scl, sda, freq, timeout):
        assert (scl.number, sda.number, freq, timeout) == (22, 21, 400_000, 50_000)
        return MachineI2c(self.i2c, self.lines)

    def make_spi(self, ident, baudrate, sck, mosi, miso):
        assert (sck.number, mosi.number, miso.number) == (18, 23, 19)
        return self.spi

    def make_uart(self, ident, baudrate, tx, rx, timeout):
        assert timeout == 0
        return self.uart

    def disable_irq(self):
        self.irqs_off += 1
        return self.irqs_off

    def enable_irq(self, state):
        assert state == self.irqs_off
        self.irqs_off -= 1

    def time_pulse_us(self, pin, level, timeout_us):
        part = self.bank._parts.get(pin.number)
        width = part and part.echo_us()
        return -2 if width is None else -1 if width > timeout_us else width

    def WDT(self, timeout):
        assert timeout >= 10_000
        return self

    def feed(self):
        self.fed += 1

    def reset_cause(self):
        return self.WDT_RESET

    def tick(self, duration_ms):
        ticks = self.bank.ticks
        since = ticks.at_us
        until = since + 1000 * duration_ms
        for number, (handler, trigger, pin) in self.handlers.items():
            for at_us, level in self.bank._parts[number].edges(since, until):
                if trigger & (self.Pin.IRQ_RISING if level else self.Pin.IRQ_FALLING):
                    ticks.at_us = at_us
                    pin.seen = level
                    handler(pin)
        ticks.at_us = until


class MachineI2c(verbs.I2c):
    """machine.I2C raises OSError, as on the board."""

    def __init__(self, behind, lines):
        self.behind, self.lines = behind, lines

    def transfer(self, address, data, count):
        try:
            if self.lines.owed:
                raise HalError("timeout", "data is held low")
            return self.behind.transfer(address, data, count)
        except HalError as error:
            raise as_os_error(error) from error


class Lines:
    """Clock (22) and data (21) of the I2C bus as plain pins. `owed`: the clocks that a part waits
    for, which was cut off in the middle of a byte and holds data; `stops` counts."""

    def __init__(self):
        self.owed = self.stops = 0
        self.levels = {21: 1, 22: 1}

    def pin(self, number, level):
        self.drive(number, level)
        return types.SimpleNamespace(
            value=lambda *level: self.drive(number, *level) if level else self.seen(number)
        )

    def drive(self, number, level):
        rises = level > self.levels[number]
        self.levels[number] = level
        if rises and number == 22 and self.owed:
            self.owed -= 1
        elif rises and number == 21 and self.seen(22) and not self.owed:
            self.stops += 1

    def seen(self, number):
        return 0 if number == 21 and self.owed else self.levels[number]


def make_pin(machine):
    class Pin:
        IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = 1, 3, 2, 1, 1, 2
        OPEN_DRAIN = 7

        def __init__(self, number, mode=None, pull=None, value=0):
            self.number = number
            self.seen = None
            if mode == self.IN:
                word = {self.PULL_UP: "up", self.PULL_DOWN: "down", None: ""}[pull]
                self.wire = machine.bank.input(number, word)
            elif mode == self.OUT:
                self.wire = machine.bank.output(number, value)

        def init(self, mode, pull, value):
            assert (mode, pull) == (self.OPEN_DRAIN, self.PULL_UP)
            self.wire = machine.lines.pin(self.number, value)

        def value(self, *level):
            return self.wire.value(*level) if self.seen is None else self.seen

        __call__ = value

        def on(self):
            self.value(1)

        def off(self):
            self.value(0)

        def irq(self, handler, trigger):
            machine.handlers[self.number] = (handler, trigger, self)

    return Pin


def make_adc(machine):
    class ADC:
        ATTN_11DB = 3

        def __init__(self, pin, atten):
            assert atten == self.ATTN_11DB
            self.read_uv = machine.bank.analog(pin.number).read_uv

    return ADC


def make_pwm(machine):
    def pwm(pin, freq, duty_u16):
        made = machine.bank.pwm(pin.number, freq)
        made.duty_u16(duty_u16)
        return made

    return pwm


def make_dht(machine):
    """MicroPython's frozen `dht`, which answers with plain exceptions."""

    class DHT22:
        def __init__(self, pin):
            self.part = pins.Dht22(machine.bank._parts.get(pin.number))

        def measure(self):
            try:
                self.values = self.part.measure()
            except HalError as error:
                if error.kind == "crc":
                    raise Exception("checksum error") from error
                raise as_os_error(error) from error

        def temperature(self):
            return self.values[0]

        def humidity(self):
            return self.values[1]

    module = types.ModuleType("dht")
    module.DHT22 = DHT22
    return module


def esp32_port(monkeypatch):
    """hal.esp32 on a fake `machine`, `onewire` and `time`; gives (buses module, machine, wire)."""
    machine, wire = Machine(), onewire.OneWire()
    library = types.ModuleType("onewire")
    library.OneWire = lambda pin: wire
    clock = types.ModuleType("time")
    clock.ticks_us, clock.ticks_diff = machine.bank.ticks.ticks_us, machine.bank.ticks.ticks_diff
    clock.sleep_us = lambda duration: None
    loose = ("hal.esp32.pins", "hal.esp32.buses", "hal.esp32.board", "hal.esp32.dht22")
    for name, module in (("machine", machine), ("onewire", library), ("dht", make_dht(machine))):
        monkeypatch.setitem(sys.modules, name, module)
    for name in loose:
        monkeypatch.delitem(sys.modules, name, raising=False)
    loaded = importlib.import_module("hal.esp32.buses")
    for user in ("hal.esp32.pins", "hal.esp32.buses"):
        monkeypatch.setattr(sys.modules[user], "time", clock)
    yield loaded, machine, wire
    for name in loose:
        sys.modules.pop(name, None)
