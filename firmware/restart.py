"""Sets up the part of a sensor anew, for a remedy of its channel; loaded when one is tried.

It is looked for on its bus and gets its settings as at the start. Whether that helped, the
sensor's own watch sees (agent/sense/senses.py).
"""

from agent.wire import cbor
from hal import HalError


def switch(loop, store, name, seconds) -> None:
    """The effect of that name, where some remedy restarts a sensor: name is "sensor CHANNEL", or
    that of an output."""
    if not name.startswith("sensor "):
        loop.outputs.switch(name, seconds)
        return
    channel = int(name[7:])
    try:
        specs = cbor.decode(store.load("board"))["sensors"]
    except HalError as error:
        loop.agent.tell("not restarted: %s" % error)
        return
    args = [spec.get("args", {}) for spec in specs if spec["channel"] == channel]
    for sensor in loop.sensors.sensors:
        if sensor.channel == channel:
            sensor.part.restart(args[0])
