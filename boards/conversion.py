"""What a sensor gives and what its channel wants, where the two are in different units."""

from decimal import Decimal

from boards import units
from boards.drivers import UNITS
from boards.wiring import Sensor


def given(sensor: Sensor) -> str | None:
    """The unit of a sensor's value behind its filters, None where only its calibration knows."""
    if sensor.unit is not None:
        return sensor.unit
    if any(stage.points for stage in sensor.filter):
        return None
    return UNITS.get(sensor.driver, {}).get(sensor.field or "")


def factor(sensor: Sensor, wanted: str) -> Decimal:
    """By what to multiply; ValueError says which units would do."""
    unit = given(sensor)
    return Decimal(1) if unit is None else units.convert(Decimal(1), unit, wanted)


def stages(sensor: Sensor, wanted: str) -> list[tuple[str, list[list[float]]]]:
    """The stage that converts, as a calibration through the origin; none where none is wanted."""
    times = factor(sensor, wanted)
    return [] if times == 1 else [("points", [[0, 0], [1, float(times)]])]
