"""Runs in MicroPython: cuts the power at every flash operation of a mandate that is typed in, and
of a reset for the next owner.

Arguments: a file for the flash, the folder of kit.py. After each cut there is the old mandate or
the new one, and all of a thing or nothing of it. Prints how many cuts there were of each.
"""

import os
import sys

import vfs

sys.path.append(sys.argv[2])

import kit

from agent.console.ports import Ports
from agent.wire import cbor, p256
from hal.simulated import flash as on_file
from hal.store import FileStore

FOLDER = "/flash/state"
PART_BYTES = 80
# Everything that a thing keeps; what it is stays, and who it was goes.
KEPT = ("product", "board")
GONE = ("identity", "link", "locked", "pin", "config", "config.last", "time", "crash")


def hexadecimal(data):
    return "".join(["%02x" % byte for byte in data])


def mandate_lines(sequence):
    document = kit.mandate(sequence)
    parts = [document[at : at + PART_BYTES] for at in range(0, len(document), PART_BYTES)]
    return [
        "mandate put %d/%d %s" % (number + 1, len(parts), hexadecimal(part))
        for number, part in enumerate(parts)
    ]


def thing(store):
    made = kit.agent(store)
    made.ports = Ports(store, p256, kit.entropy())
    made.ports.restart = lambda: None
    made.ports.unlocked_until = 1 << 20  # the PIN was given
    return made


def type_mandate(store, sequence):
    made = thing(store)
    for line in mandate_lines(sequence):
        answer = made.feed_line(line, 1)
        assert not answer.startswith("error"), answer
    made.step(1)


def prepare(store):
    """A thing with an old mandate and with all that provisioning leaves."""
    for name in KEPT + GONE:
        store.save(name, cbor.encode({"thing": kit.THING, "is": name}))
    type_mandate(store, 1)


def mandate(store):
    type_mandate(store, 2)


def mandate_is_whole(store):
    made = thing(store)
    assert made.trade.mandate.sequence() in (1, 2)
    if made.trade.mandate.sequence() == 1:
        type_mandate(store, 2)
    assert thing(store).trade.mandate.sequence() == 2


def reset(store):
    made = thing(store)
    assert "erasing" in made.feed_line("reset " + kit.THING, 1)
    made.step(1)  # the turn in which a main ends its loop
    FileStore(FOLDER)  # the next start


def reset_is_whole(store):
    """`store` was opened after the cut, which finishes what had begun."""
    there = [name for name in GONE if store.load(name)]
    assert len(there) in (0, len(GONE)), there
    blocks = b"".join(store.blocks())
    assert bool(blocks) == bool(there)
    assert all(store.load(name) for name in KEPT)
    assert "erasing" not in os.listdir(FOLDER)


def was_cut(work):
    try:
        work(FileStore(FOLDER))
        return False
    except on_file.PowerCut:
        return True


def cut(path, work, check):
    """Cut at each operation until the work is done without one; returns how many there were."""
    operation = 0
    happened = True
    while happened:
        operation += 1
        if operation > 1:
            os.remove(path)
        flash = on_file.mount(path, 40, "/flash")
        prepare(FileStore(FOLDER))
        flash.cut_at = flash.operations + operation
        happened = was_cut(work)
        vfs.umount("/flash")
        flash.close()
        flash = on_file.mount(path, 40, "/flash")
        check(FileStore(FOLDER))
        vfs.umount("/flash")
        flash.close()
    os.remove(path)
    return operation - 1


print("mandate", cut(sys.argv[1], mandate, mandate_is_whole))
print("reset", cut(sys.argv[1], reset, reset_is_whole))
