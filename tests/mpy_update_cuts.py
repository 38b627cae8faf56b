"""Runs in MicroPython: cuts the power at every flash operation of a whole update.

Arguments: a file for the flash, and where the tests' kit is. From the offer of a release to its
being kept, with the agent, its journal and its slots on littlefs. After each cut a start finds the
old version or the whole of the new one, mandate, ledger and an open order are there, and the update
comes to its end. Prints how many cuts there were.
"""

import hashlib
import os
import sys

import vfs

sys.path.append(sys.argv[2])

import kit
import update_bench

from agent import limits
from agent.wire import messages as wire
from firmware import steward_boot
from firmware.slots import Slots
from hal.simulated import flash as on_file
from hal.store import FileStore

ROOT = "/flash/state/slots"
FILES = {"agent/core.mpy": b"new core " * 150, "firmware/esp32/main.mpy": b"main" * 20}
MANIFEST = update_bench.release(7, FILES)
BLOCKS = 96
BEANS = [800.0]  # how many are left
limits.UPDATE_TRIAL_S = 5


class Bench(kit.Bench):
    """A thing whose memory is on littlefs."""

    def __init__(self, now):
        self.product = kit.PRODUCT
        self.store = FileStore("/flash/state")
        self.desk = kit.Desk()
        self.draw = kit.entropy()
        self.beans, self.boiler = BEANS[0], 92.0
        self.now = now
        self.boot()

    def ready(self):
        self.serve(4)
        return self


def place(now):
    bench = Bench(now)
    slots = Slots(ROOT, {"key": kit.SIGNER.public_key(update_bench.MAKER), "floor": 0},
                  update_bench.BOARD, update_bench.RUNTIME, False)  # fmt: skip
    here = update_bench.Place(bench, slots, FILES)
    here.id = hashlib.sha256(MANIFEST).digest()[:8]
    return here


def started(now):
    """A start: the slot that is chosen must hold all that was signed, or be the old one."""
    slot = steward_boot.choose(ROOT)
    for name in FILES if slot else ():
        with open(ROOT + "/" + slot + "/" + name, "rb") as file:
            assert hashlib.sha256(file.read()).digest() == hashlib.sha256(FILES[name]).digest()
    return slot, place(now)


def update(now):
    """Offer the release and have it all the way to its being kept; returns the place."""
    slot, here = started(now)
    for _ in range(400):
        record = here.slots.record
        if record.get("number") == 7:
            return here
        if not record.get("stage"):
            here.offer(MANIFEST)
        here.turn()
        if "restart" in here.effects():
            slot, here = started(here.bench.now)
            assert slot == "a", record
    raise AssertionError(record)


def mount(path):
    return on_file.mount(path, BLOCKS, "/flash")


def unmount(flash):
    vfs.umount("/flash")
    flash.close()


def prepare(path):
    flash = mount(path)
    bench = place(0).bench
    bench.ready = lambda: kit.Bench.ready(bench)
    bench.ordered()
    BEANS[0] = bench.beans
    unmount(flash)
    return bench.now


def cut(path, operation, now):
    """True if the power was cut; False when the update needed fewer operations."""
    flash = mount(path)
    flash.cut_at = flash.operations + operation
    try:
        update(now)
        return False
    except on_file.PowerCut:
        return True
    finally:
        unmount(flash)


def check(path, now):
    flash = mount(path)
    here = update(now + 3600)
    assert here.slots.record == {"run": "a", "number": 7}, here.slots.record
    thing = here.bench.thing
    assert not thing.journal.rotten and thing.trade.mandate.sequence() == 1
    [order] = thing.trade.orders.open
    assert order.placed and not kit.of_kind(here.bench.desk.seen, wire.ORDER)
    assert thing.feed_line("ledger verify", here.bench.up()).endswith("verified")
    unmount(flash)


def copy(source, target):
    with open(source, "rb") as old, open(target, "wb") as new:
        while block := old.read(4096):
            new.write(block)


def main(path):
    now = prepare(path)
    operation = 0
    while True:
        operation += 1
        copy(path, path + ".cut")
        happened = cut(path + ".cut", operation, now)
        check(path + ".cut", now)
        os.remove(path + ".cut")
        if not happened:
            break
    print(operation - 1, "cuts")


main(sys.argv[1])
