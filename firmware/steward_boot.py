"""Chooses the slot from which a thing starts: the only part of it that no update replaces.

Beside the thing's memory lie `slots/a`, `slots/b` and `slots/record`, JSON: `run`, the slot of the
version that is good ("" is what came over the cable), and while an update is under way `slot`,
`new` (its number), `stage`, `left`, how many more starts a new version has to prove itself, and
`woken`, how often it was woken from a deep sleep meanwhile, which is no start.
On an ESP32 this is a module of its own beside main.py; docs/device.md, Updates.
"""

import json
import os
import sys

ROOT = "/state/slots"
TRYING = 4  # the stage, as agent/service/updates.py counts them
WATCHDOG_MS = 60_000
PAUSE_MS = 5_000
OURS = ("agent", "hal", "firmware", "carried", "chumicro_mqtt")
WAKINGS = 60  # on trial: two months on a flat battery; a version that only sleeps is no good one
UNDER_WAY = ("slot", "new", "stage", "left", "control", "sense", "desk", "woken")
_sync = getattr(os, "sync", None)  # where a closed file is not yet a durable one


def load(root) -> dict:
    """The record; an empty one, so what came over the cable, where none can be read."""
    try:
        with open(root + "/record") as file:
            record = json.load(file)
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def save(root, record) -> None:
    """Replace the record; after a power cut it is the old or the new one. Raises OSError."""
    fresh = root + "/record.new"
    with open(fresh, "w") as file:
        file.write(json.dumps(record))
    if _sync:
        _sync()
    os.rename(fresh, root + "/record")
    if _sync:
        _sync()


def back(record, why) -> None:
    """Have the version that was good run on; `why` is for the thing to tell when it does."""
    record["bad"] = record.get("new", 0)
    record["why"] = why[-160:]
    for word in UNDER_WAY:
        record.pop(word, None)


def choose(root, woken=False) -> str:
    """The slot to start from, "" for none; counts this start if it is one of a new version.

    woken: from a sleep that the thing itself chose.
    """
    record = load(root)
    slot = good = str(record.get("run") or "")
    if record.get("stage") != TRYING or record.get("control"):
        return good
    wakings = record.get("woken", 0)
    if woken and wakings < WAKINGS:
        record["woken"] = wakings + 1
        slot = record["slot"]
    elif record.get("left", 0) > 0:
        record["left"] -= 1
        slot = record["slot"]
    else:
        back(record, "it came to no good end in any of its starts")
    try:
        save(root, record)
    except OSError:  # a start that is not counted could be the first of endlessly many
        return good
    return slot


def start(root=ROOT) -> None:
    """On MicroPython: run the main program of the slot that is chosen."""
    program(root).main()


def program(root):
    """The main program out of the chosen slot, or of what came over the cable where it is none."""
    import machine

    slot = choose(root, machine.reset_cause() == machine.DEEPSLEEP_RESET)
    if not slot:
        return _imported()
    sys.path.insert(0, root + "/" + slot)
    machine.WDT(timeout=WATCHDOG_MS)
    try:
        return _imported()
    except Exception as error:
        sys.print_exception(error)
        reason = repr(error)
    record = load(root)
    if record.get("stage") == TRYING:
        back(record, reason)
        save(root, record)
        machine.reset()
    sys.path.pop(0)  # what was good is damaged
    for name in list(sys.modules):
        if name.split(".")[0] in OURS:
            del sys.modules[name]
    return _imported()


def _imported():
    return __import__("firmware.esp32.main", None, None, ("main",))
