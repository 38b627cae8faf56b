"""A board that is not there: the firmware of a device as it is, over what stands for its hardware.

`chip.py` starts it in MicroPython, as an ESP32 does, with `program.py` and the modules in `esp32/`
in the place of the chip's own; its console is a terminal, its flash a file. May use the whole
project; the tests use it, and so does `steward sim thing`.
"""
