"""What can go wrong with the sensors of any plant, put between the plant and whoever reads it."""

import math

from sim.plants.plant import UnknownName

NOISE_SHARE = 0.02
"""Added noise, as a share of the value, when a sensor is noisy; its own noise is about a tenth."""

UNIT_FACTOR = 0.035274
"""Grams reported as ounces: the mix-up of units that a firmware change most easily makes."""

NOTICEABLE = 0.2
"""How far a failure must have come for somebody who came for another to see it."""

RAIL = 1e6
"""What a railed converter reports: far outside of any plausible range."""

SENSOR_FAULTS = {
    "frozen": "keeps saying what it said",
    "disconnected": "cannot be read",
    "rail": "says the largest value there is",
    "noise": "ten times the usual noise",
    "units": "reports another unit",
}


class Sensors:
    """A plant whose sensors may be broken; everything else passes through to the plant."""

    def __init__(self, plant, world):
        self.plant = plant
        self._world = world
        self._broken: dict[str, str] = {}
        self._since: dict[str, int] = {}
        self._held: dict[str, float | None] = {}
        self._hung: set[str] = set()
        self._more: dict[str, float] = {}

    def __getattr__(self, name):
        return getattr(self.plant, name)

    def read(self, signal: str) -> float | None:
        """As Plant.read, through the sensor as it is."""
        if signal in self._broken:
            return getattr(self, f"_{self._broken[signal]}")(signal)
        value = self.plant.read(signal)
        if signal in self._more and value is not None:
            value += self._more[signal]
        return value

    def break_sensor(self, signal: str, kind: str, hung: bool = False) -> None:
        """hung: nothing is broken, and its part set up anew puts it right."""
        if signal not in self.plant.signals:
            raise UnknownName("signal", signal, self.plant.signals)
        if kind not in SENSOR_FAULTS:
            raise UnknownName("sensor fault", kind, SENSOR_FAULTS)
        self._held[signal] = self.plant.read(signal)
        self._broken[signal] = kind
        self._since[signal] = self._world.now
        (self._hung.add if hung else self._hung.discard)(signal)

    def restart(self, signal: str) -> bool:
        """The part of a sensor is set up anew; whether that put it right."""
        return signal in self._hung and self.mend_sensor(signal)

    def mend_sensor(self, signal: str) -> bool:
        """Put the sensor right; whether it was broken."""
        self._since.pop(signal, None)
        self._hung.discard(signal)
        return self._broken.pop(signal, None) is not None

    def swap_sensor(self, signal: str, more: float) -> None:
        """Another one is put in, sound, which says so much more than the first one did."""
        self.mend_sensor(signal)
        self._more[signal] = more

    def put_right(self, mode: str, signal: str | None = None) -> list[str]:
        """Repair whatever is behind a failure mode of the product; returns what was repaired.

        `signal` is the one the finding was about, for faults of a sensor.
        """
        causes = [cause for cause in self.plant.modes if self._is_behind(cause, mode)]
        mended = [cause for cause in causes if self.plant.repair(cause)]
        if mode in self.shows_as_sensor():
            suspects = [signal] if signal in self._broken else sorted(self._broken)
            mended += [f"sensor {name}" for name in suspects if self.mend_sensor(name)]
        return mended

    def _is_behind(self, cause: str, mode: str) -> bool:
        """Would somebody who came for this failure mode repair that cause?"""
        far = self.plant.level(cause, self._world.now) >= NOTICEABLE
        return cause == mode or (far and mode in self.plant.shows_as(cause))

    def shows_as_sensor(self) -> tuple[str, ...]:
        """Failure modes of the product that a broken sensor may rightly be reported as."""
        named = (mode for mode, causes in self.plant.causes.items() if "sensor" in causes)
        return ("sensor_fault", *named)

    def broken_sensors(self) -> dict[str, str]:
        return dict(self._broken)

    def _frozen(self, signal):
        if self._held[signal] is None:
            self._held[signal] = self.plant.read(signal)
        return self._held[signal]

    def _disconnected(self, signal):
        return math.nan

    def _rail(self, signal):
        return RAIL

    def _noise(self, signal):
        value = self.plant.read(signal)
        if value is None:
            return None
        spread = max(abs(value) * NOISE_SHARE, NOISE_SHARE) * 10
        return value + self._world.stream(f"sensor/{signal}").gauss(0.0, spread)

    def _units(self, signal):
        value = self.plant.read(signal)
        return None if value is None else value * UNIT_FACTOR
