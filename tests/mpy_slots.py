"""Runs in MicroPython: puts a version into a slot of a device's flash, as a cable could.

Arguments: the file of the flash, its blocks, the folder of the files, what JSON to add to the
record. Prints the record that is there then.
"""

import json
import os
import sys

from firmware.slots import Slots
from hal.simulated import flash as on_file


def put(slots, folder, inner=""):
    for name in sorted(os.listdir(folder + inner)):
        path = inner + "/" + name
        if os.stat(folder + path)[0] & 0x4000:
            put(slots, folder, path)
        else:
            with open(folder + path, "rb") as file:
                slots.append(slots.spare() + path, file.read())


def main(flash, blocks, folder, words):
    on_file.mount(flash, int(blocks), "/state")
    slots = Slots("/state/slots", None, "", "", False)
    if folder:
        slots.clear()
        put(slots, folder)
        slots.save(slot=slots.spare(), **json.loads(words))
    print(json.dumps(slots.record))


main(*sys.argv[1:])
