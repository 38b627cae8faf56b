"""Runs on both runtimes: plays a tape of tests/test_schedules_device.py to an agent.

Argument: a tape, that is rows of CBOR, each behind its length in four bytes, read one at a time. A
row is [word, cut_at, ...]: the operation at which the power fails, and what the word wants. Prints
the hash of all that left the agent, of its answers on the console, and the end of its ledger.
"""

import hashlib
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/portable")

import kit

from agent.wire import cbor

JOURNAL, BOOT, READING, MESSAGE, LINE, STEP, TAKE = range(7)


def play(rows):
    """Return (hex of what came out, ledger entries, hex of the last link)."""
    store, draw, out, agent = kit.Store(), kit.entropy(), hashlib.sha256(), None
    for word, cut_at, *given in rows:
        store.cut_at = cut_at
        try:
            if word == JOURNAL:
                store.journal = list(given[0])
            elif word == BOOT:
                agent = kit.agent(store, draw=draw)
                agent.feed_link(True, 0)
            elif word == READING:
                agent.feed_reading(given[0], given[1], 0, given[2])
            elif word == MESSAGE:
                agent.feed_message(*given)
            elif word == LINE:
                out.update(agent.feed_line(*given).encode())
            elif word == STEP:
                agent.step(given[0])
            else:
                out.update(agent.take_message() or b".")
        except kit.PowerCut:
            out.update(b"cut")
    ledger = agent.trade.ledger
    return hexed(out.digest()), ledger.count, hexed(ledger.head)


def hexed(data):
    return "".join(["%02x" % byte for byte in data])


def rows_of(file):
    """The rows of an open file."""
    size = file.read(4)
    while size:
        yield cbor.decode(file.read(int.from_bytes(size, "big")))
        size = file.read(4)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as tape:
        print(*play(rows_of(tape)))
