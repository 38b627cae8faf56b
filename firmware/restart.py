"""Sets up the part of a sensor anew, for a remedy of its channel; loaded when one is tried.

It is looked for on its bus and gets its settings as at the start. Whether that helped, the
sensor's own watch sees (agent/sense/senses.py).
"""

from agent.wire import cbor
from hal import HalError


def lent(board, agent) -> list:
    """What remedies may set up anew: parts on a bus, for on pins there is nothing to set up."""
    tries = [watch.remedies for watch in agent.senses.watches]
    tries += [spec.get("tries", ()) for spec in agent.product.sensors]
    wanted = [remedy.get("output") for each in tries for remedy in each]
    on_bus = ["sensor %d" % spec["channel"] for spec in board.get("sensors", ()) if spec.get("bus")]
    return [name for name in on_bus if name in wanted]


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
