"""The port every plant has, and the bookkeeping of failures that all of them share."""

from collections.abc import Iterable
from typing import ClassVar


class UnknownName(ValueError):
    """A name that a plant does not have; says what it has instead."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        super().__init__(f"no {kind} {name!r}; known: {', '.join(sorted(known))}")


class Fault:
    """A failure that grows in a straight line from 0 to `severity` within `over_s` seconds.

    hung: nothing is broken, and what the thing can switch itself puts it right."""

    __slots__ = ("hung", "mode", "over_s", "severity", "since")

    def __init__(
        self, mode: str, severity: float, since: int, over_s: int = 0, hung: bool = False
    ):
        self.mode = mode
        self.hung = hung
        self.severity = severity
        self.since = since
        self.over_s = over_s

    def level(self, at: int) -> float:
        if at < self.since:
            return 0.0
        grown = at >= self.since + self.over_s
        return self.severity if grown else self.severity * (at - self.since) / self.over_s


def _keeps_power(seconds: int) -> None:
    """What is done in most plants takes no power from the thing."""


class Plant:
    """A product's physics. Subclasses fill the class fields, `_advance` and the readers.

    `signals` maps a name to its unit. `consumables` maps what runs out to its capacity.
    `modes` maps what can fail to what it does, in words. `causes` maps a failure mode of the
    product to what may be behind it, where the two have different names; "sensor" is a sensor.
    `effects` maps what can fail to further failure modes that it truly looks like.
    `outputs` maps what the thing can switch to the failures that this may put right;
    `on_by_itself` are those of them that are on while nobody switches.
    `lost_power(seconds)` is to be called when the thing itself is without power for so long.
    """

    signals: ClassVar[dict[str, str]] = {}
    consumables: ClassVar[dict[str, float]] = {}
    modes: ClassVar[dict[str, str]] = {}
    causes: ClassVar[dict[str, tuple[str, ...]]] = {}
    effects: ClassVar[dict[str, tuple[str, ...]]] = {}
    outputs: ClassVar[dict[str, tuple[str, ...]]] = {}
    on_by_itself: ClassVar[tuple[str, ...]] = ()

    def __init__(self, world):
        self.world = world
        self.at = world.now
        self.levels = dict(self.consumables)
        self.demand = 0
        self.lost: dict[str, int] = {}
        self.settings: dict[str, float] = {}
        self._faults: dict[str, Fault] = {}
        self.on = {output: output in self.on_by_itself for output in self.outputs}
        self.lost_power = _keeps_power
        self._readers = {name: getattr(self, f"_read_{name}") for name in self.signals}

    def advance(self, at: int) -> None:
        """Let everything up to second `at` happen."""
        if at > self.at:
            self._advance(at)
            self.at = at

    def read(self, signal: str) -> float | None:
        """What the sensor of this signal says now.

        None means nothing new (a burst sensor between bursts), NaN that it cannot be read.
        """
        return self._readers[signal]()

    def refill(self, consumable: str, amount: float | None = None) -> float:
        """Fill up, or put `amount` in as far as it fits; returns what went in."""
        self.advance(self.world.now)
        room = self._capacity(consumable) - self.levels[consumable]
        put = room if amount is None else min(room, amount)
        self.levels[consumable] += put
        return put

    def room(self, consumable: str) -> float:
        return self._capacity(consumable) - self.levels[consumable]

    def change(self, setting: str, value: float) -> None:
        """A setting has another value from now on."""
        self.advance(self.world.now)
        self.settings[setting] = value

    def empty(self, consumable: str) -> None:
        self._capacity(consumable)
        self.advance(self.world.now)
        self.levels[consumable] = 0.0

    def fail(
        self, mode: str, severity: float = 1.0, over_s: int = 0, hung: bool = False
    ) -> None:
        """Have this failure grow to `severity` (0..1) within `over_s` seconds."""
        if mode not in self.modes:
            raise UnknownName("failure mode", mode, self.modes)
        self.advance(self.world.now)
        self._faults[mode] = Fault(mode, severity, self.world.now, over_s, hung)

    def repair(self, mode: str) -> bool:
        """Put a failure right; whether there was one."""
        if mode not in self.modes:
            raise UnknownName("failure mode", mode, self.modes)
        self.advance(self.world.now)
        return self._faults.pop(mode, None) is not None

    def switched(self, output: str, on: bool) -> list[str]:
        """The thing has an output on or off; returns what that put right: something that hung,
        when the output is back from the other way."""
        if output not in self.outputs:
            raise UnknownName("output", output, self.outputs)
        self.advance(self.world.now)
        back = on != self.on[output] and on == (output in self.on_by_itself)
        self.on[output] = on
        if not back:
            return []
        hung = [fault.mode for fault in self.faults() if fault.hung]
        return [mode for mode in hung if mode in self.outputs[output] and self.repair(mode)]

    def faults(self) -> list[Fault]:
        """What is broken now, oldest first."""
        return sorted(self._faults.values(), key=lambda fault: (fault.since, fault.mode))

    def shows_as(self, mode: str) -> tuple[str, ...]:
        """Failure modes of the product that this failure may rightly be reported as."""
        named = tuple(name for name, causes in self.causes.items() if mode in causes)
        return (mode, *named, *self.effects.get(mode, ()))

    def level(self, mode: str, at: int) -> float:
        """How far this failure has come, 0 when there is none."""
        fault = self._faults.get(mode)
        return fault.level(at) if fault else 0.0

    def stocked_out(self) -> list[str]:
        """Consumables of which there is too little to serve with."""
        return [name for name, level in self.levels.items() if level <= 0]

    def _advance(self, at: int) -> None:
        raise NotImplementedError

    def _capacity(self, consumable: str) -> float:
        if consumable not in self.consumables:
            raise UnknownName("consumable", consumable, self.consumables)
        return self.consumables[consumable]

    def _settle(self, settings: dict, known: dict) -> dict:
        """Settings over their defaults; a name that is not there raises UnknownName."""
        for name in settings:
            if name not in known:
                raise UnknownName(f"setting of {type(self).__name__}", name, known)
        settled = dict(known)
        settled.update(settings)
        return settled
