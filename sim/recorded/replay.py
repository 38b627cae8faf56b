"""Recorded data through the agent: what it would have found, and what it would have asked for.

The rows of a file are the readings of a thing, as fast as they can be fed; a real desk answers, so
cases and orders come about as they would. Without a product one is made up: a novelty monitor for
every column and a joint monitor over all of them.
"""

import math
from dataclasses import dataclass, field

import cbor2

from boards import compiler
from sim.desk.core import Desk
from sim.desk.models import Case, Order
from sim.recorded.recording import Recording, RecordingError, channel_name
from sim.world.clock import World
from sim.world.endpoint import keys
from sim.world.thing import Keys, LocalThing

GOOD, MISSING = 0, 4
CONFIRMED, NONE = 2, 0
JOINT_MOST = 16
"""As many channels as a joint monitor watches."""

HUGE = 1e9
INT32 = 2**31 - 1
ROUNDS_A_ROW = 4
"""Turns between two rows in which thing and desk may answer each other."""


@dataclass
class Stretch:
    """From where to where (row numbers) a monitor held something against the machine."""

    monitor: str
    mode: str
    first: int
    last: int
    confirmed: int | None = None
    peak: float = 0.0


@dataclass
class Replayed:
    """What came of a replay. scores: monitor -> one value a row; watched: monitor -> channels."""

    recording: Recording
    product: str
    channels: dict[str, str]
    scores: dict[str, list[float]]
    watched: dict[str, list[str]]
    stretches: list[Stretch] = field(default_factory=list)
    notices: list[tuple[int, str]] = field(default_factory=list)
    cases: list[dict] = field(default_factory=list)
    orders: list[dict] = field(default_factory=list)

    def as_dict(self) -> dict:
        """Plain values for a program; the rows of the data are left out."""
        times = self.recording.times
        return {
            "recording": self.recording.name,
            "rows": len(times),
            "out_of_order": self.recording.disorder,
            "period_s": self.recording.period_s,
            "product": self.product,
            "channels": self.channels,
            "findings": [
                {"monitor": s.monitor, "mode": s.mode, "from": times[s.first],
                 "to": times[s.last], "rows": [s.first, s.last],
                 "confirmed": None if s.confirmed is None else times[s.confirmed],
                 "peak": round(s.peak, 3)}
                for s in self.stretches
            ],
            "cases": self.cases,
            "orders": self.orders,
            "notices": [{"at": times[row], "text": text} for row, text in self.notices],
            "labelled": {name: len(rows) for name, rows in self.recording.labels.items()},
            "windows": [list(window) for window in self.recording.windows],
        }


def generic_product(recording: Recording) -> dict:
    """A product for data of which nothing is known but its columns."""
    columns = list(recording.columns)
    period = recording.period_s
    monitors = [
        {
            "name": channel_name(column), "kind": "novelty", "channels": [index],
            "mode": channel_name(column), "severity": 2, "hold": 0, "clear": 5 * period,
            "service": "assistance",
        }
        for index, column in enumerate(columns)
    ]  # fmt: skip
    if 2 <= len(columns) <= JOINT_MOST:
        monitors.append({
            "name": "joint", "kind": "joint", "channels": list(range(len(columns))),
            "mode": "joint", "severity": 3, "hold": 0, "clear": 5 * period,
            "service": "repair", "settings": {"channels": len(columns)},
        })  # fmt: skip
    return {
        "v": 1, "product": "recording", "maker": "nobody", "version": "1",
        "channels": [_channel(c, recording.columns[c], period) for c in columns],
        "monitors": monitors,
    }  # fmt: skip


def _channel(column: str, values: list[float], period: int) -> dict:
    """Three digits behind the point where int32 has room for them, evidence where it fits."""
    most = max((abs(v) for v in values if not math.isnan(v)), default=1.0)
    scale = next((s for s in (1000, 100, 10, 1) if most * s * 10 < INT32), 1)
    return {
        "name": channel_name(column), "unit": "", "scale": scale,
        "low": -max(HUGE, most * 100), "high": max(HUGE, most * 100), "period": period,
        "evidence": 12 if most * 10 < INT32 else 0, "stale": 0, "stuck": 0,
    }  # fmt: skip


