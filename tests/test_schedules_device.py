"""The agent decides the same on both runtimes, byte for byte, in whole random schedules.

On CPython a schedule is run and everything that is said to its agent is taped; the tape is played
to an agent under MicroPython, which must say the same, keep the same ledger, and be cut by the same
flash operations.
"""

from pathlib import Path

import mpy_schedule as tapes
import pytest
import schedules

from agent.wire import cbor
from sim.mpy import runtime

HERE = Path(__file__).parent
SEEDS = range(10)
NIGHTLY = range(1000, 1500)


class Taped:
    """An agent of which everything that it is told is written down."""

    def __init__(self, agent, note):
        self._agent, self._note = agent, note

    def __getattr__(self, name):
        return getattr(self._agent, name)

    def feed_reading(self, channel, value, quality, now):
        self._note(tapes.READING, channel, value, now)
        self._agent.feed_reading(channel, value, quality, now)

    def feed_message(self, frame, now):
        self._note(tapes.MESSAGE, frame, now)
        self._agent.feed_message(frame, now)

    def feed_line(self, line, now):
        self._note(tapes.LINE, line, now)
        return self._agent.feed_line(line, now)

    def step(self, now):
        self._note(tapes.STEP, now)
        return self._agent.step(now)

    def take_message(self):
        self._note(tapes.TAKE)
        return self._agent.take_message()


class TapedSchedule(schedules.Schedule):
    """A schedule whose agent is taped from its first start on."""

    def __init__(self, seed):
        self.tape = [[tapes.JOURNAL, 0, list(schedules.prepared()[0])]]
        super().__init__(seed)

    def note(self, word, *given):
        self.tape.append([word, self.bench.store.cut_at, *given])

    def swap_flash(self, journal):
        self.note(tapes.JOURNAL, list(journal))
        super().swap_flash(journal)

    def boot(self):
        self.note(tapes.BOOT)
        starts = self.bench.store.operations < self.bench.store.cut_at
        super().boot()
        if starts and self.bench.store.operations >= self.bench.store.cut_at:
            self.note(tapes.BOOT)  # it was cut while it started
        self.bench.thing = Taped(self.bench.thing, self.note)


@pytest.mark.parametrize("seed", SEEDS)
def test_micropython_decides_the_same_in_a_random_schedule(seed, tmp_path):
    compare(seed, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", NIGHTLY)
def test_micropython_decides_the_same_in_very_many(seed, tmp_path):
    compare(seed, tmp_path)


def compare(seed: int, tmp_path: Path) -> None:
    schedule = TapedSchedule(seed)
    schedule.run()
    here, ledger = tapes.play(schedule.tape), schedule.bench.thing.trade.ledger
    assert here[1:] == (ledger.count, ledger.head.hex())
    tape = tmp_path / "tape"
    with tape.open("wb") as file:
        for row in schedule.tape:
            data = cbor.encode(row)
            file.write(len(data).to_bytes(4, "big") + data)
    said = runtime.run(HERE / "mpy_schedule.py", tape, heap="2M")
    assert said.split() == [str(word) for word in here]
