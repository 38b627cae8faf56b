"""Runs in MicroPython: the agent, one turn per request on standard input. See thing.py.

A request is its length (uint32, little-endian), a letter and a body; the answer is a length and a
body. Values travel as doubles, so that they are exact. An exception ends the process with its
traceback on standard error: the simulator must hear of it.
"""

import gc
import os
import struct
import sys

from agent import loan
from agent.core import Agent
from agent.identity import Identity
from agent.product import Product
from agent.wire import cbor, p256
from sim.world.entropy import Entropy
from sim.world.memory import MemoryStore, PowerCut

TURN = "<IBHH"  # now, link, readings, frames
READING = "<BBd"  # channel, quality, value
DEAD = -1
FLASH_BLOCKS = 64
COLLECT_BYTES = 256 * 1024  # garbage between collections: a heap that is let fill up falls apart


class Box:
    """One thing: what outlives a power cut (keys, product, store) and the agent while it runs."""

    def __init__(self, settings):
        self.settings = settings
        self.flash = None
        self.store = self._open_store(settings["flash"])
        self.agent = None
        self.link = None

    def _open_store(self, path):
        if not path:
            return MemoryStore()
        from hal.simulated.flash import mount
        from hal.store import FileStore

        self.flash = mount(path, FLASH_BLOCKS, "/flash", cut=die)
        return FileStore("/flash/state")

    def boot(self, body):
        """Body: the number of this boot (uint32). Answers whether the thing is alive."""
        settings = self.settings
        identity = Identity(
            settings["thing"],
            settings["root_key"],
            settings["private_key"],
            settings["owner_key"],
            p256,
            settings["public_key"],
        )
        self.link = self.agent = None
        gc.collect()
        entropy = Entropy(settings["seed"], struct.unpack("<I", body)[0])
        try:
            self.agent = Agent(Product(settings["product"]), identity, self.store, entropy)
            self.agent.switches = settings["switches"]
        except PowerCut:
            return b"\0"
        return b"\1"

    def turn(self, body):
        """Body: TURN, readings, frames. Answers due (int64) and, if any, [frames, effects]."""
        now, link, readings, frames = struct.unpack_from(TURN, body)
        sent, effects = [], []
        try:
            self._feed(body, now, link, readings, frames)
            due = self.agent.step(now)
            self._take(link, sent, effects)
        except PowerCut:
            self.agent = None
            due = DEAD
        answer = struct.pack("<q", due)
        if sent or effects:
            answer += cbor.encode([sent, effects])
        return answer

    def _feed(self, body, now, link, readings, frames):
        agent = self.agent
        if link != self.link:
            self.link = link
            agent.feed_link(bool(link), now)
        at = struct.calcsize(TURN)
        size = struct.calcsize(READING)
        feed = agent.feed_reading
        for _ in range(readings):
            channel, quality, value = struct.unpack_from(READING, body, at)
            feed(channel, None if value != value else value, quality, now)
            at += size
        for _ in range(frames):
            length = struct.unpack_from("<H", body, at)[0]
            agent.feed_message(bytes(body[at + 2 : at + 2 + length]), now)
            at += 2 + length

    def _take(self, link, sent, effects):
        agent = self.agent
        while link and (frame := agent.take_message()) is not None:
            sent.append(frame)
        while (effect := agent.take_effect()) is not None:
            effects.append(effect)

    def line(self, body):
        """Body: now (uint32) and a line. Answers the text."""
        now = struct.unpack_from("<I", body)[0]
        return self.agent.feed_line(str(body[4:], "utf-8"), now).encode()

    def kill(self, body):
        """Forget everything but the store, as a reset does."""
        self.agent = None
        gc.collect()
        return b""

    def cut(self, body):
        """Body: operations (uint32) and share (double): when the power fails."""
        operations, share = struct.unpack("<Id", body)
        if self.flash:
            self.flash.cut_at = self.flash.operations + operations
        else:
            self.store.cut_after(operations, share)
        return b""

    def journal(self, body):
        """Answers all of the journal, in pieces: a used heap has no room for it in one."""
        return list(self.store.blocks())

    def counters(self, body):
        """Appends, replaces, bytes written, heap used, heap free (uint32 each)."""
        store = self.store
        gc.collect()
        return struct.pack(
            "<5I",
            store.appends,
            store.replaces,
            store.bytes_written,
            gc.mem_alloc(),
            gc.mem_free(),
        )


def die():
    """End this process as a power cut would: at once, nothing flushed, no handler run."""
    os.system("kill -9 $PPID")


def read(count):
    data = sys.stdin.buffer.read(count)
    return data if len(data) == count else None


def serve():
    write = sys.stdout.buffer.write
    box = None
    gc.threshold(COLLECT_BYTES)
    loan.loaded = sys.modules
    while head := read(4):
        request = read(struct.unpack("<I", head)[0])
        letter, body = request[:1], memoryview(request)[1:]
        if letter == b"S":
            box = Box(cbor.decode(body))
            answer = b""
        else:
            answer = VERBS[letter](box, body)
        pieces = answer if isinstance(answer, list) else (answer,)
        write(struct.pack("<I", sum(len(piece) for piece in pieces)))
        for piece in pieces:
            write(piece)


VERBS = {
    b"B": Box.boot,
    b"T": Box.turn,
    b"L": Box.line,
    b"K": Box.kill,
    b"C": Box.cut,
    b"J": Box.journal,
    b"F": Box.counters,
}

serve()
