"""What each driver in hal/drivers asks of a board: which pins, on which bus, as what.

The argument names are those that the driver takes; tests/test_boards_drivers.py holds this table
against the drivers themselves.
"""

from dataclasses import dataclass, field

# What a pin of that name does, seen from the chip.
BUS_PINS: dict[str, dict[str, str]] = {
    "i2c": {"sda": "both", "scl": "both"},
    "spi": {"sck": "out", "mosi": "out", "miso": "in"},
    "onewire": {"data": "both"},
    "uart": {"tx": "out", "rx": "in"},
}


@dataclass(frozen=True)
class Driver:
    """Pins of its own by role, and the kind of bus it hangs on if it needs one."""

    bus: str | None = None
    pins: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


DRIVERS: dict[str, Driver] = {
    "simulated": Driver(args=("signal",), needed=("signal",)),
}
