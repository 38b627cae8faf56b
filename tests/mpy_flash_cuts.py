"""Runs in MicroPython: cuts the power at every flash operation of every verb of the store.

Arguments: a file for the flash. Prints one line `verb operations` per verb; fails by exception.
"""

import sys

import vfs

from hal.simulated import flash as on_file
from hal.store import FileStore

OLD = b"old" * 200
MORE = b"more" * 150
AFTER = b"after" * 300
NEW = [b"fresh" * 100] * 4
VERBS = {
    "append": (lambda store: store.append(MORE), (OLD, OLD + MORE), (b"before",)),
    "replace": (lambda store: store.replace(iter(NEW)), (OLD, b"".join(NEW)), (b"before",)),
    "save": (lambda store: store.save("name", AFTER), (OLD,), (b"before", AFTER)),
    "twice": (lambda store: store.save("pin", AFTER), (OLD,), (b"before", AFTER)),
}


def mount(path):
    flash = on_file.mount(path, 32, "/flash")
    return flash, FileStore("/flash/state")


def unmount(flash):
    vfs.umount("/flash")
    flash.close()


def prepare(path):
    flash, store = mount(path)
    store.replace([OLD])
    store.save("name", b"before")
    store.save("pin", b"before")
    unmount(flash)


def cut(path, verb, operation):
    """True if the power was cut; False when the verb needed fewer operations."""
    flash, store = mount(path)
    flash.cut_at = flash.operations + operation
    try:
        verb(store)
        return False
    except on_file.PowerCut:
        return True
    finally:
        unmount(flash)


def check(path, journals, names):
    flash, store = mount(path)
    journal, saved = b"".join(store.blocks()), {store.load("name"), store.load("pin")}
    name = max(saved - {b"before"} or saved)
    assert store.damaged() == []
    assert journal in journals, (len(journal), journal[:20])
    assert name in names, name
    store.append(b"!")
    assert b"".join(store.blocks()) == journal + b"!"
    unmount(flash)
    return journal, name


def main(path):
    for word, (verb, journals, names) in VERBS.items():
        operation, seen = 1, set()
        prepare(path)
        while cut(path, verb, operation):
            seen.add(check(path, journals, names))
            prepare(path)
            operation += 1
        seen.add(check(path, journals, names))
        assert len(seen) == 2, seen
        print(word, operation - 1)


main(sys.argv[1])
