"""A thing in its place: reads the plant, turns the loop, talks over the network, loses its power.

This is firmware/loop.py's part in virtual time: the channels that are due are read, the agent is
stepped, what it says goes to the network, and the next turn is when something is due.
"""

import math
import traceback
from collections.abc import Callable
from pathlib import Path

from sim.world.clock import Event, World
from sim.world.network import Network
from sim.world.thing import Thing

GOOD, MISSING = 0, 4
"""Qualities of a reading, as agent/sense/channels.py has them."""

BOOT_AGAIN_S = 60
"""How long a thing that died by itself stays down: a watchdog's time, roughly."""


class Site:
    """One thing, its plant and its end of the network.

    channels: [(index, signal, period in s)]. `sent(frame)`, `effect(effect)`, `booted()`,
    `died(reason)` and `crashed(reason)` are called as things happen.
    """

    def __init__(self, world: World, name: str, thing: Thing, plant, network: Network, channels):
        self.world = world
        self.name = name
        self.thing = thing
        self.plant = plant
        self.network = network
        self.sent: Callable[[bytes], None] = lambda frame: None
        self.effect: Callable[[tuple], None] = lambda effect: None
        self.booted: Callable[[], None] = lambda: None
        self.died: Callable[[str], None] = lambda reason: None
        self.crashed: Callable[[str], None] = lambda reason: None
        self.readings = 0
        self.turns = 0
        self.off_s = BOOT_AGAIN_S
        self._inbox: list[bytes] = []
        self._booted_at = 0
        self._turn_at: int | None = None
        self._turn: Event | None = None
        self._power_on: Event | None = None
        periods = sorted({period for _, _, period in channels})
        self._groups = [
            (p, [(index, signal) for index, signal, period in channels if period == p])
            for p in periods
        ]
        network.watch(self.wake)

    # -- power -------------------------------------------------------------------------------

    def power_on(self) -> None:
        """Boot, and take the first turn at once."""
        if self.thing.alive:
            return
        self._booted_at = self.world.now
        self.booted()
        if not self._survives(self.thing.boot):
            return
        if self.thing.alive:
            self._plan(self.world.now)
        else:
            self._lost_power("power cut while booting")

    def power_off(self, for_s: int) -> None:
        """Pull the plug; it comes back after so many seconds."""
        self.off_s = for_s
        self.thing.kill()
        self._lost_power("switched off")

    def _lost_power(self, reason: str) -> None:
        self._plan(None)
        self.died(reason)
        if self._power_on is not None:
            self._power_on.cancel()
        self._power_on = self.world.after(self.off_s, self.power_on)

    # -- the loop ----------------------------------------------------------------------------

    @property
    def uptime(self) -> int:
        return self.world.now - self._booted_at

    def deliver(self, frame: bytes) -> None:
        """A frame from the desk reached the broker; a dead thing gets it after its boot."""
        self._inbox.append(frame)
        self.wake()

    def wake(self) -> None:
        """Take a turn now."""
        if self.thing.alive:
            self._plan(self.world.now)

    def line(self, text: str) -> str:
        """Type a line on the thing's console; what it says goes out at once."""
        if not self.thing.alive:
            return "no power"
        answer = self.thing.line(text)
        self.wake()
        return answer

    def _take_turn(self) -> None:
        self._turn_at = None
        now, uptime = self.world.now, self.uptime
        link = self.network.up(self.name)
        frames: list[bytes] = []
        if link:
            frames, self._inbox = self._inbox, []
        readings = self._read(now, uptime)
        self.turns += 1
        stepped = self._survives(self.thing.step, uptime, readings, frames, link)
        if stepped is False:
            return
        due, sent, effects = stepped
        for frame in sent:
            self.sent(frame)
            self.network.send(self.name, "up", frame)
        for effect in effects:
            self.effect(effect)
        if due is None:
            self._lost_power("power cut at an operation on flash")
            return
        self._plan(self._booted_at + min(max(due, uptime + 1), self._next_reading(uptime)))

    def _survives(self, call: Callable, *arguments):
        """What `call` returns (True for None), or False when the agent raised something."""
        try:
            answer = call(*arguments)
        # Whatever it is, it is a crash of the agent: that is reported, and it boots again.
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            self.crashed(f"{type(error).__name__} at {where}: {error}")
            self.thing.kill()
            self._lost_power("crashed")
            return False
        return True if answer is None else answer

    def _read(self, now: int, uptime: int) -> list[tuple[int, float, int]]:
        plant = self.plant
        plant.advance(now)
        read = plant.read
        readings = []
        for period, channels in self._groups:
            if uptime % period:
                continue
            for index, signal in channels:
                value = read(signal)
                if value is None:
                    continue
                readings.append((index, value, GOOD if not math.isnan(value) else MISSING))
        self.readings += len(readings)
        return readings

    def _next_reading(self, uptime: int) -> int:
        return min(uptime - uptime % period + period for period, _ in self._groups)

    def _plan(self, at: int | None) -> None:
        """Have the next turn at `at`, unless an earlier one is planned; None for no turn."""
        if at is not None and self._turn_at is not None and self._turn_at <= at:
            return
        if self._turn is not None:
            self._turn.cancel()
        self._turn = None
        self._turn_at = at
        if at is not None:
            self._turn = self.world.at(at, self._take_turn)
