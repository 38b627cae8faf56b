"""Runs in MicroPython: one bit flips in the middle of files of a thing.

Arguments: its flash, and the names of the files.
"""

import sys

from hal.simulated import flash as on_file

on_file.mount(sys.argv[1], 64, "/state")
for name in sys.argv[2:]:
    with open("/state/" + name, "rb") as file:
        data = bytearray(file.read())
    data[len(data) // 2] ^= 1
    with open("/state/" + name, "wb") as file:
        file.write(data)
