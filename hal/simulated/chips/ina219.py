"""INA219: the two registers that are measured, and the calibrated ones worked out from them."""

from hal.simulated.chips import registers


class Chip(registers.Registers):
    """quantity: current (A), voltage (V at the load); args shunt (ohm).

    After a start the data are not ready until the bus voltage has been looked at once.
    """

    RESET = {0: 0x399F}
    WIDTH = 2
    SHUNT_STEP, SHUNT_MOST = 1e-5, 32000
    BUS_STEP = 0.004
    CURRENT_DIVISOR, POWER_DIVISOR = 4096, 5000

    def __init__(self, args, quantity, address=0x40):
        self.ready = False
        super().__init__(args, quantity, address)

    def brown_out(self):
        super().brown_out()
        self.ready = False

    def put(self, register, value):
        super().put(register, value)
        if register == 0:
            self.ready = False

    def get(self, register):
        if register == 1:
            return self.shunt() & 0xFFFF
        if register == 2:
            return self.bus()
        if register == 3:
            return self.power()
        if register == 4:
            return self.current() & 0xFFFF
        return super().get(register)

    def current(self):
        """In the steps that the calibration register makes (equation 4 of SBOS448G)."""
        return self.shunt() * self.values.get(5, 0) // self.CURRENT_DIVISOR

    def power(self):
        """In twenty of these steps times a volt (equation 5)."""
        volts = int(self.quantity("voltage") / self.BUS_STEP + 0.5) if self.ready else 0
        return abs(self.current()) * volts // self.POWER_DIVISOR

    def shunt(self):
        if not self.ready:
            return 0
        volts = self.quantity("current") * self.args.get("shunt", 0.1)
        number = int(volts / self.SHUNT_STEP + (0.5 if volts >= 0 else -0.5))
        return min(max(number, -self.SHUNT_MOST), self.SHUNT_MOST)

    def bus(self):
        was, self.ready = self.ready, True
        number = int(self.quantity("voltage") / self.BUS_STEP + 0.5)
        return number << 3 | 2 if was else 0
