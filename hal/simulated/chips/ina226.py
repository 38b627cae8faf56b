"""INA226: as the INA219 with finer steps, and a conversion ready flag of its own."""

from hal.simulated.chips import ina219


class Chip(ina219.Chip):
    """quantity: current (A), voltage (V at the load); args shunt (ohm)."""

    RESET = {0: 0x4127, 0xFE: 0x5449, 0xFF: 0x2260}
    SHUNT_STEP, SHUNT_MOST = 2.5e-6, 32767
    BUS_STEP = 0.00125
    CURRENT_DIVISOR, POWER_DIVISOR = 2048, 20_000  # equations 3 and 4 of SBOS547

    def get(self, register):
        if register == 6:
            was, self.ready = self.ready, True
            return 8 if was else 0
        return super().get(register)

    def bus(self):
        return int(self.quantity("voltage") / self.BUS_STEP + 0.5) if self.ready else 0
