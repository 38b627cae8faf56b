"""Runs in MicroPython: a whole thing, as firmware/esp32 makes it, on simulated parts.

Argument: a JSON file with `flash` (its file), `blocks`, `plant` [host, port], `console` (a
terminal), `provision`, a folder from which a thing without keys takes them, once, and `cut_at`, the
flash operation of this start at which the power fails (0: none).
"""

import gc
import json
import os
import sys
import time

from agent.wire import cbor, p256
from firmware import start
from firmware.loop import Loop
from hal.console import Console
from hal.link_chumicro import Link
from hal.simulated import flash as on_file
from hal.simulated.plant import Plant
from hal.store import FileStore

FILES = ("product", "board", "link", "identity")  # the last one makes it whole
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


def provision(store, folder):
    """Copy what the host compiled and made; a cut in the middle leaves it to be done again."""
    if store.load("identity") is not None:
        return
    for name in sorted(os.listdir(folder), key=FILES.index):
        with open(folder + "/" + name, "rb") as file:
            store.save(name, file.read())


def open_console(path):
    terminal = open(path, "r+b", 0)  # noqa: SIM115 - for as long as the device lives
    return Console(terminal, terminal.read, terminal.write)


def main(settings):
    gc.threshold(COLLECT_BYTES)
    flash = on_file.mount(settings["flash"], settings["blocks"], "/flash", die)
    store = FileStore("/flash/state")
    provision(store, settings["provision"])
    if settings["cut_at"]:
        flash.cut_at = flash.operations + settings["cut_at"]
    board = cbor.decode(store.load("board"))
    signals = [sensor["args"]["signal"] for sensor in board["sensors"]]
    plant = Plant(settings["plant"][0], settings["plant"][1], signals, time)
    agent = start.start_agent(store, p256, os.urandom, "power on")
    console = open_console(settings["console"])
    loop = Loop(
        agent,
        start.start_sensors(store, agent, None, plant.driver),
        plant,
        start.start_link(store, agent, Link, os.urandom, time),
        [console],
        {"notify": console.write},
        Watchdog(plant, flash),
    )
    gc.collect()
    print("running", gc.mem_alloc(), gc.mem_free())
    loop.run()


with open(sys.argv[1]) as file:
    main(json.load(file))
