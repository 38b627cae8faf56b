"""Runs in MicroPython: firmware/esp32 as it is, over fakes of the ESP32's own modules.

Argument: a JSON file {flash, blocks, cut_at, ?cause, ?romfs, ?crash, ?chips, ?heap, ?slots, ?air}.
Its state is littlefs on the file `flash`, whose power fails at operation `cut_at`; `cause` is why
it started, a name in machine. With `romfs` the code comes from that image, mounted read-only.
`crash`: sensors cannot be put together. `chips` {hal, truth}: the simulated chips of the image's
board are on it, out of the folder `hal`, and measure `truth`, values by channel, or with `plant`
[host, port] what a sim/mpy/plant_server.py says there. `heap`: the bytes that are left to the
firmware; what stands for its hardware here is not counted. `slots`: it starts from the slot that
its record names, as main.py of an image does. `air`: as in sim/board/esp32/network.py.
"""

import gc
import json
import os
import sys
import time

with open(sys.argv[1]) as file:
    settings = json.load(file)

if settings.get("romfs"):
    import vfs

    with open(settings["romfs"], "rb") as image:
        vfs.mount(vfs.VfsRom(memoryview(image.read())), "/rom")
    sys.path[0] = "/rom/lib"

import file_flash
import machine
import network
import onewire  # noqa: F401 - like the others: hardware, which is there before heap is counted

# MicroPython's table of names grows in pieces, each twice the one before: 20, 40, … 640 names are
# 1,260. What stands for hardware here has names as well, so the table is made 2,560 larger first.
NAMES, TABLE, TABLE_BYTES = 1_260, 2_560, 20_000
LOOK_MS = 100  # at the plant: no chip measures more often


def used():
    gc.collect()
    return gc.mem_alloc()


def die():
    os.system("kill -9 $PPID")


def crash(*arguments):
    raise RuntimeError("crashed on purpose")


def solder(chips, carried, cbor):
    """Chips on the board that the image was built for; they are no part of the image."""
    import hal

    own, hal.__path__ = hal.__path__, chips["hal"]
    from hal.simulated.bench import Bench, outputs_at_rest

    names = [channel["name"] for channel in cbor.decode(carried.product)["channels"]]
    board, switch = cbor.decode(carried.board), None
    if "plant" in chips:
        truth, switch = seen(chips["plant"], names, outputs_at_rest(board))
    else:
        truth = chips["truth"].get
    machine.solder(Bench(board, names, truth, lambda: time.ticks_us() / 1e6, switch))
    hal.__path__ = own


def seen(where, names, outputs):
    """What is true of a channel, out of the process that has the plant, and what tells it that an
    output is switched; this one ends with it."""
    from hal import HalError
    from hal.simulated.plant import Plant

    plant = Plant(where[0], where[1], names, time, outputs)
    machine.lines = []
    looked = [time.ticks_ms()]

    def value(name):
        now = time.ticks_ms()
        if time.ticks_diff(now, looked[0]) >= LOOK_MS:
            looked[0] = now
            try:
                plant.sleep_until(0, 0)
            except HalError:
                sys.exit(0)
        return plant.value(name)

    return value, plant.switch


def fill_names():
    """Make the table of names so large that nothing run here lets it grow; returns what a chip's
    takes, which holds NAMES (tests/test_build.py holds an image to that)."""
    count = grown = 0
    while grown < TABLE_BYTES:
        count += 1
        before = gc.mem_alloc() if count % 64 else used()  # no holes in the heap that is left
        hasattr(machine, f"name {count}")
        grown = gc.mem_alloc() - before
    return grown * NAMES // TABLE


def furnish():
    """Chips on the board, and a heap of the size that is asked for; returns what fills the rest."""
    before = used()
    import carried

    import hal.edges
    import hal.filters  # noqa: F401 - of the image, before the chips want them
    from agent.wire import cbor

    firmware = used() - before
    if settings.get("chips"):
        solder(settings["chips"], carried, cbor)
    if not settings.get("heap"):
        return None
    if settings.get("romfs"):  # names that are frozen lie in flash
        firmware += fill_names()
    return fill_all_but(settings["heap"] - firmware)


def fill_all_but(size):
    """Take all of the heap but one piece; returns what fills it. A chip's heap has no holes at its
    start, and this one is full of them: what stands for hardware was compiled in it."""
    used()
    kept, ballast, piece = bytearray(size), None, gc.mem_free()
    while piece >= 16:
        try:
            ballast = ballast, bytearray(piece)
        except MemoryError:
            piece = piece * 3 // 4
    del kept
    used()
    return ballast


def program(slots):
    """The main program: of the slot that is to start, or what is carried."""
    if slots:
        import steward_boot

        return steward_boot.program("/state/slots")
    from firmware.esp32 import main

    return main


network.air = settings.get("air", network.air)
ballast = furnish() if settings.get("chips") or settings.get("heap") else None
machine.causes.append(getattr(machine, settings.get("cause", "PWRON_RESET")))
# A chip's littlefs has buffers of 128 bytes; with larger ones there are fewer places to cut at.
options = {} if settings.get("heap") else None
flash = file_flash.mount(settings["flash"], settings["blocks"], "/state", die, options)
if settings["cut_at"]:
    flash.cut_at = flash.operations + settings["cut_at"]
main = program(settings.get("slots"))
if settings.get("crash"):
    from firmware import start

    start.start_sensors = crash
main.PAUSE_MS = 0
main.main()
