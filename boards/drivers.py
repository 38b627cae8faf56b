"""What each driver in hal/drivers asks of a board: which pins, on which bus, with which arguments.

What an argument means stands in the driver's docstring, with the page of the data sheet;
tests/test_boards_drivers.py holds this table against the drivers themselves.
"""

from dataclasses import dataclass, field

from boards.settings import Setting, number, whole

# What a pin of that name does, seen from the chip.
BUS_PINS: dict[str, dict[str, str]] = {
    "i2c": {"sda": "both", "scl": "both"},
    "spi": {"sck": "out", "mosi": "out", "miso": "in"},
    "onewire": {"data": "both"},
    "uart": {"tx": "out", "rx": "in"},
}

# A number in a range, one of some values, or None for what only the driver can judge.
Allowed = Setting | tuple[str | float, ...] | None


@dataclass(frozen=True)
class Driver:
    """Pins of its own by role, and the kind of bus it hangs on if it needs one."""

    bus: str | None = None
    pins: dict[str, str] = field(default_factory=dict)
    args: dict[str, Allowed] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    address: int | None = None  # on I2C, when the board does not say
    writes: bool = False  # it can be an output


PULL = ("up", "down", "")
FLAG = whole(0, 1)
DEBOUNCE = whole(0, 1000)
POWER_FIELDS = ("current", "voltage", "power")
VIBRATION_FIELDS = ("rms", "peak", "kurtosis", "band0", "band1", "band2", "band3")
VIBRATION_ARGS: dict[str, Allowed] = {
    "axis": ("x", "y", "z"),
    "bands": None,
    "full_scale": (2, 4, 8, 16),
}


def i2c(
    low: int,
    high: int,
    default: int,
    fields: tuple[str, ...] = (),
    args: dict[str, Allowed] | None = None,
    needed: tuple[str, ...] = (),
) -> Driver:
    """A part on I2C that can be set to the addresses from low to high."""
    return Driver("i2c", {}, {"address": whole(low, high), **(args or {})}, needed, fields, default)


DRIVERS: dict[str, Driver] = {
    "simulated": Driver(args={"signal": None}, needed=("signal",), writes=True),
    # Switches, pulses and distances on pins.
    "contact": Driver(
        pins={"pin": "in"},
        args={"closed": FLAG, "pull": PULL, "debounce_ms": DEBOUNCE},
        needed=("pin",),
        fields=("closed", "count"),
    ),
    "pulse_meter": Driver(
        pins={"pin": "in"},
        args={
            "per_unit": number(1e-6),
            "per": number(1e-6),
            "debounce_ms": DEBOUNCE,
            "gap_s": whole(1, 1000),
            "pull": PULL,
            "hold": FLAG,
        },
        needed=("pin", "per_unit"),
        fields=("total", "rate"),
    ),
    "hc_sr04": Driver(
        pins={"trigger": "out", "echo": "in"},
        args={"temperature": number(-40, 85)},
        needed=("trigger", "echo"),
    ),
    "dht22": Driver(pins={"pin": "both"}, needed=("pin",), fields=("temperature", "humidity")),
    "hx711": Driver(
        pins={"clock": "out", "data": "in"},
        args={"offset": whole(-(2**23), 2**23), "per_unit": number()},
        needed=("clock", "data"),
    ),
    "ntc": Driver(
        pins={"pin": "analog"},
        args={
            "series": number(1),
            "supply": number(0.1, 24),
            "r25": number(1),
            "beta": number(100, 10_000),
            "coefficients": None,
            "high": FLAG,
        },
        needed=("pin",),
    ),
    # Outputs.
    "relay": Driver(
        pins={"output": "out"}, args={"active": FLAG}, needed=("output",), writes=True
    ),
    "dimmer": Driver(
        pins={"output": "out"}, args={"hz": whole(1, 100_000)}, needed=("output",), writes=True
    ),
    # Converters and parts on buses.
    "mcp3008": Driver(
        "spi", {"cs": "out"}, {"input": whole(0, 7), "reference": number(0.1, 5.5)}, ("cs", "input")
    ),
    "ads1115": i2c(
        *(0x48, 0x4B, 0x48),
        args={
            "input": whole(0, 3),
            "full_scale": (6.144, 4.096, 2.048, 1.024, 0.512, 0.256),
        },
        needed=("input",),
    ),
    "ds18b20": Driver("onewire", args={"rom": None}),
    "sht": i2c(0x44, 0x46, 0x44, ("temperature", "humidity"), args={"family": (3, 4)}),
    "bme280": i2c(0x76, 0x77, 0x76, ("temperature", "pressure", "humidity")),
    "bh1750": Driver("i2c", args={"address": (0x23, 0x5C)}, address=0x23),
    "fdc1004": i2c(
        *(0x50, 0x50, 0x50),
        fields=("level", "c1", "c2"),
        args={
            "height": number(1),
            "empty1": number(),
            "empty2": number(),
            "capdac": whole(0, 31),
        },
        needed=("height",),
    ),
    "ina219": i2c(0x40, 0x4F, 0x40, POWER_FIELDS, {"shunt": number(1e-6)}),
    "ina226": i2c(0x40, 0x4F, 0x40, POWER_FIELDS, {"shunt": number(1e-6)}),
    "lis3dh": i2c(0x18, 0x19, 0x18, VIBRATION_FIELDS, VIBRATION_ARGS),
    "mpu6050": i2c(0x68, 0x69, 0x68, VIBRATION_FIELDS, VIBRATION_ARGS),
    "max17048": i2c(0x36, 0x36, 0x36, ("charge", "voltage", "rate")),
}

_POWER_UNITS = {"current": "A", "voltage": "V", "power": "W"}
_VIBRATION_UNITS = dict.fromkeys(
    ("rms", "peak", "band0", "band1", "band2", "band3"),
    "g0",
)

# What each field is measured in; where nothing stands, only its calibration knows.
UNITS: dict[str, dict[str, str]] = {
    "hc_sr04": {"": "m"},
    "ntc": {"": "degC"},
    "mcp3008": {"": "V"},
    "ads1115": {"": "V"},
    "ds18b20": {"": "degC"},
    "dht22": {"temperature": "degC", "humidity": "%"},
    "bme280": {"temperature": "degC", "pressure": "Pa", "humidity": "%"},
    "sht": {"temperature": "degC", "humidity": "%"},
    "bh1750": {"": "lx"},
    "fdc1004": {"level": "mm"},
    "ina219": _POWER_UNITS,
    "ina226": _POWER_UNITS,
    "lis3dh": _VIBRATION_UNITS,
    "mpu6050": _VIBRATION_UNITS,
    "max17048": {"charge": "%", "voltage": "V"},
}
