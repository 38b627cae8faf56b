"""What stands in the way of a thing that sleeps on a battery, or knows nothing of it."""

from boards.chips import CHIPS
from boards.load import Loaded
from boards.schema import Product
from boards.wiring import Board, Sensor

COUNTING = {"pulse_meter": None, "contact": "count"}  # drivers, and fields, that live on edges


def check_power(loaded: Loaded, board: Board, carried: Loaded | None) -> None:
    """Adds what keeps the thing from sleeping, and whether its battery is seen by a channel."""
    power = board.power
    if power is None:
        return
    if board.chip in CHIPS and CHIPS[board.chip].linux:
        loaded.report(("power",), f"{board.chip} does not sleep; batteries are for an ESP32")
    if power.flat >= power.low:
        loaded.report(("power", "flat"), "flat must be below low")
    for name, sensor in board.sensors.items():
        if _counts(sensor):
            loaded.report(
                ("sensors", name, "driver"),
                f"{sensor.driver} counts edges, and a sleeping chip sees none: "
                "take a counter on a bus, or leave out power",
            )
    if carried is not None and isinstance(carried.model, Product):
        _check_gauge(loaded, power.battery, carried.model)


def _counts(sensor: Sensor) -> bool:
    return sensor.driver in COUNTING and COUNTING[sensor.driver] in (None, sensor.field)


def _check_gauge(loaded: Loaded, name: str, product: Product) -> None:
    channel = product.channels.get(name)
    if channel is None:
        loaded.report(("power", "battery"), f'{product.product} has no channel "{name}"')
    elif channel.unit != "%":
        loaded.report(("power", "battery"), f'"{name}" is in {channel.unit}; it must be in %')
