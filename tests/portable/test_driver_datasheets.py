"""The worked examples and tables of the data sheets, digit for digit."""

import math

from hal.drivers import (
    ads1115,
    bh1750,
    bme280,
    dht22,
    ds18b20,
    fdc1004,
    hc_sr04,
    hx711,
    ina219,
    ina226,
    max17048,
    mcp3008,
    ntc,
    pulse_meter,
    sht,
)
from hal.simulated.chips import dht22 as dht22_chip
from hal.simulated.chips import ds18b20 as ds18b20_chip
from hal.simulated.chips import registers
from hal.simulated.i2c import I2c
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins
from hal.simulated.spi import Spi


def driver_on_registers(make, args, address, width, values):
    """A driver over plain registers that hold `values`."""
    bus = I2c()
    chip = registers.Registers({}, None, address)
    chip.WIDTH = width
    chip.values.update(values)
    chip.attach(bus)
    return make(bus, args), chip


def bytes_at(register, data):
    return {register + index: value for index, value in enumerate(data)}


def test_bmp280_example():
    """BMP280 data sheet 3.12: adc_T 519888 gives t_fine 128422 and 25.08 degC, adc_P 415148 gives
    100653.27 Pa. The figure prints 25767236 / 256, which is the floating point formula; the 64-bit
    one, carried out, is 3 / 256 Pa lower, as everyone finds and as its footnote allows."""
    trim = b"\x70\x6b\x43\x67\x18\xfc\x7d\x8e\x43\xd6\xd0\x0b\x27\x0b\x8c\x00\xf9\xff"
    trim += b"\x8c\x3c\xf8\xc6"
    values = {0xD0: 0x58}
    values.update(bytes_at(0x88, trim + b"\x70\x17"))
    driver, chip = driver_on_registers(bme280.Driver, {}, 0x76, 1, values)
    chip.values.update(bytes_at(0xF7, b"\x65\x5a\xc0\x7e\xed\x00"))
    assert driver._fine(519888) == 128422
    assert driver._pressure(415148, 128422) == 25767233
    values = driver.read()
    assert values["temperature"] == 25.08
    assert abs(values["pressure"] - 100653.27) < 0.02
    assert "humidity" not in values


def test_bme280_sets_itself_to_measure_and_finds_no_stranger():
    driver, chip = driver_on_registers(
        bme280.Driver, {}, 0x76, 1, {0xD0: 0x60, 0x88: 1, 0x8E: 1, 0xFA: 0x80}
    )
    assert (chip.values[0xF2], chip.values[0xF4], chip.values[0xF5]) == (1, 0x27, 0xA0)
    assert driver.read() == {}
    try:
        driver_on_registers(bme280.Driver, {}, 0x76, 1, {0xD0: 0x61})
    except OSError as error:
        assert error.kind == "absent"
    else:
        raise AssertionError("a BME680 was taken for a BME280")


class Answers:
    """A chip that answers every read with the same bytes, and keeps what was written."""

    powered, stretch_us = True, 0

    def __init__(self, data):
        self.data, self.written = data, []

    def write(self, data):
        self.written.append(bytes(data))

    def read(self, count):
        return self.data[:count]


def test_sht_checksum_and_formulas():
    """BEEFh has the checksum 92h (both data sheets); 6666h is two fifths of full scale, and its
    checksum 93h, as that of 8000h is A2h, is printed in Sensirion's sheet of the SGP40."""
    for data in (b"\xbe\xef\x92", b"\x80\x00\xa2", b"\x66\x66\x93"):
        assert sht.crc8(data) == 0 and sht.crc8(data[:2]) == data[2]
    for family, command, humidity in ((4, b"\xfd", 44.0), (3, b"\x24\x00", 40.0)):
        bus, chip = I2c(), Answers(b"\x66\x66\x93\x66\x66\x93")
        bus.attach(0x45, chip)
        driver = sht.Driver(bus, {"family": family, "address": 0x45})
        assert driver.read() == {}, "it has only just been asked to measure"
        values = driver.read()
        assert abs(values["temperature"] - 25.0) < 1e-4 and chip.written == [command] * 2
        assert abs(values["humidity"] - humidity) < 1e-4


