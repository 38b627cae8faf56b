"""What drivers write into their parts, what they take when a board does not say, and warm-up.

Settings are spelt out here bit by bit from the data sheets, not taken from the drivers.
"""

from driver_rig import TRUTH, Rig, module, truth

from hal.simulated.i2c import I2c
from hal.simulated.pins import Pins

INA219_CONFIG = 1 << 13 | 3 << 11 | 15 << 7 | 15 << 3 | 7  # 32 V, /8, 128 samples twice, both
INA226_CONFIG = 1 << 14 | 3 << 9 | 4 << 6 | 4 << 3 | 7  # 64 averages, 1.1 ms twice, both


def test_settings_as_the_data_sheets_spell_them():
    for name, args, settings in (
        ("bme280", {}, {0xF2: 1, 0xF4: 1 << 5 | 1 << 2 | 3, 0xF5: 5 << 5}),
        ("ina219", {}, {0: INA219_CONFIG}),
        ("ina226", {}, {0: INA226_CONFIG}),
        ("fdc1004", {"height": 1.0}, {8: 0 << 13 | 7 << 10, 9: 1 << 13 | 7 << 10, 12: 0x05C0}),
        ("fdc1004", {"height": 1.0, "capdac": 5}, {8: 4 << 10 | 5 << 5}),
        ("mpu6050", {}, {0x6B: 1, 0x19: 0, 0x1A: 1, 0x1C: 2 << 3, 0x23: 0x88, 0x6A: 0x40}),
        ("mpu6050", {"full_scale": 16}, {0x1C: 3 << 3}),
        ("lis3dh", {}, {0x20: 9 << 4 | 7, 0x23: 0x80 | 2 << 4 | 8, 0x24: 0x40, 0x2E: 0x80}),
        ("lis3dh", {"full_scale": 2}, {0x23: 0x80 | 0 << 4 | 8}),
    ):
        chip = Rig(name, "i2c", args, truth()).chip
        for register, value in settings.items():
            assert chip.values[register] == value, (name, register, chip.values[register])


def test_a_part_that_was_left_running_is_set_up_anew():
    rig = Rig("bme280", "i2c", {}, truth())
    rig.chip.values.update({0xF4: 0xFF, 0xF5: 0x1C, 0xF2: 5})
    again = module("hal.drivers.bme280").Driver(rig.bus, {})
    assert (rig.chip.values[0xF4], rig.chip.values[0xF5], rig.chip.values[0xF2]) == (0x27, 0xA0, 1)
    assert abs(again.read()["temperature"] - 21.0) < 0.02


def test_addresses_that_a_board_may_leave_out():
    for name, address in (
        ("bme280", 0x76), ("ina219", 0x40), ("ina226", 0x40), ("ads1115", 0x48), ("fdc1004", 0x50),
        ("max17048", 0x36), ("mpu6050", 0x68), ("lis3dh", 0x18),
    ):  # fmt: skip
        for args in ({}, {"address": address + 1}):
            bus = I2c()
            args.update({"input": 0, "height": 10.0})
            chip = module("hal.simulated.chips." + name).Chip(args, lambda field: TRUTH[field])
            bus.attach(args.get("address", address), chip)
            assert module("hal.drivers." + name).Driver(bus, args)


def test_a_shunt_that_a_board_does_not_name_is_a_tenth_of_an_ohm():
    for name in ("ina219", "ina226"):
        assert abs(Rig(name, "i2c", {}, truth()).value("current") - 0.5) < 1e-3


def test_no_value_before_the_first_measurement():
    for name, args in (("ina219", {}), ("ina226", {}), ("fdc1004", {"height": 10.0})):
        rig = Rig(name, "i2c", args, truth())
        assert rig.driver.read() == {}, name
        assert rig.driver.read() != {}, name


def test_every_full_scale_of_the_ads1115():
    for full in (6.144, 4.096, 2.048, 1.024, 0.512, 0.256):
        for share in (0.1, -0.9, 0.99):
            rig = Rig("ads1115", "i2c", {"input": 1, "full_scale": full}, {"": share * full})
            assert abs(rig.value("") - share * full) < full / 50000
    assert abs(Rig("ads1115", "i2c", {"input": 1}, {"": 4.0}).value("") - 4.0) < 1e-4


