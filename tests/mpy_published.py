"""Drivers that others have published, on our buses as they stand: what "machine's verbs" means.

Runs on both runtimes. The drivers are those of `periph` (PyPI, MIT), which know nothing of this
project; its connections for MicroPython take a `machine.I2C` or `machine.Pin`, and are handed ours.
They and our chips were written from the same data sheets by different people, so they also check
each other. On MicroPython this file is the main program: it prints what it read as JSON.
"""

import json
import sys

if sys.implementation.name == "micropython":
    # What micropython-lib calls `abc`, which periph imports and the standard firmware lacks.
    class Abc:
        ABC = object

        def abstractmethod(method):
            return method

    sys.modules["abc"] = Abc  # type: ignore[assignment]

from periph.chips.adc_dac.hx711 import HX711Minimal
from periph.chips.environmental.bme280 import BME280Minimal
from periph.chips.imu.mpu6050 import MPU6050Minimal
from periph.chips.power.ina219 import INA219Minimal
from periph.chips.power.ina226 import INA226Minimal
from periph.chips.pressure.bmp280 import BMP280Minimal
from periph.connection.hx711_micropython import HX711Connection
from periph.connection.i2c_micropython import I2CConnection

from hal.simulated.chips import bme280, ds18b20, hx711, ina219, ina226, mpu6050
from hal.simulated.i2c import I2c
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins

TRUTH = {
    "temperature": 21.5, "pressure": 98_000.0, "humidity": 40.0, "current": 0.5, "voltage": 12.0,
    "rms": 0.0, "": 1234.0,
}  # fmt: skip
G0 = 9.80665
# What each driver is to say, and the step of its chip.
WANTED = {
    "bme280": ((21.5, 0.02), (980.0, 0.02), (40.0, 0.05)),
    "bmp280": ((21.5, 0.02), (980.0, 0.02)),
    # periph cuts its calibration down to a whole number, which makes the current 0.1 % too small.
    "ina219": ((12.0, 0.004), (0.05, 1e-5), (0.5, 6e-4), (6.0, 0.01)),
    "ina226": ((12.0, 0.00125), (0.05, 2.5e-6), (0.5, 6e-4), (6.0, 0.01)),
    "mpu6050": ((0.0, 0.001), (0.0, 0.001), (G0, 0.001)),
    "hx711": ((1234.0, 0.0),),
    "ds18x20": ((21.5, 0.0625),),
}


def quantity(field):
    return TRUTH[field]


def read_i2c(bus, behind):
    """What the I2C drivers say on `bus`, at whose other end is the simulated bus `behind`."""
    air, power = ("temperature", "pressure"), ("voltage", "shunt_voltage", "current", "power")
    made = (
        ("bme280", bme280.Chip({}, quantity), BME280Minimal, air + ("humidity",)),
        ("bmp280", bme280.Chip({"address": 0x77}, quantity, 0x58), BMP280Minimal, air),
        ("ina219", ina219.Chip({}, quantity), INA219Minimal, power),
        ("ina226", ina226.Chip({"address": 0x41}, quantity), INA226Minimal, power),
    )
    said = {}
    for name, chip, make, fields in made:
        chip.attach(behind)
        driver = make(I2CConnection(bus, chip.address))
        chip.ready = True  # they do not wait for the first conversion
        said[name] = [getattr(driver, field)() for field in fields]
    chip = mpu6050.Chip({"axis": "z"}, quantity)
    chip.attach(behind)
    said["mpu6050"] = list(MPU6050Minimal(I2CConnection(bus, 0x68)).accel())
    return said


def read_hx711(bank, behind):
    hx711.Chip({"clock": 12, "data": 13}, quantity).attach(behind)
    driver = HX711Minimal(HX711Connection(bank.input(13), bank.output(12)))
    return {"hx711": [driver.read_raw()]}


class Ds18x20:
    """The calls of micropython-lib's `ds18x20`, which the ESP32 has frozen, in their order."""

    def __init__(self, wire):
        self.wire = wire
        self.data = bytearray(9)

    def scan(self):
        return [rom for rom in self.wire.scan() if rom[0] in (0x10, 0x22, 0x28)]

    def convert(self):
        self.wire.reset(True)
        self.wire.writebyte(self.wire.SKIP_ROM)
        self.wire.writebyte(0x44)

    def read(self, rom):
        self.wire.reset(True)
        self.wire.select_rom(rom)
        self.wire.writebyte(0xBE)
        self.wire.readinto(self.data)
        assert not self.wire.crc8(self.data)
        return (self.data[1] << 8 | self.data[0]) / 16


def read_onewire(bus, behind):
    ds18b20.Chip({}, lambda field: TRUTH["temperature"]).attach(behind)
    driver = Ds18x20(bus)
    driver.convert()
    return {"ds18x20": [driver.read(rom) for rom in driver.scan()]}


def wrong(said):
    """What of it is not what was measured, or was not said at all."""
    found = []
    for name, values in said.items():
        wanted = WANTED[name]
        close = [
            abs(values[index] - value) <= step
            for index, (value, step) in enumerate(wanted[: len(values)])
        ]
        if len(values) != len(wanted) or not all(close):
            found.append((name, values))
    return found


def main():
    wire, line, bank = I2c(), OneWire(), Pins()
    said = read_i2c(wire, wire)
    said.update(read_hx711(bank, bank))
    said.update(read_onewire(line, line))
    print(json.dumps({"said": said, "wrong": wrong(said)}))


if __name__ == "__main__":
    main()