def test_sht4x_beyond_its_ends_is_dry_or_wet():
    bus, chip = I2c(), Answers(b"\x00\x00\x81\x00\x00\x81")
    bus.attach(0x44, chip)
    driver = sht.Driver(bus, {})
    driver.read()
    assert driver.read() == {"temperature": -45.0, "humidity": 0}, "-6 % by the formula"


def test_bh1750_example_of_the_measurement_sequence():
    bus, chip = I2c(), Answers(b"\x83\x90")
    bus.attach(0x23, chip)
    driver = bh1750.Driver(bus, {})
    assert driver.read() == {}, "it has only just been asked to measure"
    assert int(driver.read()[""] + 0.5) == 28067 and chip.written == [b"\x20"] * 2
    chip.data = bytes(2)
    assert driver.read() == {"": None}, "dark, or it lost its power"
    assert driver.read() == {"": 0}


def test_dht22_worked_example_of_section_7_3():
    for frame, wanted in (
        (b"\x02\x8c\x01\x5f\xee", {"temperature": 35.1, "humidity": 65.2}),
        (b"\x02\x8c\x80\x65\x73", {"temperature": -10.1, "humidity": 65.2}),
    ):
        truth = {"temperature": wanted["temperature"], "humidity": 65.2}
        pins = Pins()
        chip = dht22_chip.Chip({"pin": 4}, lambda field, truth=truth: truth[field])
        chip.attach(pins)
        assert chip.frame() == frame
        values = dht22.Driver(pins, {"pin": 4}).read()
        assert values == wanted, values


def test_ds18b20_table_1():
    """Temperature and data of table 1 of the data sheet."""
    driver = ds18b20.Driver(OneWire(), {})
    for celsius, word in (
        (125.0, 0x07D0),
        (85.0, 0x0550),
        (25.0625, 0x0191),
        (10.125, 0x00A2),
        (0.5, 0x0008),
        (0.0, 0x0000),
        (-0.5, 0xFFF8),
        (-10.125, 0xFF5E),
        (-25.0625, 0xFE6F),
        (-55.0, 0xFC90),
    ):
        data = bytearray((word & 255, word >> 8, 75, 70, 0x7F, 0xFF, 0x10, 0x10))
        data.append(ds18b20_chip.crc(data))
        assert driver._temperature(data) == celsius


def test_ds18b20_leaves_out_the_bits_that_a_coarse_resolution_does_not_have():
    driver = ds18b20.Driver(OneWire(), {})
    data = bytearray((0x97, 0x01, 75, 70, 0x1F, 0xFF, 0x10, 0x10))  # 9 bits: config 0x1F
    data.append(ds18b20_chip.crc(data))
    assert driver._temperature(data) == 25.0


