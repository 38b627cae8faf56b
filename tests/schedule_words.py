"""All small schedules: every word of so many letters, each a disturbance in an order's first hours.

    python tests/schedule_words.py [LENGTH] [QUIET]

Every word is run after 0, 1, ... QUIET - 1 quiet hours, so that it meets the order in each of its
states: asking, choosing, placed, confirmed, shipped. After a letter comes a quiet hour, after the
word the calm part of tests/schedules.py. Sellers are honest here: what they do is in the other.
"""

import itertools
import multiprocessing
import sys
from collections.abc import Iterable

import quick_cbor
from schedules import DAY, HOUR, Broken, Schedule, prepared

LENGTH, QUIET = 3, 3


def late(schedule: Schedule) -> None:
    """What is under way in this hour comes three hours later, after what is said then."""
    schedule.holds = 3 * HOUR
    schedule.step(HOUR, 1.0)
    schedule.holds = None


def off(schedule: Schedule) -> None:
    """A month without power."""
    schedule.bench.now += 30 * DAY
    schedule.boot()


def denied(schedule: Schedule) -> None:
    """The owner wants none of it."""
    thing = schedule.bench.thing
    for order in list(thing.trade.orders.open):
        thing.feed_line("cancel " + order.ref(), schedule.bench.up())


STEPS = {
    "t": lambda schedule: None,
    "l": lambda schedule: schedule.step(HOUR, 1.0),  # nothing arrives, old and broken frames do
    "d": late,
    "b": lambda schedule: schedule.boot(),
    "c": lambda schedule: schedule.cut(1),
    "o": lambda schedule: schedule.swap_flash(schedule.old_flash),
    "n": lambda schedule: schedule.swap_flash([]),
    "w": off,
    "s": lambda schedule: setattr(schedule, "skew", 32 * DAY if schedule.skew <= 0 else -3 * DAY),
    "x": denied,
}


class Word(Schedule):
    """A schedule of which every step is told."""

    def __init__(self, quiet: int, letters: tuple[str, ...]):
        super().__init__(quiet)
        self.endpoint.calm = True
        self.letters = letters
        for _ in range(quiet):
            self.step(HOUR, 0.0)
        self.old_flash = list(self.bench.store.journal)

    def run(self) -> str:
        for letter in self.letters:
            STEPS[letter](self)
            self.step(HOUR, 0.0)
            self.check()
        self.settle()
        return self.trace.hexdigest()


def broken_words(quiet: int, length: int, first: str) -> list[tuple[int, str, str]]:
    """Run all words of a length that begin with a letter, after so many quiet steps."""
    broken = []
    with quick_cbor.installed():
        for rest in itertools.product(STEPS, repeat=length - 1):
            try:
                Word(quiet, (first, *rest)).run()
            except Broken as error:
                broken.append((quiet, first + "".join(rest), str(error)))
    return broken


def run_words(length: int, offsets: Iterable[int]) -> list[tuple[int, str, str]]:
    """Run every word of a length after so many quiet steps each, on all cores."""
    prepared()
    parts = [(quiet, length, first) for quiet in offsets for first in STEPS]
    with multiprocessing.get_context("fork").Pool() as pool:
        return [one for part in pool.starmap(broken_words, parts, 1) for one in part]


def main() -> int:
    length, quiet = [int(word) for word in sys.argv[1:]] or (LENGTH, QUIET)
    broken = run_words(length, range(quiet))
    for hours, word, error in broken:
        print(f"{word} after {hours} quiet hours: {error}")
    print(f"{len(broken)} of {quiet * len(STEPS) ** length} small schedules broke an invariant")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
