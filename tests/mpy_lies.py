"""Runs in MicroPython: lies of a recorded product's sensors, from a file of test_lying_sensors.py.

Prints what came of each, as JSON, a line a lie.
"""

import json
import sys

from lying_things import told

with open(sys.argv[1]) as file:
    job = json.load(file)
memory = [bytes.fromhex(block) for block in job["journal"]], job["seq"]
for index, lie in job["lies"]:
    print(json.dumps(told(job["recording"], memory, job["now"], index, lie, *job["spans"])))
