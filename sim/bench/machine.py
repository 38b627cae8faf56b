"""What the machine benches (skab, onset, life) share: running a monitor on either runtime."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from sim.bench import monitor_replay
from sim.mpy import runtime as mpy

ROOT = Path(__file__).resolve().parents[2]


def replay(job, runtime="cpython"):
    """The result of monitor_replay.replay(job) on a runtime, "cpython" or "micropython"."""
    if runtime == "cpython":
        return monitor_replay.replay(job)
    if runtime != "micropython":
        raise ValueError(f"runtime: {runtime!r} is not cpython or micropython")
    program = mpy.executable()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "jobs.json"
        file.write_text(json.dumps([job]))
        command = [program, "-X", "heapsize=64M", str(Path(monitor_replay.__file__)), str(file)]
        done = subprocess.run(command, env=dict(os.environ, MICROPYPATH=f":.frozen:{ROOT}"),
                              capture_output=True, check=True, text=True)
    return json.loads(done.stdout)[0]


def files(paths):
    """Every CSV file among the paths and under the folders among them, in a fixed order."""
    found = []
    for path in map(Path, paths):
        found += sorted(path.rglob("*.csv")) if path.is_dir() else [path]
    if not found:
        raise FileNotFoundError(f"no CSV file in {', '.join(map(str, paths))}")
    return found
