"""What goes on around a simulated board, in real time, and what hands can do to it.

A product that has a plant (sim/plants) is used by people as that plant has it; of any other one
nothing moves by itself. Everything said of a channel by hand holds until it is taken back.
"""

import inspect
import threading
import time
from collections.abc import Callable

from sim import plants
from sim.plants import UnknownName
from sim.world.clock import RealTime, World

NOISE_STEPS = 0.6  # of a resting channel's resolution: a sensor that says the same for hours is ill
FOREVER = 1 << 40
HANGS = "hung"


class Resting:
    """The channels of a product without a plant: each stays where it was put, but for noise.

    channels: of the compiled product. What runs out is full, a switch is on, a counter at 0, and
    anything else in the middle of its range until somebody says better.
    """

    def __init__(self, world: World, product: dict):
        self._draw = world.stream("board/noise").gauss
        self._steps = {}
        self._values = {}
        for channel in product["channels"]:
            name, switch = channel["name"], channel["unit"] == "on/off"
            self._steps[name] = 0 if switch else NOISE_STEPS / channel["scale"]
            middle = (channel["low"] + channel["high"]) / 2
            self._values[name] = 1.0 if switch else 0.0 if channel["unit"] == "count" else middle
        for consumable in product.get("consumables", ()):
            if consumable["channel"] >= 0:
                name = product["channels"][consumable["channel"]]["name"]
                self._values[name] = float(consumable["capacity"])

    def advance(self, at: int) -> None:
        """Nothing moves."""

    def read(self, signal: str) -> float | None:
        return self._values[signal] + self._draw(0.0, self._steps[signal])


class Surroundings:
    """For a PlantServer both the world and the plant; `obey` does what a person says.

    product: compiled and decoded; settings: of its plant; speed: of people and wear, in seconds a
    second; told(output, on, what that mended): hears what the thing switches. Raises UnknownName
    for a setting that the plant does not have.
    """

    told: Callable[[str, bool, list[str]], None] = staticmethod(lambda output, on, mended: None)

    def __init__(self, product: dict, settings: dict[str, float], speed: float = 1.0):
        self._lock = threading.RLock()
        self._world = World(seed=time.time_ns(), start_unix=int(time.time()))
        self._clock = RealTime(self._world, speed)
        self._channels = [channel["name"] for channel in product["channels"]]
        self._held: dict[str, float] = {}
        self._last: dict[str, float | None] = {}
        self._on: dict[str, bool] = {}
        kind = product["product"]
        self.plant: plants.Sensors | Resting
        if kind in plants.KINDS:
            self.plant = plants.build(kind, self._world, settings)
        else:
            self.plant = Resting(self._world, product)
            for name, value in settings.items():
                self._hold(name, value)

    @property
    def now(self) -> int:
        """Seconds since it began, as fast as they go here."""
        with self._lock:
            self._clock.pump(FOREVER)
            return self._world.now

    def read(self, signal: str) -> float | None:
        """What is true of a channel; NaN when its sensor cannot be read."""
        with self._lock:
            if signal in self._held:
                return self._held[signal]
            self.plant.advance(self.now)
            if isinstance(self.plant, plants.Sensors) and signal not in self.plant.signals:
                return None
            value = self.plant.read(signal)
            if value is not None:  # a sensor that measures in bursts says the last one again
                self._last[signal] = value
            return self._last.get(signal)

    def switched(self, output: str, on: bool) -> None:
        """The thing has an output on or off; one that its plant knows has an effect there."""
        with self._lock:
            mended = []
            if isinstance(self.plant, plants.Sensors) and output in self.plant.outputs:
                mended = self.plant.switched(output, on)
            changed = self._on.get(output) not in (on, None)
            self._on[output] = on
        if changed:
            self.told(output, on, mended)

    def obey(self, line: str) -> str:
        """Do what a person says; returns what came of it. Raises ValueError for what cannot be."""
        word, *rest = line.split() or [""]
        if word not in WORDS:
            raise ValueError(f"{word!r} is none of: {', '.join(WORDS)}")
        act, usage = WORDS[word]
        try:
            inspect.signature(act).bind(self, *rest)
        except TypeError:
            raise ValueError(f"say: {usage}") from None
        with self._lock:
            return act(self, *rest)

    def _hold(self, name: str, value: float) -> None:
        if name not in self._channels:
            raise UnknownName("channel", name, self._channels)
        self._held[name] = value


def _set(around: Surroundings, name: str, value: str) -> str:
    if value == "true":
        around._held.pop(name, None)
        return f"{name} says what is true again"
    around._hold(name, _number(value))
    return f"{name} says {value}"


def _fill(around: Surroundings, name: str, amount: str = "") -> str:
    put = _moving(around).refill(name, _number(amount) if amount else None)
    return f"{put:g} went in"


def _empty(around: Surroundings, name: str) -> str:
    _moving(around).empty(name)
    return f"{name} is empty"


def _break(around: Surroundings, mode: str, how: str = "") -> str:
    if how not in ("", HANGS):
        raise ValueError(f"{how!r} is not {HANGS}")
    _moving(around).fail(mode, hung=bool(how))
    return f"{mode} from now on"


def _mend(around: Surroundings, mode: str) -> str:
    return f"{mode} is put right" if _moving(around).repair(mode) else f"nothing was wrong: {mode}"


def _list(around: Surroundings) -> str:
    rows = [f"{name:20} {_told(around.read(name))}" for name in around._channels]
    rows += [f"{name:20} {'on' if on else 'off'}" for name, on in sorted(around._on.items())]
    if isinstance(around.plant, plants.Sensors):
        rows += [f"can be filled: {', '.join(around.plant.consumables)}",
                 f"can break: {', '.join(around.plant.modes)}"]  # fmt: skip
    return "\n".join(rows)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _moving(around: Surroundings) -> plants.Sensors:
    if not isinstance(around.plant, plants.Sensors):
        raise ValueError("this product has no plant, so nothing in it moves: say set CHANNEL VALUE")
    return around.plant


WORDS: dict[str, tuple[Callable[..., str], str]] = {
    "list": (_list, "list"),
    "set": (_set, "set CHANNEL VALUE|true"),  # true: no longer
    "fill": (_fill, "fill CONSUMABLE [AMOUNT]"),
    "empty": (_empty, "empty CONSUMABLE"),
    "break": (_break, f"break FAILURE [{HANGS}]"),  # so what the thing switches puts it right
    "mend": (_mend, "mend FAILURE"),
}
