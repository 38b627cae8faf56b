"""Something that is set between off and full: heater, fan, lamp, by pulse width."""


class Driver:
    """`write(share)` sets 0 to 1, `read()` says what was set. pins: output; args: hz (1000)."""

    def __init__(self, bus, args):
        self._pwm = bus.pwm(args["output"], args.get("hz", 1000))
        self.write(0.0)

    def write(self, share):
        self._share = min(max(share, 0.0), 1.0)
        self._pwm.duty_u16(int(self._share * 65535 + 0.5))

    def read(self):
        return {"": self._share}
