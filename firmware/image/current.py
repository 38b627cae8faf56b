"""What a thing on a battery draws on average, and how long that lasts: an estimate.

It follows esp32/duty.py: a nap until the next reading is due, a short session to hear
the desk. Currents are typical ones from the data sheets, of bare chips at 3.3 V: a development
board's regulator, lamp and USB bridge come on top, and so do cold and age of the cell. How long a
chip is awake for a reading and a session is assumed (TURN_S, SESSION_S), not measured on one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from boards.schema import Product
from boards.wiring import Board
from firmware.esp32 import duty


class Draw(NamedTuple):
    """Milliamperes of a chip: asleep, at work without radio, with radio."""

    asleep: float
    awake: float
    online: float


# Espressif's series data sheets, typical at 3.3 V and 25 degC: light sleep; modem sleep at 160 MHz;
# receiving. Peaks while sending, 335 mA on an ESP32-C3, are too short to matter here.
CHIP_DRAW = {
    # v5.2, table 4-2: 0.8 mA; two cores 27 to 44 mA; table 5-4: 95 to 100 mA
    "esp32": Draw(0.8, 35.0, 100.0),
    # v2.0, table 5-9: 240 uA; 5-8: one core at work 39.9 mA, 54.6 with all clocks on; 5-7: 88 to 91
    "esp32s3": Draw(0.24, 40.0, 91.0),
    # v2.4, table 5-9: 130 uA; 5-8: at work 23 mA, 28 with all clocks on; 5-7: 84 to 87 mA
    "esp32c3": Draw(0.13, 28.0, 87.0),
}
# Milliamperes that parts draw all the time, measuring or not, as their drivers here leave them.
PART_DRAW = {
    "ads1115": 0.0005, "bh1750": 0.0001, "bme280": 0.004, "contact": 0.07, "ds18b20": 0.001,
    "fdc1004": 0.75, "hc_sr04": 2.0, "hx711": 1.5, "ina219": 1.0, "ina226": 0.33, "lis3dh": 0.011,
    "max17048": 0.023, "mcp3008": 0.4, "mpu6050": 0.5, "ntc": 0.16, "sht": 0.0002,
}  # fmt: skip
OPEN_CONTACT = 0.003  # against 1 MOhm outside, where the pin's own resistor is off
TURN_S = 0.3  # a round of sensors and a step of the agent
NAP_TURN_S = 0.003  # waking up for the watchdog, and back to sleep
SESSION_S = 8 + duty.LINGER_S  # join, TLS, what there is to say, and a moment for answers
STEP_S = 300  # of the agent, at the latest
USABLE = 0.85  # of a cell, between new and flat, with what it loses by itself


class Estimate(NamedTuple):
    """Milliamperes on average by cause, and how many days a battery lasts."""

    parts: dict[str, float]
    days: int

    @property
    def average_ma(self) -> float:
        return sum(self.parts.values())

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {draw:.3f}" for name, draw in self.parts.items())
        return f"{self.average_ma:.2f} mA on average ({shares}): {self.days} days"


def estimate(board: Board, product: Product) -> Estimate | None:
    """None for a board without a battery, and for a chip whose draw nobody here knows."""
    if board.power is None or board.chip not in CHIP_DRAW:
        return None
    chip = CHIP_DRAW[board.chip]
    shortest = min(channel.every for channel in product.channels.values())
    turns = duty.DAY_S / min(shortest, STEP_S)
    naps = duty.DAY_S / duty.NAP_S
    sessions = duty.DAY_S / board.power.listen_every
    busy_s = turns * TURN_S + naps * NAP_TURN_S
    online_s = sessions * SESSION_S
    parts = {
        "asleep": chip.asleep * (1 - (busy_s + online_s) / duty.DAY_S),
        "awake": chip.awake * busy_s / duty.DAY_S,
        "online": chip.online * online_s / duty.DAY_S,
        "sensors": sum(_parts(board)),
    }
    return Estimate(parts, int(USABLE * board.power.capacity / sum(parts.values()) / 24))


def _parts(board: Board) -> Iterator[float]:
    """Once for each part, which may measure several channels."""
    seen = set()
    for sensor in board.sensors.values():
        part = f"{sensor.driver} {sensor.bus} {sorted(sensor.pins.items())} {sensor.args}"
        if part not in seen:
            seen.add(part)
            open_contact = sensor.driver == "contact" and sensor.args.get("pull") == ""
            yield OPEN_CONTACT if open_contact else PART_DRAW.get(sensor.driver, 0.0)
