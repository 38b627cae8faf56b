"""What every port's buses must do, whatever is behind them: the one contract for all of them.

Each check takes a bus of a port and the simulated bus that is at its other end, whose chips and
faults it sets. tests/portable/test_driver_ports.py runs it on the simulated port, on both
runtimes; tests/test_drivers_ports.py on the ports of Linux and of the ESP32.
"""

import errno

from hal import HalError
from hal.simulated.chips import contact, ds18b20, mcp3008, pulse_meter, registers


def kind_of(action, *arguments):
    """The kind of a HalError, or what the OSError of an ESP32's own bus stands for."""
    try:
        action(*arguments)
    except HalError as error:
        return error.kind
    except OSError as error:
        return {errno.ENODEV: "absent", errno.ETIMEDOUT: "timeout"}[error.errno]
    return "no error"


def check_i2c(bus, behind):
    chip = registers.Registers({}, None, 0x48)
    chip.attach(behind)
    assert list(bus.scan()) == [0x48]
    bus.writeto_mem(0x48, 5, b"\x11\x22\x33")
    assert bus.readfrom_mem(0x48, 5, 3) == b"\x11\x22\x33"
    assert bus.readfrom_mem(0x48, 6, 1) == b"\x22"
    buffer = bytearray(2)
    bus.readfrom_mem_into(0x48, 6, buffer)
    assert buffer == b"\x22\x33"
    assert bus.writeto(0x48, b"\x05") == 1
    assert bus.readfrom(0x48, 2) == b"\x11\x22"
    bus.writeto(0x48, bytearray(b"\x05"))
    bus.readfrom_into(0x48, memoryview(buffer))
    assert buffer == b"\x11\x22"
    assert bus.writeto(0x48, b"\x06", False) == 1  # no stop: read on after a repeated start
    assert bus.readfrom(0x48, 2) == b"\x22\x33"
    bus.writeto(0x48, b"\x07", stop=False)
    bus.readfrom_into(0x48, buffer, True)
    assert buffer == b"\x33\x00"
    bus.writeto(0x48, b"\x05", False)
    assert bus.writeto(0x48, b"\x44") == 1 and chip.values[5] == 0x44
    bus.writeto_mem(0x48, 5, b"\x11")
    bus.writeto_mem(0x48, 0x0700, b"\x99", addrsize=16)  # two bytes of register to this chip
    assert chip.values[7] == 0x00 and chip.values[8] == 0x99
    _check_i2c_faults(bus, behind, chip)


def _check_i2c_faults(bus, behind, chip):
    for fault, kind in (("nak", "absent"), ("stuck", "timeout")):
        for action, arguments in (
            (bus.readfrom_mem, (0x48, 5, 1)),
            (bus.writeto_mem, (0x48, 5, b"\x00")),
            (bus.readfrom, (0x48, 1)),
            (bus.writeto, (0x48, b"\x05")),
        ):
            behind.fail(fault, 1)
            assert kind_of(action, *arguments) == kind, (fault, arguments)
            assert bus.readfrom_mem(0x48, 6, 1) == b"\x22"
    assert kind_of(bus.readfrom_mem, 0x49, 0, 1) == "absent"
    chip.stretch_us = 60_000
    assert kind_of(bus.readfrom, 0x48, 1) == "timeout"
    chip.stretch_us = 0


def check_spi(bus, behind):
    args = {"cs": 5, "input": 2, "reference": 5.0}
    mcp3008.Chip(args, lambda field: 2.5).attach(behind)
    answer = bytearray(3)
    bus.init(baudrate=500_000, polarity=0, phase=0)
    select = bus.pins.output(5, 1)
    bus.write_readinto(b"\x01\xa0\x00", answer)
    assert answer == b"\xff\xff\xff"  # nobody is selected
    select.value(0)
    bus.write_readinto(b"\x01\xa0\x00", answer)
    select.value(1)
    assert (answer[1] & 7) << 8 | answer[2] == 512
    assert bus.read(2) == b"\xff\xff"
    bus.readinto(answer, 0xFF)
    assert answer == b"\xff\xff\xff"
    assert bus.write(b"\x00") is None


def check_onewire(bus, behind):
    """The commands that the DS18B20's driver gives, which are all that Linux passes on."""
    truth = {"": 21.5}
    chip = ds18b20.Chip({}, lambda field: truth[field])
    chip.attach(behind)
    assert list(bus.scan()) == [chip.rom]
    assert bus.crc8(chip.rom) == 0
    assert bus.reset()
    bus.writebyte(bus.SKIP_ROM)
    bus.writebyte(0x44)
    assert scratchpad(bus, chip.rom)[:2] == b"\x58\x01"
    bus.select_rom(chip.rom)
    bus.writebyte(0x44)
    assert bus.crc8(scratchpad(bus, chip.rom)) == 0
    chip.powered = False
    assert not bus.reset()
    assert kind_of(bus.reset, True) == "absent"
    chip.powered = True
    assert bus.reset() and bus.reset(True)


