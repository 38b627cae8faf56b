"""Every driver against its simulated chip: values over the whole range, and what breaks on I2C.

A fault must become a HalError of the right kind, and the read after it must be as if nothing had
been.
"""

import math

from driver_rig import TRUTH, Rig, module, truth

from hal import HalError
from hal.simulated.i2c import I2c

LOAD_CELL = {"clock": 1, "data": 2, "offset": -81000, "per_unit": 421.5}
DEEP = {"height": 9.0, "empty1": 8.0, "empty2": 9.0, "capdac": 3}
# driver, bus, args, field, values over the range, resolution
RANGES = (
    ("bme280", "i2c", {}, "temperature", (-40.0, -10.5, 0.0, 21.37, 60.0, 85.0), 0.02),
    ("bme280", "i2c", {}, "pressure", (30000.0, 65000.0, 101325.0, 110000.0), 1.0),
    ("bme280", "i2c", {}, "humidity", (1.0, 30.0, 55.5, 99.0), 0.05),
    ("sht", "i2c", {}, "temperature", (-40.0, -0.1, 0.0, 25.0, 124.9), 0.0014),
    ("sht", "i2c", {}, "humidity", (0.0, 0.1, 40.0, 100.0), 0.001),
    ("sht", "i2c", {"family": 3, "address": 0x45}, "temperature", (-40.0, 25.0, 124.9), 0.0014),
    ("sht", "i2c", {"family": 3, "address": 0x45}, "humidity", (0.0, 40.0, 100.0), 0.0008),
    ("bh1750", "i2c", {}, "", (0.0, 0.9, 300.0, 54000.0), 0.42),
    ("bh1750", "i2c", {"address": 0x5C}, "", (0.0, 65.0), 0.42),
    ("dht22", "pins", {"pin": 27}, "temperature", (-40.0, -10.1, 0.0, 35.1, 80.0), 0.051),
    ("dht22", "pins", {"pin": 27}, "humidity", (0.1, 65.2, 100.0), 0.051),
    ("ds18b20", "onewire", {}, "", (-55.0, -10.125, -0.5, 0.0, 20.3, 85.0, 125.0), 0.0313),
    ("hx711", "pins", LOAD_CELL, "", (-20.0, 0.0, 0.7, 1200.0, 19000.0), 0.0013),
    ("ina219", "i2c", {"shunt": 0.01}, "current", (-31.0, -0.2, 0.0, 0.001, 9.9, 31.9), 6e-4),
    ("ina219", "i2c", {}, "voltage", (0.0, 3.3, 12.0, 26.0), 0.0021),
    ("ina226", "i2c", {"shunt": 0.01}, "current", (-8.0, -0.2, 0.0, 0.001, 8.1), 1.3e-4),
    ("ina226", "i2c", {}, "voltage", (0.0, 3.3, 12.0, 36.0), 0.00063),
    ("ads1115", "i2c", {"input": 3}, "", (-0.3, 0.0, 0.0002, 1.5, 4.09), 6.3e-5),
    ("mcp3008", "spi", {"cs": 5, "input": 2}, "", (0.0, 0.01, 1.65, 3.29), 0.0033),
    ("hc_sr04", "pins", {"trigger": 1, "echo": 2}, "", (0.021, 0.5, 3.99), 3e-4),
    ("ntc", "pins", {"pin": 34}, "", (-20.0, 0.0, 25.0, 60.0, 100.0), 0.25),
    ("ntc", "pins", {"pin": 34, "high": 1}, "", (0.0, 25.0, 60.0), 0.15),
    ("fdc1004", "i2c", {"height": 10.0, "empty1": 3.0}, "level", (0.0, 7.0, 47.0), 1e-3),
    ("fdc1004", "i2c", DEEP, "level", (0.0, 4.0, 45.0), 1e-3),
    ("max17048", "i2c", {}, "charge", (0.0, 12.5, 99.9), 0.002),
    ("max17048", "i2c", {}, "voltage", (2.5, 3.7, 4.2), 4e-5),
    ("max17048", "i2c", {}, "rate", (-33.0, 0.0, 20.0), 0.105),
    ("mpu6050", "i2c", {}, "rms", (0.01, 0.5, 3.0), 0.02),
    ("lis3dh", "i2c", {}, "rms", (0.02, 0.5, 3.0), 0.02),
    ("contact", "pins", {"pin": 4}, "closed", (0, 1, 0), 0),
    ("contact", "pins", {"pin": 4, "closed": 1}, "closed", (1, 0, 1), 0),
)


