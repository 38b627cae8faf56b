"""Runs in MicroPython: a whole thing, as firmware/esp32 makes it, on simulated parts.

Argument: a JSON file with the settings of sim/mpy/assembly.py and `flash` (its file), `blocks`, and
`cut_at`, the flash operation of this start at which the power fails (0: none).
"""

import gc
import json
import os
import sys
import time

from agent import loan
from agent.wire import p256
from hal.link_chumicro import Link
from hal.simulated import flash as on_file
from hal.store import FileStore
from sim.mpy.assembly import assemble, provision

COLLECT_BYTES = 64 * 1024  # garbage between collections: a heap that is let fill up falls apart


class Watchdog:
    """Is fed once a turn, so it is also where a wish for a power cut arrives."""

    def __init__(self, plant, flash):
        self._plant = plant
        self._flash = flash

    def feed(self):
        if self._plant.power:
            self._flash.cut_at = self._flash.operations + self._plant.power


def die():
    """End this process as a power cut would: at once, nothing flushed, no handler run."""
    os.system("kill -9 $PPID")


def main(settings):
    gc.threshold(COLLECT_BYTES)
    loan.loaded = sys.modules
    flash = on_file.mount(settings["flash"], settings["blocks"], "/flash", die)
    store = FileStore("/flash/state")
    provision(store, settings["provision"])
    if settings["cut_at"]:
        flash.cut_at = flash.operations + settings["cut_at"]
    loop = assemble(settings, store, p256, Link, time, lambda plant: Watchdog(plant, flash))
    gc.collect()
    print("running", gc.mem_alloc(), gc.mem_free())
    loop.run()


with open(sys.argv[1]) as file:
    main(json.load(file))
