"""A switch: float switch, door contact, button, container in place. Debounced.

Contacts bounce for some milliseconds, up to 6 ms in the worst of those measured in J. Ganssle, "A
guide to debouncing" (2004), float switches on moving liquid far longer: `io` says that it chatters
and the board's debounce filter, which is in seconds, calms what is slower.
"""

from hal import HalError

STEADY = 6  # samples of 1 ms that agree: longer than contacts bounce
MOST = 30


class Driver:
    """Fields closed (1 or 0) and count (how often it closed since the start of the device).

    pins: pin; args: closed (level of the pin when it is, 0: a contact to ground), pull (up),
    debounce_ms (20, for the count).
    """

    def __init__(self, bus, args):
        self._sleep_ms = bus.ticks.sleep_ms
        self._closed = args.get("closed", 0)
        pull = args.get("pull", "up")
        debounce_us = args.get("debounce_ms", 20) * 1000
        self._counter = bus.counter(args["pin"], pull, self._closed == 1, debounce_us, 0)
        self._pin = bus.input(args["pin"], pull)

    def read(self):
        level, steady = self._pin.value(), 1
        for _ in range(MOST):
            if steady == STEADY:
                return {"closed": int(level == self._closed), "count": self._counter.total()}
            self._sleep_ms(1)
            last, level = level, self._pin.value()
            steady = steady + 1 if level == last else 1
        raise HalError("io", "the contact chatters")