def test_crc_of_application_note_27():
    """The ROM code that Maxim's application note 27 works through: 02 1C B8 01 00 00 00, A2."""
    rom = b"\x02\x1c\xb8\x01\x00\x00\x00"
    assert OneWire().crc8(rom) == ds18b20_chip.crc(rom) == 0xA2
    assert OneWire().crc8(rom + b"\xa2") == 0
    for bit in range(64):
        wrong = bytearray(rom + b"\xa2")
        wrong[bit // 8] ^= 1 << bit % 8
        assert OneWire().crc8(wrong)


class Word:
    """HX711's side of two wires: what stands in `bits`, first bit first."""

    def __init__(self, bits):
        self.bits = bits

    def value(self, level=None):
        return 0

    def shift_in(self, clock, data, count):
        assert count == 25
        return self.bits

    def output(self, number, level):
        return self

    def input(self, number, pull):
        return self


def test_hx711_codes():
    """Two's complement, from 800000h to 7FFFFFh, at which it saturates (data sheet p. 4)."""
    args = {"clock": 1, "data": 2}
    for word, counts in ((0x000000, 0), (0x000001, 1), (0xFFFFFF, -1), (0x7FFFFE, 8388606)):
        assert hx711.Driver(Word(word << 1 | 1), args).read() == {"": counts}
    args = {"clock": 1, "data": 2, "offset": 1000, "per_unit": 420.5}
    assert hx711.Driver(Word((1000 + 841) << 1 | 1), args).read() == {"": 2.0}


def test_ina219_example():
    """SBOS448F, table 3 (p. 24): 2 milliohm, 07D0h and 5D98h are 10 A, 11.98 V and 119.8 W."""
    driver, chip = driver_on_registers(ina219.Driver, {"shunt": 0.002}, 0x40, 2, {})
    chip.values.update({1: 0x07D0, 2: 0x5D98 | 2})
    values = driver.read()
    assert abs(values["current"] - 10.0) < 1e-6
    assert abs(values["voltage"] - 11.98) < 1e-6
    assert abs(values["power"] - 119.8) < 1e-4


def test_ina226_example():
    """SBOS547, table 1 (p. 16): 2 milliohm, 1F40h and 2570h are 10 A, 11.98 V and 119.8 W."""
    driver, chip = driver_on_registers(ina226.Driver, {"shunt": 0.002}, 0x40, 2, {0xFE: 0x5449})
    chip.values.update({1: 0x1F40, 2: 0x2570, 6: 8})
    values = driver.read()
    assert abs(values["current"] - 10.0) < 1e-6
    assert abs(values["voltage"] - 11.98) < 1e-6
    assert abs(values["power"] - 119.8) < 1e-4


def test_ads1115_codes():
    """SBAS444D, 9.5.4: 0001h and FFFFh are plus and minus one step, 125 uV at a full scale of
    4.096 V; the configuration word for one conversion of input 2 is as 9.6.3 has it."""
    driver, chip = driver_on_registers(ads1115.Driver, {"input": 2}, 0x48, 2, {})
    for word, volts in ((0x0001, 125e-6), (0xFFFF, -125e-6), (0x4000, 2.048), (0x0000, 0.0)):
        chip.values[0] = word
        assert abs(driver.read()[""] - volts) < 1e-9
    assert chip.values[1] == 0x8000 | 6 << 12 | 1 << 9 | 1 << 8 | 4 << 5 | 3


class Recorder(Spi):
    """An SPI bus that answers what figure 6-1 shows for a code, and keeps what was asked."""

    def __init__(self, code):
        super().__init__(Pins())
        self.code = code

    def exchange(self, data):
        self.asked = data
        return bytes((0xFF, 0xF8 | self.code >> 8, self.code & 255))


def test_mcp3008_equation_and_figure():
    """DS21295D equation 4-2, code = 1024 V / VREF, and the three bytes of figure 6-1."""
    for code, volts in ((0, 0.0), (1, 5 / 1024), (512, 2.5), (1023, 5 * 1023 / 1024)):
        bus = Recorder(code)
        driver = mcp3008.Driver(bus, {"cs": 5, "input": 6, "reference": 5.0})
        assert abs(driver.read()[""] - volts) < 1e-6
        assert bus.asked == b"\x01\xe0\x00"


class Echo(Pins):
    """A bank of pins that hears one echo."""

    def __init__(self, width):
        super().__init__()
        self.width = width

    def echo_us(self, trigger, echo, timeout_us):
        return self.width


def test_hc_sr04_rule_of_the_guide():
    """ElecFreaks: us / 58 = cm, which is meant for a room: within 1 % at 20 degC."""
    for width in (580, 5800, 17400):
        metres = hc_sr04.Driver(Echo(width), {"trigger": 1, "echo": 2}).read()[""]
        assert abs(metres / (width / 5800) - 1) < 0.01


# NTCLE100E3103 (10 kilohm, B25/85 3977 K) by the formula for the resistance in Vishay document
# 29049, R = R25 exp(-14.6337 + 4791.842 / T - 115334 / T^2 - 3730535 / T^3).
TABLE = (
    (-40, 332100.1), (-20, 96360.0), (-10, 55047.0), (0, 32554.8), (25, 10000.2), (50, 3605.3),
    (80, 1256.4), (85, 1070.3), (100, 677.3),
)  # fmt: skip
# Of the formula for the temperature in the same document.
COEFFICIENTS = [3.354016e-3, 2.569850e-4, 2.620131e-6, 6.383091e-8]


class Divider(Pins):
    """A bank whose analog pins see a resistor under 10 kilohm from 3.3 V."""

    ohm = 0.0

    def analog(self, number):
        return self

    def read_uv(self):
        return 3_300_000 * self.ohm / (self.ohm + 10_000)


def thermistor(ohm, args):
    bank = Divider()
    bank.ohm = ohm
    settings = {"pin": 34, "beta": 3977}
    settings.update(args)
    return ntc.Driver(bank, settings).read()[""]


def test_ntc_table_by_the_coefficients_beside_it():
    for celsius, ohm in TABLE:
        assert abs(thermistor(ohm, {"coefficients": COEFFICIENTS}) - celsius) < 0.05, celsius


def test_ntc_table_by_beta():
    """B25/85 is true at 25 degC and at 85, and a degree off by minus 20."""
    for celsius, ohm, error in ((25, 10000, 0.01), (50, 3605, 0.4), (0, 32554, 0.8)):
        assert abs(thermistor(ohm, {}) - celsius) < error


def test_ntc_steinhart_and_hart():
    """With r25 1 and no square it is 1/T = A + B ln R + C (ln R)^3; 10 kilohm at 25 degC."""
    a, b, c = 1.129148e-3, 2.34125e-4, 8.76741e-8
    for ohm in (1000.0, 10000.0, 40000.0):
        log = math.log(ohm)
        wanted = 1 / (a + b * log + c * log**3) - 273.15
        assert abs(thermistor(ohm, {"r25": 1, "coefficients": [a, b, 0, c]}) - wanted) < 0.01
    assert abs(thermistor(10000.0, {"r25": 1, "coefficients": [a, b, 0, c]}) - 25.0) < 0.05


def test_fdc1004_capacitance_and_level():
    """SNOSCY5C: 24 bits in 1/2^19 pF, plus 3.125 pF a step of the CAPDAC; level = height times
    what the level electrode has gained over what the reference electrode has (7.1.1)."""
    args = {"height": 10.0, "empty1": 4.0, "empty2": 6.0, "capdac": 1}
    driver, chip = driver_on_registers(fdc1004.Driver, args, 0x50, 2, {0xFF: 0x1004})
    assert (chip.values[0x08], chip.values[0x09]) == (0x1020, 0x3020)
    c1, c2 = int((9.0 - 3.125) * 524288), int((8.0 - 3.125) * 524288)
    chip.values.update(
        {0x0C: 0x05CC, 0: c1 >> 8, 1: (c1 & 255) << 8, 2: c2 >> 8, 3: (c2 & 255) << 8}
    )
    values = driver.read()
    assert abs(values["c1"] - 9.0) < 1e-5
    assert abs(values["c2"] - 8.0) < 1e-5
    assert abs(values["level"] - 25.0) < 1e-4


def test_max17048_units():
    """19-6171, table 2: 78.125 uV per cell, 1/256 % and 0.208 % per hour, the rate with a sign."""
    driver, chip = driver_on_registers(max17048.Driver, {}, 0x36, 2, {0x08: 0x0012})
    chip.values.update({0x02: 0xC000, 0x04: 0x3280, 0x16: 0xFFF6})
    values = driver.read()
    assert abs(values["voltage"] - 3.84) < 1e-6
    assert values["charge"] == 50.5
    assert abs(values["rate"] + 2.08) < 1e-6


class Meter(Pins):
    """A bank with one counter, whose pulses the test makes."""

    def counter(self, number, pull, rising, debounce_us, gap_us):
        from hal.edges import Edges

        self.edges = Edges(self.ticks, debounce_us, gap_us)
        return self.edges


def test_yf_s201_rule():
    """Frequency in Hz = 7.5 times litres per minute, 450 pulses per litre: 2 l/min are 15 Hz."""
    bank = Meter()
    driver = pulse_meter.Driver(bank, {"pin": 4, "per_unit": 450, "per": 60})
    for pulse in range(450):
        bank.edges.edge(pulse * 1_000_000 // 15)
    values = driver.read()
    assert values["total"] == 1.0
    assert abs(values["rate"] - 2.0) < 1e-4


def test_energy_meter_of_1000_pulses():
    """1000 pulses per kWh are 1 Wh each: one in 3.6 s is 1 kW."""
    bank = Meter()
    args = {"pin": 4, "per_unit": 1, "per": 3600, "debounce_ms": 30, "gap_s": 600, "hold": 0}
    driver = pulse_meter.Driver(bank, args)
    assert driver.read() == {"total": 0, "rate": 0.0}
    for pulse in range(11):
        bank.edges.edge(pulse * 3_600_000)
        bank.edges.edge(pulse * 3_600_000 + 8_000)  # a reed contact that bounces
    assert driver.read() == {"total": 11, "rate": 1000.0}
    assert driver.read() == {"total": 11, "rate": 0.0}
