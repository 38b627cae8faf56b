"""Runs in MicroPython, on littlefs on a file: what flash suffers, or how long a start takes.

Argument: a JSON file {flash, blocks} and either `trace`, what a thing did to its store, or `keep`,
{name: hex} to start from, and perhaps `rom`, an image that holds the code. Prints one JSON object.
"""

import binascii
import json
import sys
import time

with open(sys.argv[1]) as file:
    job = json.load(file)

if job.get("rom"):
    import vfs

    with open(job["rom"], "rb") as image:
        vfs.mount(vfs.VfsRom(memoryview(image.read())), "/rom")
    sys.path.insert(0, "/rom")

began = time.ticks_us()  # type: ignore[attr-defined]  # MicroPython has it

from firmware import start  # noqa: E402
from hal.simulated.flash import mount  # noqa: E402
from hal.store import FileStore  # noqa: E402


def wear():
    """Do to a FileStore what was done; count what that does to the blocks."""
    flash = mount(job["flash"], job["blocks"], "/flash")
    store = FileStore("/flash/state")
    made, before = flash.operations, list(flash.erases)
    for word, size, name in job["trace"]:
        if word == "append":
            store.append(bytes(size))
        elif word == "replace":
            store.replace(bytes(min(512, size - at)) for at in range(0, size, 512))
        else:
            store.save(name, bytes(size))
    erases = [flash.erases[block] - before[block] for block in range(job["blocks"])]
    return {
        "operations": flash.operations - made,
        "erases": sum(erases),
        "worst_block": max(erases),
        "blocks_used": sum(1 for count in erases if count),
        "bytes": store.bytes_written,
    }


class Part:
    """A sensor that answers at once."""

    def __init__(self, bus, args):
        self.value = 1.0

    def read(self):
        return {"": self.value}


def boot():
    """Milliseconds from an interpreter that runs to modules, agent, and a step on readings."""
    from agent.wire import p256

    marks = [("modules", time.ticks_us())]
    mount(job["flash"], job["blocks"], "/flash")
    store = FileStore("/flash/state")
    for name, data in job["keep"].items():
        if name == "journal":
            store.append(binascii.unhexlify(data))
        else:
            store.save(name, binascii.unhexlify(data))
    marks.append(("", time.ticks_us()))
    agent = start.start_agent(store, p256, lambda count: bytes(count), "power on")
    sensors = start.start_sensors(store, agent, lambda *bus: None, lambda name: Part)
    marks.append(("memory", time.ticks_us()))
    for channel, value in sensors.read(0):
        agent.feed_reading(channel, value, 0, 0)
    agent.step(0)
    marks.append(("reading", time.ticks_us()))
    found, last = {}, began
    for name, at in marks:
        if name:
            found[name] = time.ticks_diff(at, last) / 1000
        last = at
    return found


print(json.dumps(wear() if "trace" in job else boot()))
