"""Runs in MicroPython: puts a file's bytes onto a littlefs image, past whatever would refuse.

Arguments: the image, its number of blocks, the path on it, the file with the bytes.
"""

import sys

from hal.simulated.flash import mount

image, blocks, name, source = sys.argv[1:]
mount(image, int(blocks), "/flash")
with open(source, "rb") as file:
    data = file.read()
with open("/flash/" + name, "wb") as file:
    file.write(data)
