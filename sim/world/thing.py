"""A thing on the laptop: the agent in this process, its flash in memory, its power in our hand.

`LocalThing` and sim.mpy's `MicroPythonThing` offer the same verbs, so a run does not know which
runtime it drives:

    boot()                                   power on; uptime starts at 0
    step(now, readings, frames, link)        one turn of the loop, `now` in seconds of uptime
        -> Stepped(due, frames, effects)     due in seconds of uptime; None when the power failed
    line(text) -> str                        one line on the console
    kill()                                   power off, without a warning
    cut_after(operations, share)             have the power fail at a coming flash operation
    journal() -> bytes                       all of the durable journal
    alive, boots, flash                      is it powered; how often booted; Flash counters
    close()                                  the thing is no longer needed

A reading is (channel index, value, quality). What is durable survives `kill`; nothing else does.
"""

from typing import Any, NamedTuple, Protocol

from sim.world.entropy import Entropy
from sim.world.memory import MemoryStore, PowerCut


class Stepped(NamedTuple):
    """What came out of one turn."""

    due: int | None
    frames: list[bytes]
    effects: list[tuple]


class Flash(NamedTuple):
    """What was done to the flash since the thing was made."""

    appends: int
    replaces: int
    bytes_written: int


class Keys(NamedTuple):
    """What provisioning leaves on a thing. All bytes; owner_key and public_key are X || Y."""

    thing: str
    root_key: bytes
    private_key: bytes
    public_key: bytes
    owner_key: bytes


class Thing(Protocol):
    """The verbs that every runtime offers; see the top of this file."""

    boots: int

    @property
    def alive(self) -> bool: ...
    @property
    def flash(self) -> Flash: ...

    def boot(self) -> None: ...
    def step(self, now: int, readings: list, frames: list, link: bool = True) -> Stepped: ...
    def line(self, text: str) -> str: ...
    def kill(self) -> None: ...
    def cut_after(self, operations: int, share: float = 0.5) -> None: ...
    def journal(self) -> bytes: ...
    def close(self) -> None: ...


class LocalThing:
    """The agent in this process on CPython."""

    def __init__(
        self, product: bytes, keys: Keys, entropy_seed: bytes, store=None,
        switches: tuple[str, ...] = (),
    ):  # fmt: skip
        self.store = store or MemoryStore()
        self.boots = 0
        self.agent: Any = None
        self._product = product
        self._keys = keys
        self._seed = entropy_seed
        self._switches = switches
        self._now = 0
        self._link: bool | None = None

    @property
    def alive(self) -> bool:
        return self.agent is not None

    @property
    def flash(self) -> Flash:
        return Flash(self.store.appends, self.store.replaces, self.store.bytes_written)

    def boot(self) -> None:
        # Imported here so that the rest of sim/ can be used, and tested, without the agent.
        from agent.core import Agent
        from agent.product import Product

        self.boots += 1
        self._now = 0
        self._link = None
        try:
            self.agent = Agent(
                Product(self._product), self._identity(), self.store,
                Entropy(self._seed, self.boots),
            )
            self.agent.switches = self._switches
        except PowerCut:
            self.kill()

    def step(self, now: int, readings: list, frames: list, link: bool = True) -> Stepped:
        self._now = now
        sent: list[bytes] = []
        effects: list[tuple] = []
        try:
            due = self._turn(now, readings, frames, link, sent, effects)
        except PowerCut:
            self.kill()
            due = None
        return Stepped(due, sent, effects)

    def _turn(self, now, readings, frames, link, sent, effects):
        agent = self.agent
        if link != self._link:
            self._link = link
            agent.feed_link(link, now)
        feed = agent.feed_reading
        for channel, value, quality in readings:
            feed(channel, value, quality, now)
        for frame in frames:
            agent.feed_message(frame, now)
        due = agent.step(now)
        while link and (frame := agent.take_message()) is not None:
            sent.append(frame)
        while (effect := agent.take_effect()) is not None:
            effects.append(effect)
        return due

    def line(self, text: str) -> str:
        return self.agent.feed_line(text, self._now)

    def kill(self) -> None:
        self.agent = None

    def cut_after(self, operations: int, share: float = 0.5) -> None:
        self.store.cut_after(operations, share)

    def journal(self) -> bytes:
        return b"".join(self.store.blocks())

    def close(self) -> None:
        """Nothing to give back: memory is all there is."""

    def _identity(self):
        from agent.identity import Identity
        from hal.linux import p256

        keys = self._keys
        return Identity(
            keys.thing, keys.root_key, keys.private_key, keys.owner_key, p256, keys.public_key
        )
