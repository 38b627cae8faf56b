"""MAX17048: what is left of a cell, and an indicator that says when it has been reset."""

from hal.simulated.chips import registers


class Chip(registers.Registers):
    """quantity: charge (%), voltage (V), rate (% per hour)."""

    RESET = {0x08: 0x0012, 0x1A: 0x0100}
    WIDTH = 2

    def __init__(self, args, quantity):
        super().__init__(args, quantity, 0x36)

    def get(self, register):
        if register == 0x02:
            return registers.code(self.quantity("voltage"), 78.125e-6, 17)
        if register == 0x04:
            return registers.code(self.quantity("charge"), 1 / 256, 17)
        if register == 0x16:
            return registers.code(self.quantity("rate"), 0.208, 16)
        return super().get(register)