def test_values_come_back_over_the_range():
    for name, kind, args, field, values, resolution in RANGES:
        for value in values:
            rig = Rig(name, kind, args, truth(**{field: value}))
            if kind == "pins" and name == "hx711":
                rig.bus.ticks.sleep_ms(100)
            measured = rig.value(field)
            slack = resolution + 0.012 * abs(value) * (field == "rms")
            assert abs(measured - value) <= slack, (name, field, value, measured)


# Each with the value that it must give again once the fault is over.
I2C_PARTS = (
    ("bme280", "temperature", {}), ("ina219", "current", {}), ("ina226", "voltage", {}),
    ("ads1115", "", {"input": 1}), ("fdc1004", "level", {"height": 10.0}),
    ("max17048", "charge", {}), ("mpu6050", "rms", {}), ("lis3dh", "rms", {}),
)  # fmt: skip


def recovers(rig, field, before):
    return abs(rig.value(field) - before) <= 0.03 * abs(before) + 1e-3


def test_faults_of_i2c_and_the_read_after_them():
    for name, field, args in I2C_PARTS:
        rig = Rig(name, "i2c", args, truth())
        before = rig.value(field)
        for fault, kind in (("nak", "absent"), ("stuck", "timeout")):
            rig.bus.fail(fault, 1)
            assert rig.kind() == kind, (name, fault)
            assert recovers(rig, field, before), (name, fault)
        rig.chip.stretch_us = 20_000
        assert recovers(rig, field, before), name
        rig.chip.stretch_us = 80_000
        assert rig.kind() == "timeout", name
        rig.chip.stretch_us = 0
        rig.chip.powered = False
        assert rig.kind() == "absent", name
        rig.chip.powered = True
        assert recovers(rig, field, before), name


def test_a_brown_out_is_noticed_and_mended():
    for name, field, args in I2C_PARTS:
        rig = Rig(name, "i2c", args, truth())
        before = rig.value(field)
        rig.chip.brown_out()
        # Every conversion of an ADS1115 brings its own settings, so it has nothing to notice.
        if name != "ads1115":
            assert rig.kind() == "io", name
        assert recovers(rig, field, before), name


def test_a_stranger_at_the_address_is_refused():
    for name, args in (
        ("bme280", {}), ("ina226", {}), ("fdc1004", {"height": 10.0}), ("max17048", {}),
        ("mpu6050", {}), ("lis3dh", {}),
    ):  # fmt: skip
        rig = Rig(name, "i2c", args, truth())
        stranger = module("hal.simulated.chips.registers").Registers({}, None, rig.chip.address)
        bus = I2c()
        stranger.attach(bus)
        try:
            module("hal.drivers." + name).Driver(bus, args)
        except HalError as error:
            assert error.kind == "absent", name
        else:
            raise AssertionError(name + " took a stranger for its chip")


def test_an_absent_chip_is_absent_from_the_start():
    for name, _, args in I2C_PARTS:
        try:
            module("hal.drivers." + name).Driver(I2c(), args)
        except HalError as error:
            assert error.kind == "absent", name
        else:
            raise AssertionError(name + " did not notice")


def test_ads1115_that_never_ends_or_is_reset_while_it_converts():
    rig = Rig("ads1115", "i2c", {"input": 0}, truth())
    rig.chip.slow = 1_000_000
    assert rig.kind() == "timeout"
    rig.chip.slow = 3
    read = rig.chip.get

    def reset_meanwhile(register):
        rig.chip.get = read
        rig.chip.brown_out()
        rig.chip.pointer = 1
        return rig.chip.get(register)

    rig.chip.get = reset_meanwhile
    assert rig.kind() == "io"
    assert rig.value("") == 1.0


