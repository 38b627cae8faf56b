"""Starts the thing from its slot, or as it was installed; no update replaces this file.

`python -m firmware.pi.boot --state /var/lib/steward …`, as steward.service beside it does; every
word is handed on to firmware.pi.main. What lies in a slot comes first on Python's path.
"""

import argparse
import os
import subprocess
import sys

from firmware import steward_boot as boot

MAIN = "firmware.pi.main"
STATE = "/var/lib/steward"
# Without -P the working folder would come before the slot.
PYTHON = [sys.executable, "-P"]
IMPORT_S = 60


def main(arguments=None) -> None:
    """Becomes the main program; the process and its number stay."""
    words = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--state", default=os.environ.get("STATE_DIRECTORY", STATE))
    root = parser.parse_known_args(words)[0].state + "/slots"
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)
    slot = boot.choose(root)
    if slot:
        from_slot = dict(environment, PYTHONPATH=f"{root}/{slot}")
        fault = _fault(from_slot)
        if fault is None:
            environment = from_slot
        else:
            print(f"slot {slot}: {fault}", file=sys.stderr)
            _not_this(root)
    os.execve(PYTHON[0], PYTHON + ["-m", MAIN] + list(words), environment)


def _fault(environment) -> str | None:
    """Why the main program cannot be imported there, or None."""
    command = PYTHON + ["-c", f"import {MAIN}"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=IMPORT_S
        )
    except subprocess.TimeoutExpired:
        return "it hangs"
    return done.stderr.strip().split("\n")[-1] if done.returncode else None


def _not_this(root) -> None:
    """A version on trial is left; then the one before it is tried, by starting once more."""
    record = boot.load(root)
    if record.get("stage") == boot.TRYING:
        boot.back(record, "it cannot be imported")
        boot.save(root, record)
        if record.get("run"):
            sys.exit(1)


if __name__ == "__main__":
    main()
