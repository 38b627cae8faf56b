"""Runs in MicroPython: what firmware/esp32/boot.py does with the flash in a file, once.

Arguments: the flash, and the file in which the count of failed starts is kept. Prints `mounted`,
after a write that proves it, or `again`.
"""

import os
import sys

from firmware.esp32 import boot
from hal.simulated.flash import FileFlash


class FakeNotes:
    """The chip's key-value store, as one file."""

    def __init__(self, path):
        self._path = path

    def get(self):
        try:
            with open(self._path) as file:
                return int(file.read())
        except OSError:
            return 0

    def put(self, count):
        with open(self._path, "w") as file:
            file.write(str(count))


if boot.mount(FileFlash(sys.argv[1], 64), FakeNotes(sys.argv[2]), "/disk"):
    with open("/disk/proof", "w") as file:
        file.write("x")
    assert "proof" in os.listdir("/disk")
    print("mounted")
else:
    print("again")
