"""The verbs of `machine.Pin` that follow from `value`; an ESP32 has them of its own."""


class Pin:
    """A port gives `value()`, the level, and `value(level)`, which sets it."""

    def value(self, level=None):
        raise NotImplementedError

    def __call__(self, *level):
        return self.value(*level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)
