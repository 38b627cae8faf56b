"""Runs in MicroPython: a compiled board with its drivers on simulated chips; prints its readings.

Argument: a JSON file with `board`, the `names` of the channels, `truth` by name, and `minutes`.
"""

import json
import sys

from hal.simulated.bench import Bench
from hal.wiring import Sensors


def main(job):
    now = [0]
    bench = Bench(job["board"], job["names"], lambda name: job["truth"][name], lambda: now[0])
    sensors = Sensors(job["board"], [60] * len(job["names"]), bench.open_bus)
    values = {}
    for _ in range(job["minutes"]):
        now[0] += 60
        values = {job["names"][channel]: value for channel, value in sensors.read(now[0])}
    print(json.dumps(values))


with open(sys.argv[1]) as file:
    main(json.load(file))
