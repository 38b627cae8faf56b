"""Runs in MicroPython: cuts the power at every flash operation of setting a thing up.

Argument: a file for the flash. After each cut everything that is kept is the old or the new, and
the same lines, typed again, come to the same end. Prints how many cuts there were.
"""

import os
import sys

import vfs

from agent.console.ports import Ports
from agent.wire import cbor, p256
from firmware.blank import Blank
from hal.simulated import flash as on_file
from hal.store import FileStore

PRODUCT = cbor.encode({"v": 1, "product": "p", "version": "1", "channels": []})
OLD = {"wifi.name": "old"}
LINES = (
    "provision put product 1/1 " + PRODUCT.hex(),
    "provision keys thing-1",
    "provision owner " + p256.public_key(b"o" * 32).hex(),
    "config set wifi.name new",
    "config apply",
    "pin set 4711",
    "pin unlock 4711",
    "provision lock",
)


def mount(path):
    flash = on_file.mount(path, 32, "/flash")
    return flash, FileStore("/flash/state")


def unmount(flash):
    vfs.umount("/flash")
    flash.close()


def anew(path):
    try:
        os.remove(path)
    except OSError:
        print("the first one")
    flash, store = mount(path)
    store.save("config", cbor.encode(OLD))
    unmount(flash)


def blank(store):
    thing = Blank("a test")
    thing.ports = Ports(store, p256, os.urandom)
    return thing


def cut(path, operation):
    """True if the power was cut; False when the lines needed fewer operations."""
    flash, store = mount(path)
    flash.cut_at = flash.operations + operation
    thing = blank(store)
    try:
        for line in LINES:
            answer = thing.feed_line(line, 0)
            assert not answer.startswith("error"), (line, answer)
        return False
    except on_file.PowerCut:
        return True
    finally:
        unmount(flash)


def check(path):
    """Old or new, never between; then the rest of the lines end where all of them do."""
    flash, store = mount(path)
    assert store.load("product") in (None, PRODUCT)
    identity = keys(store)
    assert cbor.decode(store.load("config")) in (OLD, {"wifi.name": "new"})
    assert store.load("locked") in (None, b"1")
    pin = store.load("pin")
    assert pin is None or len(cbor.decode(pin)) == 4
    thing = blank(store)
    thing.feed_line("pin unlock 4711", 5000)
    for line in LINES:
        thing.feed_line(line, 5000)
    assert identity is None or keys(store)["root_key"] == identity["root_key"]
    assert keys(store)["owner_key"] and store.load("locked") == b"1"
    assert cbor.decode(store.load("config")) == {"wifi.name": "new"}
    unmount(flash)


def keys(store):
    data = store.load("identity")
    if data is None:
        return None
    found = cbor.decode(data)
    assert p256.public_key(found["private_key"]) == found["public_key"]
    assert len(found["root_key"]) == 32 and found["thing"] == "thing-1"
    return found


def main(path):
    operation = 0
    while True:
        operation += 1
        anew(path)
        happened = cut(path, operation)
        check(path)
        if not happened:
            break
    print(operation - 1, "cuts")


main(sys.argv[1])
