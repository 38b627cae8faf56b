"""One virtual clock, one queue of events, one seed: what makes a run repeatable.

Time is whole seconds since the run began. Everything that happens is an event; events of the same
second happen in the order in which they were asked for, so the order is total. Chance comes from
named streams: each name has a generator of its own, so that a new stream leaves the others as
they were. `RealTime` plays the same world at a speed a person can watch.
"""

import hashlib
import heapq
import random
import threading
import time
from collections.abc import Callable

START_UNIX = 1_767_571_200
"""Monday 2026-01-05 00:00:00 UTC: every run begins here unless its scenario says otherwise."""

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


class Event:
    """Something that will happen; `cancel()` takes it back."""

    __slots__ = ("arguments", "at", "call", "cancelled")

    def __init__(self, at: int, call: Callable, arguments: tuple):
        self.at = at
        self.call = call
        self.arguments = arguments
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class World:
    """The virtual clock, the queue and the streams of chance.

    `now` is in whole seconds since the start, `unix` the same instant as UTC.
    """

    def __init__(self, seed: int, start_unix: int = START_UNIX):
        self.seed = seed
        self.start_unix = start_unix
        self.now = 0
        self.events = 0
        self._asked = 0
        self._queue: list[tuple[int, int, Event]] = []
        self._streams: dict[str, random.Random] = {}

    @property
    def unix(self) -> int:
        return self.start_unix + self.now

    def derive(self, name: str) -> bytes:
        """32 bytes that depend on the seed and this name only: keys, seeds of other generators."""
        return hashlib.sha256(f"steward/world/{self.seed}/{name}".encode()).digest()

    def stream(self, name: str) -> random.Random:
        """The generator of this name; the same object every time it is asked for."""
        if name not in self._streams:
            self._streams[name] = random.Random(int.from_bytes(self.derive(name), "big"))
        return self._streams[name]

    def at(self, when: int, call: Callable, *arguments) -> Event:
        """Have `call(*arguments)` happen at second `when`, or at once when that has passed."""
        event = Event(max(int(when), self.now), call, arguments)
        self._asked += 1
        heapq.heappush(self._queue, (event.at, self._asked, event))
        return event

    def after(self, delay: int, call: Callable, *arguments) -> Event:
        return self.at(self.now + int(delay), call, *arguments)

    def every(self, period: int, call: Callable, *arguments) -> None:
        """Have `call` happen each `period` seconds, for ever, first after one period."""

        def again():
            call(*arguments)
            self.after(period, again)

        self.after(period, again)

    def next_at(self) -> int | None:
        """The second of the next event, or None when nothing will ever happen."""
        while self._queue and self._queue[0][2].cancelled:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def run_until(self, end: int) -> None:
        """Let everything up to and including second `end` happen; then the clock stands there."""
        queue, pop = self._queue, heapq.heappop
        while queue and queue[0][0] <= end:
            event = pop(queue)[2]
            if event.cancelled:
                continue
            self.now = event.at
            self.events += 1
            event.call(*event.arguments)
        self.now = max(self.now, end)


class RealTime:
    """Plays a world at `speed` virtual seconds a second; may be paused and resumed by any thread.

    `run(end)` blocks and paces; `pump(end)` returns at once, for a caller with a loop of its own.
    Clock (seconds, rising) and wait (seconds) are passed in so that tests need no time.
    """

    LONGEST_WAIT_S = 0.25

    def __init__(self, world: World, speed: float = 1.0, clock=time.monotonic, wait=None):
        self.world = world
        self._clock = clock
        self._changed = threading.Event()
        self._wait = wait or self._changed.wait
        self._speed = speed
        self._paused = False
        self._stopped = False
        self._anchor()

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"speed {speed} must be above 0")
        self._anchor()
        self._speed = speed
        self._changed.set()

    @property
    def paused(self) -> bool:
        return self._paused

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._anchor()
        self._paused = False
        self._changed.set()

    def stop(self) -> None:
        self._stopped = True
        self._changed.set()

    def target(self) -> int:
        """The virtual second at which the world ought to stand now."""
        if self._paused:
            return self.world.now
        return self._from + int((self._clock() - self._since) * self._speed)

    def pump(self, end: int) -> bool:
        """Bring the world up to where it ought to stand; False once `end` is reached."""
        self.world.run_until(max(self.world.now, min(self.target(), end)))
        return self.world.now < end and not self._stopped

    def run(self, end: int) -> None:
        while self.pump(end):
            self._changed.clear()
            self._wait(self._until_next(end))

    def _until_next(self, end: int) -> float:
        if self._paused:
            return self.LONGEST_WAIT_S
        upcoming = self.world.next_at()
        ahead = min(end, end if upcoming is None else upcoming) - self.target()
        return min(max(ahead / self._speed, 0.0), self.LONGEST_WAIT_S)

    def _anchor(self) -> None:
        self._from = self.world.now
        self._since = self._clock()
