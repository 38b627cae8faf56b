"""No word of console or desk, and no document, holds a turn up: what takes long is done in slices.

How long a slice takes a chip is not known here, so it is measured in work: bytecode instructions,
of which a chip is taken to do half a million a second, rounds of SHA-256, and additions of points,
of which a verification has some 370 and takes it one to two seconds.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("portable")))

import kit
import test_approval
import update_bench
from market_bench import SECOND, Market, learn_price

from agent.console import pin
from agent.console.ports import Ports
from agent.wire import cose, p256
from agent.wire import messages as wire

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
            said.append("".join(text))


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
    bench = Market(k16={"usage": ["desk"]})
    learn_price(bench, times=3)
    thing = bench.thing
    thing.identity.signer = p256
    thing.identity.public_key = p256.public_key(kit.THING_KEY)
    thing.identity.owner_key = p256.public_key(kit.OWNER)
    thing.ports = Ports(bench.store, p256, kit.entropy())
    thing.journal.outgrown = lambda: False  # a journal written anew has a step of its own
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


@pytest.fixture
def signing(monkeypatch):
    """Whoever signs in the benches does it with P-256."""
    monkeypatch.setattr(kit, "SIGNER", p256)
    keys = [["roaster", p256.public_key(kit.SELLER), 30000],
            ["second", p256.public_key(SECOND), 30000]]  # fmt: skip
    bench = Market(k13=keys, k6=2)
    bench.thing.journal.outgrown = lambda: False
    return bench


def thoughts(thing, now):
    """A step as the loop has it think: a slice a turn."""
    while thing.think(now) is None:
        yield


def heard(bench, points):
    """Have a thing think over what it was told; nothing of it may be long, or done twice."""
    found, _ = slices(thoughts(bench.thing, bench.up()))
    assert max(work.instructions for work in found) <= INSTRUCTIONS
    assert max(work.points for work in found) <= points / SHARE
    assert max(work.hashes for work in found) <= pin.SLICE + 2
    assert sum(work.points for work in found) < 1.2 * points
    return len(found)


def broken(document):
    return document[:-1] + bytes([document[-1] ^ 1])


def test_a_document_of_the_desk_is_verified_in_slices(signing, points):
    bench = signing
    need = bench.needs()
    offers = [kit.offer(need), kit.offer(need, SECOND, k1=b"offer--2", k3="second")]
    for document in (broken(offers[0]), *offers):
        rejected = bench.thing.inbox.rejected
        bench.tell(wire.OFFER, {1: need, 2: document})
        assert heard(bench, points) > SHARE
        assert bench.thing.inbox.rejected == rejected + (document not in offers)
    (asked,) = kit.of_kind(bench.serve(3), wire.QUESTION)
    bench.tell(wire.APPROVAL, {1: test_approval.answer(asked[wire.BODY], False)})
    assert heard(bench, points) > SHARE and bench.order(need) is None
    sellers = [[f"seller-{n:x}", p256.public_key(bytes([n]) * 32), 30000] for n in range(1, 9)]
    long = kit.mandate(7, k13=sellers)  # about as long as one can be
    for document, sequence in ((broken(long), 1), (long, 7)):
        bench.tell(wire.MANDATE, {1: document})
        assert heard(bench, points) > SHARE
        assert bench.thing.trade.mandate.sequence() == sequence


def test_a_makers_signature_is_verified_in_slices(signing, points):
    place = update_bench.Place(signing)
    place.bench.say(wire.MANIFEST, {1: update_bench.release(7)}, 950)
    assert heard(place.bench, points) > SHARE
    assert place.slots.record["new"] == 7


@pytest.mark.parametrize("line", ["selftest", "ledger verify", "help; status; orders", "why beans"])
def test_a_word_of_the_desk_is_obeyed_in_slices(bench, points, line):
    bench.serve()
    bench.thing.feed_line(line, bench.up())
    bench.thing.trade.mandate.allows = lambda purpose, whom="desk": True
    bench.tell(wire.EXEC, {1: 9, 2: line})
    found, _ = slices(thoughts(bench.thing, bench.up()))
    assert max(work.instructions for work in found) <= INSTRUCTIONS
    assert max(work.points for work in found) <= points / SHARE
    (reply,) = kit.of_kind(bench.desk.read(bench.thing), wire.REPLY)
    assert reply[wire.BODY][1] == 9 and "error" not in reply[wire.BODY][2]


def test_between_two_slices_nothing_is_decided(signing):
    bench = signing
    bench.serve(2)
    bench.desk.read(bench.thing)
    before = list(bench.store.journal)
    bench.tell(wire.MANDATE, {1: kit.mandate(7)})
    bench.tell(wire.EXEC, {1: 9, 2: "selftest"})
    turns = 0
    while bench.thing.think(bench.up()) is None:
        turns += 1
        assert bench.store.journal == before
    assert turns > 2 * SHARE and bench.thing.trade.mandate.sequence() == 7
    kinds = [message[wire.KIND] for message in bench.desk.read(bench.thing)]
    assert kinds[:3] == [wire.UP_ACK, wire.REPLY, wire.UP_ACK]
