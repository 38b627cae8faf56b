"""Something that is switched: relay, valve, lamp."""


class Driver:
    """`write(on)` switches, `read()` says how it is switched (1 or 0), not whether it obeyed.
    pins: output; args: active (level that switches on, 1). Off when made."""

    def __init__(self, bus, args):
        self._active = args.get("active", 1)
        self._pin = bus.output(args["output"], 1 - self._active)
        self._on = 0

    def write(self, on):
        self._on = 1 if on else 0
        self._pin.value(self._active if on else 1 - self._active)

    def read(self):
        return {"": self._on}
