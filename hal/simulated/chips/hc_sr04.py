"""HC-SR04: an echo as long as sound takes there and back."""


class Chip:
    """quantity: "" (m to the target), `deaf`: nothing comes back. Air is at `celsius`."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.deaf = False
        self.celsius = args.get("temperature", 20)

    def attach(self, pins) -> None:
        pins.attach(self.args["echo"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def echo_us(self):
        if self.deaf or not self.powered:
            return None
        return 2e6 * self.quantity("") / (331.3 + 0.606 * self.celsius)