def test_every_full_scale_of_the_accelerometers():
    for name in ("mpu6050", "lis3dh"):
        for full in (2, 4, 8, 16):
            rig = Rig(name, "i2c", {"full_scale": full}, truth(rms=0.6))
            assert abs(rig.value("rms") - 0.6) < 0.02, (name, full)


def test_bme280_from_frost_to_heat():
    """Pressure and humidity at other temperatures, where the cross terms of the formulas count."""
    for celsius in (-40.0, -10.0, 35.0, 85.0):
        for pressure, humidity in ((30000.0, 20.0), (101325.0, 80.0)):
            now = {"temperature": celsius, "pressure": pressure, "humidity": humidity}
            values = Rig("bme280", "i2c", {}, now).driver.read()
            assert abs(values["temperature"] - celsius) < 0.011
            assert abs(values["pressure"] - pressure) < 0.6
            assert abs(values["humidity"] - humidity) < 0.03


def test_bme280_stops_at_0_and_100_percent():
    for humidity, shown in ((-30.0, 0.0), (140.0, 100.0)):
        assert Rig("bme280", "i2c", {}, truth(humidity=humidity)).value("humidity") == shown


def test_a_contact_that_closes_to_the_supply_is_counted_when_it_closes():
    rig = Rig("contact", "pins", {"pin": 4, "closed": 1, "pull": "down"}, {"closed": 1})
    rig.truth = {"closed": 0}
    rig.bus.ticks.sleep_ms(500)
    assert rig.driver.read() == {"closed": 0, "count": 0}
    rig.truth = {"closed": 1}
    rig.bus.ticks.sleep_ms(500)
    assert rig.driver.read() == {"closed": 1, "count": 1}


def test_a_contact_counts_what_is_longer_than_its_debounce():
    for debounce_ms, count in ((None, 1), (20, 1), (5, 3)):
        args = {"pin": 4} if debounce_ms is None else {"pin": 4, "debounce_ms": debounce_ms}
        rig = Rig("contact", "pins", args, {"closed": 0})
        for closed in (1, 0, 1, 0, 1):  # ten milliseconds each
            rig.truth = {"closed": closed}
            rig.driver._counter.total()
            rig.bus.ticks.sleep_ms(10)
        assert rig.driver._counter.total() == count


class Driven:
    """What hangs on a pin and hears every level that it is driven to."""

    def __init__(self):
        self.levels = []

    def drive(self, level):
        self.levels.append(level)


def test_what_is_to_be_on_is_off_at_no_moment():
    for active in (1, 0):
        bank, load = Pins(), Driven()
        bank.attach(1, load)
        relay = module("hal.drivers.relay").Driver(bank, {"output": 1, "active": active})
        assert not load.levels and relay.read() == {"": 0}
        relay.write(1.0)
        assert set(load.levels) == {active}


def test_a_switched_thing_is_on_and_off_again():
    bank = Pins()
    for args, off in (({"output": 1}, 0), ({"output": 2, "active": 0}, 1)):
        relay = module("hal.drivers.relay").Driver(bank, args)
        relay.write(1)
        assert (bank.level(args["output"]), relay.read()) == (1 - off, {"": 1})
        relay.write(0)
        assert (bank.level(args["output"]), relay.read()) == (off, {"": 0})
    dimmer = module("hal.drivers.dimmer").Driver(bank, {"output": 3})
    assert (dimmer._pwm.hz, dimmer._pwm.duty_u16(), dimmer.read()) == (1000, 0, {"": 0.0})


def test_a_part_on_spi_is_left_alone_between_readings():
    rig = Rig("mcp3008", "spi", {"cs": 5, "input": 0}, truth())
    assert rig.bus.pins.level(5) == 1
    rig.value("")
    assert rig.bus.pins.level(5) == 1
