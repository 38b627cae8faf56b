"""What lies between a thing and its desk: it loses, doubles, delays, reorders and garbles.

Each direction of each thing draws from a stream of its own. While the network is cut nothing that
is sent arrives; what was underway still does. A broker that keeps messages for absent sessions is
the default: a frame that finds its thing unplugged waits for it, as MQTT QoS 1 has it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.world.clock import World


@dataclass
class Weather:
    """How bad the network is: shares of frames, and a delay in seconds drawn between two bounds."""

    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    corruption: float = 0.0
    delay_s: tuple[int, int] = (0, 2)
    reordering_s: int = 60


@dataclass
class Counts:
    """What became of the frames of one direction."""

    sent: int = 0
    sent_bytes: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0
    garbled: int = 0
    delivered: int = 0


@dataclass
class Direction:
    """One way of one thing: where frames end up, and what became of them so far."""

    deliver: Callable[[bytes], None]
    counts: Counts = field(default_factory=Counts)


class Network:
    """Carries frames of things up to the desk and down again.

    `attach` names the two ends of a thing; `send(thing, direction, frame)` may lose it.
    """

    def __init__(self, world: World, weather: Weather | None = None):
        self.world = world
        self.weather = weather or Weather()
        self._ways: dict[tuple[str, str], Direction] = {}
        self._cuts: list[tuple[int, str | None]] = []
        self._watchers: list[Callable[[], None]] = []

    def attach(self, thing: str, up: Callable[[bytes], None], down: Callable[[bytes], None]):
        self._ways[thing, "up"] = Direction(up)
        self._ways[thing, "down"] = Direction(down)

    def watch(self, call: Callable[[], None]) -> None:
        """Have `call()` happen whenever a link may have gone up or down."""
        self._watchers.append(call)

    def cut(self, for_s: int, thing: str | None = None) -> None:
        """Let nothing through for a while: to one thing, or to all (the broker is down)."""
        self._cuts.append((self.world.now + for_s, thing))
        self.world.after(for_s, self._changed)
        self._changed()

    def mend(self) -> None:
        """End every cut now."""
        self._cuts = []
        self._changed()

    def up(self, thing: str) -> bool:
        """Has this thing a session with the broker?"""
        now = self.world.now
        return not any(until > now and whose in (None, thing) for until, whose in self._cuts)

    def counts(self, thing: str, direction: str) -> Counts:
        return self._ways[thing, direction].counts

    def send(self, thing: str, direction: str, frame: bytes) -> None:
        way = self._ways[thing, direction]
        draw = self.world.stream(f"network/{thing}/{direction}")
        way.counts.sent += 1
        way.counts.sent_bytes += len(frame)
        if not self.up(thing) or draw.random() < self.weather.loss:
            way.counts.lost += 1
            return
        if draw.random() < self.weather.corruption:
            way.counts.garbled += 1
            frame = _garble(frame, draw)
        self._carry(way, frame, draw)
        if draw.random() < self.weather.duplication:
            way.counts.doubled += 1
            self._carry(way, frame, draw)

    def _carry(self, way: Direction, frame: bytes, draw) -> None:
        delay = draw.randint(*self.weather.delay_s)
        if draw.random() < self.weather.reordering:
            way.counts.late += 1
            delay += draw.randint(1, self.weather.reordering_s)
        self.world.after(delay, self._arrive, way, frame)

    def _arrive(self, way: Direction, frame: bytes) -> None:
        way.counts.delivered += 1
        way.deliver(frame)

    def _changed(self) -> None:
        self._cuts = [cut for cut in self._cuts if cut[0] > self.world.now]
        for call in self._watchers:
            call()


def _garble(frame: bytes, draw) -> bytes:
    """One bit flipped anywhere: what a forger or a bad line would have to get away with."""
    garbled = bytearray(frame)
    garbled[draw.randrange(len(garbled))] ^= 1 << draw.randrange(8)
    return bytes(garbled)