def scratchpad(bus, rom):
    """Ask until the conversion is over; what Linux does in a thread takes a moment."""
    data = bytearray(9)
    for _ in range(1000):
        bus.select_rom(rom)
        if kind_of(bus.writebyte, 0xBE) == "no error":
            bus.readinto(data)
            return data
        _pause()
    raise AssertionError("the conversion does not end")


def _pause():
    import time

    time.sleep(0.002)


def check_uart(bus, behind):
    assert bus.read() is None and bus.read(3) is None
    assert bus.any() == 0
    behind.receive(b"abcde")
    assert bus.any() == 5
    assert bus.read(2) == b"ab"
    assert bus.read() == b"cde"
    assert bus.readline() is None
    behind.receive(b"$GP\r\n12")
    assert bus.readline() == b"$GP\r\n" and bus.readline() == b"12"
    behind.receive(b"abc")
    buffer = bytearray(5)
    assert bus.readinto(buffer, 2) == 2 and bus.readinto(buffer) == 1
    assert buffer == b"cb\x00\x00\x00" and bus.readinto(buffer) is None
    assert bus.write(b"xyz") == 3
    assert behind.sent == b"xyz"


def check_pins(bank, behind):
    """Levels and the clocked word; `bank` must use the pins of the bank behind."""
    truth = {"closed": 0}
    contact.Chip({"pin": 4}, lambda field: truth[field]).attach(behind)
    pin = bank.input(4, "up")
    assert pin.value() == 1
    truth["closed"] = 1
    assert pin.value() == 0
    assert bank.input(9, "up").value() == 1
    assert bank.input(10, "down").value() == 0
    out = bank.output(25, 1)
    assert behind.level(25) == 1
    out.value(0)
    assert behind.level(25) == 0 and out.value() == 0
    out.on()
    assert behind.level(25) == 1 and out() == 1
    out.off()
    out(1)
    assert behind.level(25) == 1 and pin() == 0
    shifter = Shifter(0b1011001)
    behind.attach(12, shifter)
    behind.attach(13, shifter)
    assert bank.shift_in(bank.output(12, 0), bank.input(13), 7) == 0b1011001


class Shifter:
    """Seven bits, one after each rising edge."""

    def __init__(self, word):
        self.word = word
        self.left = 7

    def drive(self, level):
        self.left -= level

    def level(self):
        return self.word >> self.left & 1


def check_pulses(bank, behind, tick):
    """Pulses are counted and bounces are not. `tick(ms)` lets time pass on both sides."""
    meter = {"pin": 14, "per_unit": 1.0}
    steady = pulse_meter.Chip(meter, lambda field: 100.0)
    steady.attach(behind)
    counter = bank.counter(14, "up", False, 0, 2_000_000)
    tick(1000)
    assert 99 <= counter.total() <= 101
    intervals, duration_us = counter.take()
    assert abs(duration_us / intervals - 10_000) < 10
    assert counter.take() == (0, 0)
    bouncing = pulse_meter.Chip({"pin": 15, "per_unit": 1.0}, lambda field: 10.0)
    bouncing.bounces = 4
    bouncing.attach(behind)
    counter = bank.counter(15, "up", False, 5_000, 2_000_000)
    tick(1000)
    assert 9 <= counter.total() <= 11


def check_analog(bank, behind):
    class Volts:
        def volts(self):
            return 1.2

    behind.attach(34, Volts())
    assert abs(bank.analog(34).read_uv() - 1_200_000) < 2_000


def check_echo(bank, behind):
    class Wall:
        width = 5800

        def echo_us(self):
            return self.width

        def level(self):
            return 0

    behind.attach(22, Wall())
    assert abs(bank.echo_us(21, 22, 25_000) - 5800) < 600
    Wall.width = None
    assert kind_of(bank.echo_us, 21, 22, 5_000) == "timeout"


def check_dht22(bank, behind, chip):
    """`chip` is on pin 27 of the bank behind; a port may hear of a measurement at the next one."""
    part = bank.dht22(27)

    def measured():
        for _ in range(100):
            try:
                values = part.measure()
            except HalError as error:
                if error.kind != "timeout" or chip.deaf:
                    return error.kind
                values = None
            if values:
                return [round(value, 3) for value in values]
            _pause()
        return "nothing"

    def settled(wanted):
        """The first that is of the chip as it is now: what was under way comes before it."""
        return wanted in [measured() for _ in range(3)]

    assert settled([21.5, 40.0])
    chip.noise = True
    assert settled("crc")
    chip.noise = False
    chip.deaf = True
    assert settled("timeout")
    chip.deaf = False
    assert settled([21.5, 40.0])


def check_pwm(bank):
    pwm = bank.pwm(26, 1000)
    pwm.duty_u16(32768)
    assert pwm.duty_u16() == 32768
