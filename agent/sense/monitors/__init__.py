"""Monitors: one detector in each file, loaded only when the product file asks for its kind.

A monitor has `update(values, at) -> alarm`, `score` (1 is the alarm), `why()` and `wake()`, and
keeps everything it has learned in `state`, one float32 array: bounded, the same on every runtime,
and durable as it stands.
"""

from array import array

KINDS = ("limit", "rate", "stuck", "novelty", "joint", "drift", "cycle", "onset", "life",
         "crosscheck")


def make(kind, settings):
    """Return a monitor of a kind; raises ValueError for a kind that is not in KINDS."""
    if kind not in KINDS:
        raise ValueError("monitor kind %r is none of %s" % (kind, ", ".join(KINDS)))
    module = __import__("agent.sense.monitors." + kind, None, None, (kind,))
    return getattr(module, kind[0].upper() + kind[1:])(settings)


def relearn(monitor, at):
    """Have it learn a new normal: what was seen before a repair may be the fault itself."""
    own = getattr(monitor, "relearn", None)
    if own:
        own(at)  # something in its state is to stay
    else:
        restore(monitor, bytes(4 * len(monitor.state)))


def restore(monitor, data):
    """Give a monitor back what it had learned; a state of another size is left alone."""
    if len(data) == 4 * len(monitor.state):
        monitor.state[:] = array("f", data)
        monitor.wake()
