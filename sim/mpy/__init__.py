"""The firmware in a real MicroPython process, driven from a laptop.

`runtime` finds the executables, `image` compiles what a device would carry, `thing` drives the
agent in lockstep with a virtual clock, `process` runs a whole device and may kill it or cut its
power, `heap` measures memory on a 32-bit build. `lockstep` and `device` run inside MicroPython.
"""
