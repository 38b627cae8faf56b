"""Runs in MicroPython: firmware/esp32 as it is, over fakes of the ESP32's own modules.

Argument: a JSON file {flash, blocks, cut_at, ?cause, ?romfs, ?crash}. State is littlefs on the
file `flash`, whose power fails at operation `cut_at` of this start; `cause` is why it started, a
name in machine. With `romfs` the code comes from that image, mounted read-only. `crash`: sensors
cannot be put together.
"""

import json
import os
import sys

with open(sys.argv[1]) as file:
    settings = json.load(file)

if settings.get("romfs"):
    import vfs

    with open(settings["romfs"], "rb") as image:
        vfs.mount(vfs.VfsRom(memoryview(image.read())), "/rom")
    sys.path[0] = "/rom/lib"

import file_flash
import machine

from firmware.esp32 import main


def die():
    os.system("kill -9 $PPID")


def crash(*arguments):
    raise RuntimeError("crashed on purpose")


machine.causes.append(getattr(machine, settings.get("cause", "PWRON_RESET")))
if settings.get("crash"):
    main.start.start_sensors = crash
main.PAUSE_MS = 0
flash = file_flash.mount(settings["flash"], settings["blocks"], "/state", die)
if settings["cut_at"]:
    flash.cut_at = flash.operations + settings["cut_at"]
main.main()
