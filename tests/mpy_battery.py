"""Runs in MicroPython: the image of a thing on a battery, woken from deep sleep, for three naps.

Arguments: the flash, a file with the thing's identity. Over the fakes of the chip's modules, whose
sleep is short. Prints how long it wanted to sleep each time (ms).
"""

import sys
import time

import file_flash
import machine

from firmware.esp32 import main
from hal.store import FileStore

naps = []


def light_sleep(duration_ms):
    naps.append(duration_ms)
    if len(naps) == 3:
        print("naps", *naps)
        sys.exit(0)
    time.sleep_ms(10)


machine.lightsleep = light_sleep
machine.causes.append(machine.DEEPSLEEP_RESET)
file_flash.mount(sys.argv[1], 64, "/state")
with open(sys.argv[2], "rb") as file:
    FileStore("/state").save("identity", file.read())
main.main()
