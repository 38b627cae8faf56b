"""Runs in MicroPython: types nonsense into the console of a whole thing, and watches its heap.

Arguments: the folder of kit.py, how many lines. Between the lines, and the slices of one, the thing
steps. Prints how many lines were obeyed, the heap in use when the first half had been typed and
what the last half added to it, the most bytes that one turn took in, and the milliseconds of the
longest slice of a line and of the longest step.
"""

import gc
import json
import sys
import time

sys.path.append(sys.argv[1])

import kit

from agent.console.ports import Ports
from agent.wire import p256
from hal import console as consoles

LINES = int(sys.argv[2])
MEGABYTE = 1 << 20
# A lock or a PIN, once set, would refuse most of what comes after it.
LOCKING = ("provision", "pin")
MORE = ["--json", ";", "put", "set", "get", "diff", "apply", "1/3", "2/3", "ff", "-1", "1e9", "{}",
        '"', "\x1b[A", "\x00", "beans", "beans_g", "boiler_hot", "forced", "hex:00", "kit-1",
        "wifi.name", "99999999999999999999", "x" * 180, "anew", "verify", "export"]  # fmt: skip


class Noise:
    """Numbers that look random, the same on every run (Knuth's MMIX generator)."""

    def __init__(self, seed):
        self._state = seed

    def below(self, bound):
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return (self._state >> 33) % bound

    def line(self, words):
        if not self.below(4):  # no words at all
            size = self.below(60)
            return bytes([self.below(256) for _ in range(size)]).replace(b"\r", b"?")
        return " ".join([words[self.below(len(words))] for _ in range(self.below(5))]).encode()


class Typist(consoles.Console):
    """A console that is fed from here; `most` bytes were taken in one turn."""

    def __init__(self):
        consoles.Console.__init__(self, sys.stdin, None, len)
        self.waiting = memoryview(b"")
        self.at = self.most = 0

    def turn(self):
        began = self.at
        line = self.read()
        self.most = max(self.most, self.at - began)
        return line

    def _byte(self):
        if self.at == len(self.waiting):
            return None
        self.at += 1
        return bytes(self.waiting[self.at - 1 : self.at])

    def type(self, data):
        self.waiting, self.at = data, 0


def used():
    gc.collect()
    return gc.mem_alloc()


def timed(what, work, *arguments):
    began = time.ticks_us()
    done = work(*arguments)
    longest[what] = max(longest[what], time.ticks_diff(time.ticks_us(), began))
    return done


longest = {"slice": 0, "step": 0}  # us
obeyed = [0]


def obey(thing, typist, line, now):
    answers, text = thing.answers(line, now), ""
    while text != "#":
        text = timed("slice", next, answers, "#")
        if text is None:
            timed("step", thing.step, now)
        else:
            assert "Traceback" not in "".join(text), line
            typist.write(text)
    obeyed[0] += 1


def obey_all(thing, typist, now):
    while typist.at < len(typist.waiting):
        line = typist.turn()
        if line:
            obey(thing, typist, line, now)
    timed("step", thing.step, now)
    while thing.take_message() or thing.take_effect():
        continue


def main():
    store, noise, typist = kit.Store(), Noise(7), Typist()
    thing = kit.agent(store)
    thing.ports = Ports(store, p256, kit.entropy())
    rows = json.loads(thing.feed_line("help --json", 0))
    words = [row["command"] for row in rows if row["command"] not in LOCKING] + MORE
    half = 0
    for number in range(LINES):
        typist.type(noise.line(words) + b"\r")
        obey_all(thing, typist, number // 10)
        if number == LINES // 2:
            half = used() - held(store)
    piece = b"a" * 1024
    for _ in range(MEGABYTE // len(piece)):
        typist.type(piece)
        obey_all(thing, typist, LINES)
    typist.type(b"\r")
    assert typist.turn() is None, "a line that is too long is not obeyed"
    typist.type(b"status\r")
    assert "kit-1" in thing.feed_line(typist.turn(), LINES)
    print("lines", obeyed[0])
    print("heap", half)
    print("grew", used() - held(store) - half)
    print("turn", typist.most)
    for what in longest:
        print(what + "_ms", longest[what] // 1000)


def held(store):
    """The flash is in this heap as well, and it is no part of the thing."""
    store.journal = [b"".join(store.journal)]
    return sum([len(data) for data in store.journal + list(store.files.values())])


main()
