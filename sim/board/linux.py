"""The thing as on a Raspberry Pi, its parts simulated: `python -m sim.board.linux SETTINGS`.

SETTINGS: a JSON file {state, console, plant: [host, port]}. It runs firmware/pi/main.py as it is,
but that the buses of the board it was provisioned for have simulated chips on them, which measure
what the plant says (sim/mpy/plant_server.py). It ends with the plant.
"""

import json
import os
import sys
import time

from agent.wire import cbor
from firmware.pi import main as pi
from firmware.start import Unprovisioned, needed
from hal import HalError
from hal.linux import ticks
from hal.simulated.bench import Bench, outputs_at_rest
from hal.simulated.plant import Plant

LOOK_S = 0.1
put_together = pi.assemble


def solder(where, store):
    """open_bus of a bench that is wired as the store's board, or None before there is one."""
    try:
        board, product = (cbor.decode(needed(store, name)) for name in ("board", "product"))
    except (Unprovisioned, HalError):
        return None
    names = [channel["name"] for channel in product["channels"]]
    plant = Plant(where[0], where[1], names, ticks, outputs_at_rest(board))
    looked = [0.0]

    def value(name):
        now = time.monotonic()
        if now - looked[0] >= LOOK_S:
            looked[0] = now
            try:
                plant.sleep_until(0, 0)
            except HalError:
                os._exit(0)  # whoever has the plant has ended
        return plant.value(name)

    return Bench(board, names, value, time.monotonic, plant.switch).open_bus


def main(settings: dict) -> int:
    """Run until killed; a `restart` on the console puts the thing together anew."""

    def assemble(store, console, watchdog, guard):
        pi.open_bus = solder(settings["plant"], store) or pi.open_bus
        return put_together(store, console, watchdog, guard)

    def renew(*command):
        sys.exit("a simulated thing on CPython runs no other version than this one")

    pi.assemble, os.execv = assemble, renew
    return pi.main(["--state", settings["state"], "--console", settings["console"]])


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.exit(main(json.load(file)))
