"""Runs in MicroPython on the bytecode that devices load: what a reading costs, in time and garbage.

Argument: a JSON file with `product` (hex of the compiled file), `readings` (a row of all channels
for each minute), `monitors` ([{name, kind, settings, rows}]). Prints one JSON object.
"""

import binascii
import gc
import json
import sys
import time

from agent.core import Agent
from agent.identity import Identity
from agent.product import Product
from agent.sense import monitors
from agent.wire import p256
from sim.world.entropy import Entropy
from sim.world.memory import MemoryStore

MINUTE_S = 60
WARM = 200  # moments before anything is measured: learning costs something else


def measured(call, rounds):
    """(us, bytes of garbage) of one call(index), over rounds calls without a collection."""
    gc.collect()
    gc.disable()
    before, began = gc.mem_alloc(), time.ticks_us()
    for index in range(rounds):
        call(index)
    spent, made = time.ticks_diff(time.ticks_us(), began), gc.mem_alloc() - before
    gc.enable()
    return spent / rounds, made / rounds


def of_agent(job):
    """Through feed_reading and step, divided by the number of readings."""
    keys = [bytes([number]) * 32 for number in range(4)]
    identity = Identity("cost-1", keys[0], keys[1], keys[2] * 2, p256, keys[3] * 2)
    product = Product(binascii.unhexlify(job["product"]))
    agent = Agent(product, identity, MemoryStore(), Entropy(keys[0], 1))
    rows = job["readings"]
    channels = range(len(rows[0]))

    def moment(index):
        row, now = rows[index % len(rows)], MINUTE_S * index
        for channel in channels:
            agent.feed_reading(channel, row[channel], 0, now)
        agent.step(now)
        while agent.take_effect():
            continue

    return each(moment, len(rows), len(channels), WARM)


def each(moment, rounds, readings, warm):
    for index in range(warm):
        moment(index)
    spent, made = measured(lambda index: moment(warm + index), rounds)
    return {"us": spent / readings, "bytes": made / readings}


def of_monitor(spec):
    """Through update alone, once it has learned."""
    setting = spec["settings"].get
    warm = WARM + setting("learn", 300) + setting("calibrate", 100)
    monitor = monitors.make(spec["kind"], spec["settings"])
    rows = spec["rows"]
    count = len(rows)

    def moment(index):
        monitor.update(rows[index % count], MINUTE_S * index)

    return each(moment, count, 1, warm)


def main(job):
    found = {"agent": of_agent(job)}
    found["loaded"] = [name for name in sys.modules if name.split(".")[0] == "agent"]
    for spec in job["monitors"]:
        found[spec["name"]] = of_monitor(spec)
    print(json.dumps(found))


with open(sys.argv[1]) as file:
    main(json.load(file))