def assign(record: dict, columns: list[str], given: dict[str, str]) -> dict[str, int]:
    """Which column feeds which channel: the given pairs, and names that agree by themselves.

    Raises RecordingError for a column or channel that is not there, or if nothing agrees.
    """
    index = {channel["name"]: i for i, channel in enumerate(record["channels"])}
    for column, channel in given.items():
        if column not in columns:
            raise RecordingError(f"no column {column!r}; there are: {', '.join(columns)}")
        if channel not in index:
            raise RecordingError(f"no channel {channel!r}; there are: {', '.join(index)}")
    named = {column: given.get(column, channel_name(column)) for column in columns}
    assigned = {column: index[name] for column, name in named.items() if name in index}
    if not assigned:
        raise RecordingError(
            f"no column feeds a channel; columns: {', '.join(columns)}; channels: "
            f"{', '.join(index)}; say which with --map COLUMN=CHANNEL"
        )
    return assigned


class Replay:
    """A recording, a thing that is fed with it, and a desk that answers."""

    def __init__(self, recording: Recording, product: bytes | None, given: dict[str, str]):
        record = cbor2.loads(product) if product else generic_product(recording)
        self.recording = recording
        self.record = record
        self.columns = assign(record, list(recording.columns), given)
        self._row = 0
        world = World(0)
        thing_keys: Keys = keys(world, "replayed")
        data = product or compiler.encode(record)
        self.thing = LocalThing(data, thing_keys, world.derive("entropy"))
        self.desk = Desk("sqlite://", clock=lambda: recording.times[self._row])
        self.desk.provision("replayed", thing_keys.root_key, thing_keys.public_key)
        names = {index: channel["name"] for index, channel in enumerate(record["channels"])}
        self.result = Replayed(
            recording, record["product"], {c: names[i] for c, i in self.columns.items()},
            {monitor["name"]: [] for monitor in record.get("monitors", [])},
            {monitor["name"]: [names[index] for index in monitor["channels"]]
             for monitor in record.get("monitors", [])},
        )
        self._open: dict[str, Stretch] = {}
        self._inbox: list[bytes] = []

    def run(self, progress=None) -> Replayed:
        """Feed every row; progress(row, rows) is called now and then."""
        self.thing.boot()
        rows = len(self.recording.times)
        for row in range(rows):
            self._feed(row)
            if progress and row % 500 == 0:
                progress(row, rows)
        self._finish()
        return self.result

    def _feed(self, row: int) -> None:
        self._row = row
        now = self.recording.times[row] - self.recording.times[0]
        readings = []
        for column, index in self.columns.items():
            value = self.recording.columns[column][row]
            readings.append((index, value, GOOD if value == value else MISSING))
        self._turn(now, readings)
        senses = self.thing.agent.senses
        for watch in senses.watches:
            self.result.scores[watch.name].append(watch.detector.score)
        for _ in range(ROUNDS_A_ROW):
            if not self._inbox:
                return
            self._turn(now, [])

    def _turn(self, now: int, readings: list) -> None:
        frames, self._inbox = self._inbox, []
        _, sent, effects = self.thing.step(now, readings, frames, True)
        self._watch_findings()
        for effect in effects:
            if effect[0] == "notify":
                self.result.notices.append((self._row, effect[1]))
        if not sent and self._row % 64:
            return
        for frame in sent:
            self.desk.receive("replayed", frame)
        self.desk.tick()
        while (taken := self.desk.take()) is not None:
            self._inbox.append(taken[1])

    def _watch_findings(self) -> None:
        senses = self.thing.agent.senses
        for watch in senses.changes:
            if watch.signals[0].at is None:
                continue  # what the recording does not have proves nothing
            stretch = self._open.get(watch.name)
            if stretch is None:
                stretch = Stretch(watch.name, watch.mode, self._row, self._row)
                self._open[watch.name] = stretch
                self.result.stretches.append(stretch)
            if watch.finding.state == CONFIRMED:
                stretch.confirmed = self._row
            elif watch.finding.state == NONE:
                del self._open[watch.name]
        for watch in senses.open_watches():
            stretch = self._open.get(watch.name)
            if stretch:
                stretch.last = self._row
                stretch.peak = max(stretch.peak, watch.finding.peak)

    def _finish(self) -> None:
        def rows(work):
            return work.session.query(Case).all(), work.session.query(Order).all()

        cases, orders = self.desk.act(rows)
        self.result.cases = [
            {"number": f"C-{c.number:06d}", "mode": c.mode, "service": c.service,
             "monitor": c.monitor, "opened": c.opened_at} for c in cases
        ]
        self.result.orders = [
            {"number": f"O-{o.number:06d}", "sku": o.sku, "packs": o.packs, "placed": o.placed_at}
            for o in orders
        ]
        self.desk.close()
