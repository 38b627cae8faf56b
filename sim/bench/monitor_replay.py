"""Recorded rows replayed through a shipped monitor; runs on CPython and on MicroPython.

A job is plain data, so the same code serves a direct call and `micropython monitor_replay.py JOBS`,
which prints the results as JSON.
"""

import json
import sys
from array import array

from agent.sense import monitors


def replay(job):
    """Return {"alarms": [bool], "scores": [float], "why": the last, "state_bytes"}.

    job: kind, settings, rows ([[value, ...], ...], None for one that reaches no monitor: then the
    last verdict stands), times (s, one for each row), and optionally word, one of why()'s: then
    "scores" are that number instead.
    """
    monitor = monitors.make(job["kind"], job["settings"])
    count = len(job["rows"])
    # Before the first update: a list grown among the garbage would leave the heap in pieces.
    alarms = bytearray(count)
    scores = array("d", bytes(8 * count))
    for i in range(count):
        if job["rows"][i] is None:
            alarms[i], scores[i] = (alarms[i - 1], scores[i - 1]) if i else (0, 0.0)
            continue
        alarms[i] = monitor.update(job["rows"][i], job["times"][i])
        number = dict(monitor.why())[job["word"]] if "word" in job else monitor.score
        scores[i] = round(number, 6)
    return {"alarms": [alarm > 0 for alarm in alarms], "scores": list(scores),
            "why": dict(monitor.why()), "state_bytes": 4 * len(monitor.state)}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(json.dumps([replay(job) for job in json.loads(file.read())]))