def test_what_is_beyond_the_range_is_refused_not_clipped():
    for name, kind, args, changes in (
        ("ina219", "i2c", {}, {"current": 3.3}),
        ("ina226", "i2c", {}, {"current": -0.9}),
        ("ads1115", "i2c", {"input": 0}, {"": 4.2}),
        ("fdc1004", "i2c", {"height": 10.0}, {"level": 61.0}),
        ("hx711", "pins", {"clock": 1, "data": 2}, {"": 9e6}),
        ("hc_sr04", "pins", {"trigger": 1, "echo": 2}, {"": 4.2}),
        ("hc_sr04", "pins", {"trigger": 1, "echo": 2}, {"": 0.01}),
        ("ntc", "pins", {"pin": 34}, {"": 230.0}),
        ("dht22", "pins", {"pin": 27}, {"temperature": 81.0}),
    ):
        rig = Rig(name, kind, args, truth(**changes))
        kinds = [rig.kind() for _ in range(2)]
        assert "range" in kinds, (name, kinds)
        rig.truth = truth()
        rig.bus.ticks = getattr(rig.bus, "ticks", None)
        if rig.bus.ticks:
            rig.bus.ticks.sleep_ms(2000)
        field = next(iter(changes))
        assert abs(rig.value(field) - TRUTH[field]) < 0.2


def test_sht_whose_bits_are_turned_has_no_value():
    rig = Rig("sht", "i2c", {}, truth())
    assert rig.value("humidity")
    rig.chip.noise = True
    assert rig.kind() == "crc"
    rig.chip.noise = False
    assert abs(rig.value("temperature") - 21.0) < 0.002


def test_fdc1004_without_liquid_at_its_reference_has_no_level():
    rig = Rig("fdc1004", "i2c", {"height": 10.0}, truth())
    assert rig.value("level")
    rig.chip.dry = True
    assert rig.kind() == "range"


def test_mpu6050_keeps_whole_samples_however_late_it_is_read():
    for burst_ms in (128, 129, 131, 500, 61_003):
        rig = Rig("mpu6050", "i2c", {"bands": [50.0]}, truth(rms=0.5))
        rig.chip.burst_ms = burst_ms
        rig.driver.read()
        values = rig.driver.read()
        # 128 samples are 6.4 periods, so the band leaks a little.
        assert abs(values["rms"] - 0.5) < 0.02 and abs(values["band0"] - 0.5) < 0.05
        assert abs(values["peak"] - 0.5 * math.sqrt(2)) < 0.05


def test_mpu6050_with_too_little_has_no_value_and_with_a_torn_sample_says_so():
    rig = Rig("mpu6050", "i2c", {}, truth())
    rig.chip.burst_ms = 100
    assert rig.driver.read() == {}
    rig.chip.torn = True
    rig.chip.burst_ms = 1000
    assert rig.kind() == "io"
    rig.chip.torn = False
    assert abs(rig.value("rms") - 0.3) < 0.01


def test_axes_are_told_apart():
    for name in ("mpu6050", "lis3dh"):
        for axis, wanted in (("x", 0.1), ("y", 0.2), ("z", 0.4)):
            rig = Rig(name, "i2c", {"axis": axis}, truth())
            rig.chip.signal = lambda one, t: (
                {"x": 0.1, "y": 0.2, "z": 0.4}[one] * (1 if int(t * 168) % 2 else -1)
            )
            assert abs(rig.value("rms") - wanted) < 0.02, (name, axis)


def test_lis3dh_takes_64_samples_in_a_row_whatever_the_pace():
    for per_look in (1, 2, 5, 31):
        rig = Rig("lis3dh", "i2c", {"bands": [84.0]}, truth(rms=0.5))
        rig.chip.per_look = per_look
        rig.chip.elapse(1000)
        values = rig.driver.read()
        assert abs(values["rms"] - 0.5) < 0.02 and abs(values["band0"] - 0.5) < 0.02
    assert rig.value("rms")
    rig.chip.per_look = 32
    assert rig.kind() == "io"  # a gap between the first half and the second
    rig.chip.per_look = 0
    assert rig.kind() == "timeout"
    rig.chip.per_look = 5
    assert abs(rig.value("rms") - 0.5) < 0.02
