"""Runs in a CPython process: the same thing as sim/mpy/device.py, with the ports of Linux.

`python -m sim.demo.cpython_device SETTINGS`. Its store is a folder; a wished power cut kills the
process at the end of the turn, for the operations of a file system cannot be torn from here.
"""

import json
import os
import signal
import sys

from hal.link_paho import Link
from hal.linux import p256, ticks
from hal.linux.store import open_store
from sim.mpy.assembly import assemble, provision
from sim.mpy.process import Device


class CpythonDevice(Device):
    """The host's end: starts this file as a process; otherwise as sim.mpy.process has it."""

    def _command(self, settings):
        return [sys.executable, "-m", "sim.demo.cpython_device", str(settings)], None, None


class Watchdog:
    """Is fed once a turn, so it is also where a wish for a power cut arrives."""

    def __init__(self, plant):
        self._plant = plant

    def feed(self):
        if self._plant.power:
            os.kill(os.getpid(), signal.SIGKILL)


def main(settings: dict) -> None:
    """Run until killed."""
    store = open_store(settings["flash"] + ".d")
    provision(store, settings["provision"])
    loop = assemble(settings, store, p256, Link, ticks, Watchdog)
    print("running 0 0", flush=True)
    loop.run()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file))
