"""The shipped monitor over recorded series, here or in a real MicroPython process.

Runs on both runtimes. Series reach MicroPython as one binary file: a count, then for each series
its length and rows of (double value, signed 64-bit seconds); the answer is JSON on its output.
"""

import gc
import json
import struct
import sys

from agent.sense import monitors

SERIES = struct.calcsize("<I")
ROW = "<dq"
ROW_BYTES = struct.calcsize(ROW)
HEAP_BYTES = 8 * 1024 * 1024


def edges(rows, settings, kind="novelty"):
    """(rows at which the alarm rose, bytes of state) of a fresh monitor over (value, at) rows."""
    monitor = monitors.make(kind, settings)
    found, was = [], False
    for row, (value, at) in enumerate(rows):
        if value != value:
            continue  # no number: it reaches no monitor
        alarm = monitor.update((value,), at)
        if alarm and not was:
            found.append(row)
        was = alarm
    return found, 4 * len(monitor.state)


def replay_all(series, settings, runtime="cpython", progress=None):
    """Return {"alarms", "state_bytes", "agree"} of each series; raises ValueError for a runtime.

    On MicroPython the series are also run here, and `agree` compares the alarms.
    """
    if runtime not in ("cpython", "micropython"):
        raise ValueError(f"runtime: {runtime!r} is not cpython or micropython")
    results = []
    for one in series:
        alarms, size = edges(one["readings"], settings)
        results.append({"alarms": alarms, "state_bytes": size, "agree": True})
        if progress:
            progress(len(results), len(series))
    if runtime == "micropython":
        for at, alarms in enumerate(on_micropython(series, settings)):
            results[at]["agree"] = results[at]["alarms"] == alarms
            results[at]["alarms"] = alarms
    return results


def on_micropython(series, settings):
    """Alarm rows of each series from the same class in a MicroPython process."""
    import tempfile

    from sim.mpy import runtime

    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(struct.pack("<I", len(series)))
        for one in series:
            file.write(struct.pack("<I", len(one["readings"])))
            for value, at in one["readings"]:
                file.write(struct.pack(ROW, value, at))
        file.flush()
        told = runtime.run(__file__, file.name, json.dumps(settings), heap=HEAP_BYTES,
                           timeout_s=1200)
    return json.loads(told)


def packed_rows(file, count):
    """Rows of a packed series, one after the other, without holding it in memory."""
    for _ in range(count):
        yield struct.unpack(ROW, file.read(ROW_BYTES))


def main(path, settings):
    """Print the alarm rows of every packed series."""
    found = []
    with open(path, "rb") as file:
        (count,) = struct.unpack("<I", file.read(SERIES))
        for _ in range(count):
            (rows,) = struct.unpack("<I", file.read(SERIES))
            found.append(edges(packed_rows(file, rows), settings)[0])
            gc.collect()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
