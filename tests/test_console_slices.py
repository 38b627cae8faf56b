"""No word of the console holds a step up: what takes long is done in slices.

How long a slice takes a chip is not known here, so it is measured in work: bytecode instructions,
of which a chip is taken to do half a million a second, rounds of SHA-256, and additions of points,
of which a verification has some 370 and takes it one to two seconds.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("portable")))

import kit
from market_bench import Market, learn_price

from agent.console import pin
from agent.console.ports import Ports
from agent.wire import cose, p256

SHARE = 40  # of a verification, 1 to 2 s, are 25 to 50 ms
INSTRUCTIONS = 25_000  # 50 ms of bytecode


class Work:
    """Counts instructions, calls of SHA-256 and point operations between two looks."""

    def __init__(self):
        self.instructions = self.hashes = self.points = 0

    def __enter__(self):
        self._points = {p256._double.__code__, p256._add.__code__}
        self._before = sys.gettrace(), sys.getprofile()
        sys.settrace(self._trace)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *exception):
        sys.settrace(self._before[0])
        sys.setprofile(self._before[1])

    def _trace(self, frame, event, argument):
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.points += event == "call" and frame.f_code in self._points
        self.instructions += event == "opcode"
        return self._trace

    def _profile(self, frame, event, argument):
        self.hashes += event == "c_call" and "sha256" in argument.__name__


def slices(work):
    """The work of each slice of a generator, and what it yielded that is no pause."""
    found, said = [], []
    while True:
        with Work() as done:
            text = next(work, done)
        found.append(done)
        if text is done:
            return found, "\n".join(said)
        if text:
            said.append(text)


@pytest.fixture(scope="module")
def points():
    """Point operations of one verification."""
    public = p256.public_key(kit.THING_KEY)
    signature = p256.sign(kit.THING_KEY, b"word")
    with Work() as done:
        assert p256.verify(public, b"word", signature)
    return done.points


@pytest.fixture(scope="module")
def bench():
    """A thing that signs for itself, with a few months of ledger."""
    bench = Market()
    learn_price(bench, times=3)
    thing = bench.thing
    thing.identity.signer = p256
    thing.identity.public_key = p256.public_key(kit.THING_KEY)
    thing.identity.owner_key = p256.public_key(kit.OWNER)
    thing.ports = Ports(bench.store, p256, kit.entropy())
    return bench


@pytest.mark.parametrize("line", [
    "help", "status", "channels", "findings", "consumables", "needs", "orders", "cases", "outbox",
    "messages", "log", "privacy", "experience", "mandate", "config", "time", "why beans",
    "selftest", "ledger", "ledger verify", "ledger export", "why 00", "provision keys thing-2",
    "provision export " + p256.public_key(kit.SELLER).hex(), "provision owner "
    + p256.public_key(kit.OWNER).hex(), "provision", "pin set 4711", "pin unlock 4711", "pin",
])  # fmt: skip
def test_no_slice_of_a_word_takes_a_chip_longer_than_50_ms(bench, points, line):
    bench.thing.feed_line(line, bench.up())  # loads its room, which is not the same on a chip
    found, said = slices(bench.thing.answers(line, bench.up()))
    assert said
    assert max(work.instructions for work in found) <= INSTRUCTIONS
    assert max(work.points for work in found) <= points / SHARE
    assert max(work.hashes for work in found) <= pin.SLICE + 2


def test_the_last_part_of_a_mandate_is_verified_in_slices(bench, points):
    payload = cose.sign1_peek(kit.mandate(sequence=9))[1]
    document = cose.sign1_seal(lambda signed: p256.sign(kit.OWNER, signed), b"ownr", payload)
    parts = [document[at : at + 80] for at in range(0, len(document), 80)]
    for number, part in enumerate(parts, 1):
        line = f"mandate put {number}/{len(parts)} {part.hex()}"
        found, said = slices(bench.thing.answers(line, bench.up()))
    assert said == "in force: sequence 9"
    assert max(work.points for work in found) <= points / SHARE
    assert sum(work.points for work in found) < 1.2 * points, "once"


def test_a_ledger_that_grows_while_it_is_read_is_read_anew(bench):
    work = bench.thing.answers("ledger verify", bench.up())
    next(work)
    bench.thing.trade.mandate.hold(True)
    bench.serve()
    assert "entries verified" in slices(work)[1]
