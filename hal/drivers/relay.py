"""Something that is switched: relay, valve, lamp."""


class Driver:
    """`write(on)` switches, `read()` says how it is switched (1 or 0), not whether it obeyed.
    pins: output; args: active (level that switches on, 1). Nothing is driven before the first
    write, so that what is to be on is off at no moment."""

    def __init__(self, bus, args):
        self._active = args.get("active", 1)
        self._bank = bus
        self._number = args["output"]
        self._pin = None
        self._on = 0

    def write(self, on):
        self._on = 1 if on else 0
        level = self._active if on else 1 - self._active
        if self._pin is None:
            self._pin = self._bank.output(self._number, level)
        self._pin.value(level)

    def read(self):
        return {"": self._on}
