"""A thing with slots in memory, and a desk that serves it one release, for tests of updates."""

import binascii
import hashlib

import kit

from agent import limits
from agent.console.ports import Ports
from agent.wire import cbor, cose
from agent.wire import messages as wire

MAKER = b"m" * 32
BOARD, RUNTIME = "kit_board", "mpy6"
FILES = {"agent/core.mpy": b"new core " * 100, "agent/x.mpy": b"x" * 10,
         "firmware/esp32/main.mpy": b"main" * 400}


class FakeSlots:
    """firmware/slots.py in memory, with the record's words of firmware/steward_boot.py."""

    def __init__(self):
        self.record = {}
        self.files = {}
        self.runs = {"agent/x.mpy": b"x" * 10}  # the version that runs, as far as it is the same
        self.maker = {"key": kit.SIGNER.public_key(MAKER), "floor": 0}
        self.board, self.runtime, self.asks = BOARD, RUNTIME, False
        self.free = 1 << 20
        self.copied = 0
        self.low = lambda: False

    def save(self, **changes):
        self.record.update(changes)
        for word in [word for word in changes if changes[word] is None]:
            del self.record[word]

    def give_up(self, why):
        self.record["bad"], self.record["why"] = self.record.get("new", 0), why
        for word in ("slot", "new", "stage", "left", "control", "sense", "desk"):
            self.record.pop(word, None)

    def keep(self):
        self.record["run"], self.record["number"] = self.record["slot"], self.record["new"]
        for word in ("slot", "new", "stage", "left", "control", "sense", "desk"):
            self.record.pop(word, None)

    def spare(self):
        return "b" if self.record.get("run") == "a" else "a"

    def clear(self):
        self.save(slot=None, new=None, stage=None)
        self.files = {name: data for name, data in self.files.items() if name[0] != self.spare()}

    def room(self, size, files):
        return max(0, size - self.free)

    def size(self, name):
        return len(self.files.get(name, b""))

    def read(self, name, start, count):
        if name not in self.files:
            raise OSError(2)
        return self.files[name][start:start + count]

    def append(self, name, data):
        if self.free < len(data):
            raise OSError(28)
        self.free -= len(data)
        self.files[name] = self.files.get(name, b"") + data

    def remove(self, name):
        del self.files[name]

    def digest(self, name):
        return hashlib.sha256(self.files[name]).digest()

    def copy(self, name, size, digest):
        data = self.runs.get(name[2:])
        same = data is not None and hashlib.sha256(data).digest() == digest
        if same:
            self.append(name, data)
            self.copied += 1
        return same


def listed(files):
    return b"".join([b"%d %s %s\n" % (len(files[name]),
                                      binascii.hexlify(hashlib.sha256(files[name]).digest()),
                                      name.encode()) for name in sorted(files)])


def release(number, files=FILES, key=MAKER, **more):
    rows = listed(files)
    terms = {0: "release", 1: number, 2: "kit", 3: "2", 4: BOARD, 5: RUNTIME,
             6: sum([len(data) for data in files.values()]), 7: len(files),
             8: hashlib.sha256(rows).digest(), 9: len(rows)}
    for word in more:
        terms[int(word[1:])] = more[word]
    return cose.sign1_seal(lambda message: kit.SIGNER.sign(key, message), b"makr",
                           cbor.encode(terms))


class Place:
    """A thing with slots and a desk that serves one release; `told` by the thing of its states."""

    def __init__(self, bench=None, slots=None, files=FILES):
        self.bench = bench or kit.Bench()
        self.slots = slots or FakeSlots()
        self.told = []
        self.asked = 0
        self.id = b""  # of the release that it serves
        self.files = files
        self.mangle = lambda place, start, data: data
        self.lend()
        self.bench.ready()

    def lend(self):
        self.bench.thing.slots = lambda: self.slots
        if self.slots.record.get("stage") or "why" in self.slots.record:
            self.bench.thing.updater()

    def boot(self):
        self.bench.boot()
        self.lend()

    def offer(self, document):
        """Send a manifest; return why it was refused, or None."""
        self.id = hashlib.sha256(document).digest()[:8]
        self.bench.say(wire.MANIFEST, {1: document}, 950)
        for message in self.turn():
            if message[wire.KIND] == wire.UP_ACK and message[wire.BODY][1] == 950:
                return message[wire.BODY].get(3)
        raise AssertionError("not answered")

    def say(self, line):
        """Have the owner say something on the console."""
        self.bench.thing.ports = Ports(self.bench.store, kit.SIGNER, kit.entropy())
        return self.bench.thing.feed_line(line, self.bench.up())

    def turn(self, seconds=5):
        sent = self.bench.serve(1, seconds)
        for message in sent:
            body = message[wire.BODY]
            if message[wire.KIND] == wire.UPDATE and self.told[-1:] != [body[2]]:
                self.told.append(body[2])  # it comes again after a start
            elif message[wire.KIND] == wire.FETCH:
                self.asked += 1
                self.serve(body)
        return sent

    def serve(self, body):
        if body[1] != self.id:
            return
        data = listed(self.files)
        if body[2]:
            data = self.files[sorted(self.files)[body[2] - 1]]
        for number in range(body[4]):
            start = body[3] + number * limits.UPDATE_PIECE_BYTES
            piece = data[start:start + limits.UPDATE_PIECE_BYTES]
            piece = self.mangle(body[2], start, piece)
            if piece:
                self.bench.say(wire.PIECE, {1: self.id, 2: body[2], 3: start, 4: piece})

    def until(self, stage, turns=200):
        while self.slots.record.get("stage") != stage:
            self.turn()
            turns -= 1
            assert turns, self.slots.record

    def effects(self):
        found = []
        while True:
            effect = self.bench.thing.take_effect()
            if effect is None:
                return found
            found.append(effect[0])
