"""DHT22: five bytes, the last of which is the sum of the others."""


class Chip:
    """quantity: temperature (degC), humidity (%). `deaf`: no answer; `noise`: a bit is turned."""

    def __init__(self, args, quantity):
        self.args = args
        self.quantity = quantity
        self.powered = True
        self.deaf = False
        self.noise = False

    def attach(self, pins) -> None:
        pins.attach(self.args["pin"], self)

    def brown_out(self) -> None:
        """It keeps nothing that it could lose."""

    def frame(self):
        if self.deaf or not self.powered:
            return None
        humidity = int(self.quantity("humidity") * 10 + 0.5)
        celsius = self.quantity("temperature")
        tenths = int(abs(celsius) * 10 + 0.5) | (0x8000 if celsius < 0 else 0)
        data = bytes((humidity >> 8, humidity & 255, tenths >> 8, tenths & 255))
        return data + bytes((sum(data) & 255 ^ self.noise,))
