"""Runs in MicroPython: the store on littlefs keeps the contract of all ports; then it is filled to
the last block, and freed again.

Argument: a file for the flash. Prints how many appends it took; fails by exception.
"""

import os
import sys

import vfs

sys.path.append(__file__.rsplit("/", 1)[0] + "/portable")
import port_contract_board as contract

from hal import HalError
from hal.simulated import flash as on_file
from hal.store import FileStore

BLOCKS = 16
RECORD = b"record" * 100


def kind_of(action, *arguments):
    try:
        action(*arguments)
    except HalError as error:
        return error.kind
    return "no error"


def journal(store):
    return b"".join(store.blocks())


def main(path):
    on_file.mount(path, BLOCKS, "/flash")
    contract.check_store(lambda: FileStore("/flash/contract"))
    contract.check_rot(FileStore("/flash/rot"))
    for name in os.listdir("/flash/contract"):
        os.remove("/flash/contract/" + name)
    store = FileStore("/flash/state")
    store.save("name", b"before")
    appended = 0
    while kind_of(store.append, RECORD) == "no error":
        appended += 1
    # What failed left nothing behind, however often it is tried.
    for _ in range(3):
        assert kind_of(store.append, RECORD) == "full"
        assert kind_of(store.save, "name", b"after" * 2000) == "full"
        assert kind_of(store.replace, iter([RECORD] * appended)) == "full"
        assert journal(store) == RECORD * appended
        assert store.load("name") == b"before"
        assert sorted(os.listdir("/flash/state")) == ["journal", "name"], os.listdir("/flash/state")
    assert store.appends == appended and store.replaces == 1
    # A shorter journal makes room; what comes after a start is what was there.
    assert kind_of(store.replace, iter([RECORD])) == "no error"
    assert kind_of(store.append, b"more") == "no error"
    assert kind_of(store.save, "name", b"after") == "no error"
    vfs.umount("/flash")
    on_file.mount(path, BLOCKS, "/flash")
    store = FileStore("/flash/state")
    assert journal(store) == RECORD + b"more" and store.load("name") == b"after"
    print(appended)


main(sys.argv[1])
