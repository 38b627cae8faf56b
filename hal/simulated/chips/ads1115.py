"""ADS1115: a conversion per write of the start bit, over after some looks at the register."""

from hal.simulated.chips import registers

FULL_SCALES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)


class Chip(registers.Registers):
    """quantity: "" (V at the input of `args`; `join` adds what is at another). `slow`: how often
    the start bit still reads as busy."""

    RESET = {1: 0x8583}
    WIDTH = 2

    def __init__(self, args, quantity):
        self.slow = 3
        self._busy = 0
        self._inputs = {}
        self.join(args, quantity)
        super().__init__(args, quantity, 0x48)

    def join(self, args, quantity):
        self._inputs[4 + args["input"]] = quantity

    def put(self, register, value):
        super().put(register, value)
        if register == 1 and value & 0x8000:
            self._busy = self.slow
            step = FULL_SCALES[value >> 9 & 7] / 32768
            quantity = self._inputs.get(value >> 12 & 7)
            self.values[0] = registers.code(quantity("") if quantity else 0.0, step, 16)

    def get(self, register):
        value = super().get(register)
        if register == 1 and self._busy:
            self._busy -= 1
            return value & 0x7FFF
        return value

    def brown_out(self):
        super().brown_out()
        self._busy = 0
