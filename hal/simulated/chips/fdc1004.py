"""FDC1004 with the electrodes of a tank on its first two inputs."""

from hal.simulated.chips import registers

COVERED_PF = 2.5  # what the liquid adds to the reference electrode


class Chip(registers.Registers):
    """quantity: "level" (mm). `dry`: the reference electrode stands in air."""

    RESET = {0xFE: 0x5449, 0xFF: 0x1004, 0x0C: 0}
    WIDTH = 2

    def __init__(self, args, quantity):
        self.dry = False
        super().__init__(args, quantity, 0x50)

    def get(self, register):
        config = super().get(0x0C)
        if register == 0x0C and config & 0x0100:
            done = self.values.get("done", 0)
            self.values["done"] = 0x000C  # seen once, complete the next time
            return config | done
        if register in (0, 2):
            picofarad = self._measured_pf(register) - self._offset(0x08 + register // 2)
            self.values["low"] = registers.code(picofarad, 1 / 524288, 24) << 8
            return self.values["low"] >> 16
        if register in (1, 3):
            return self.values.get("low", 0) & 0xFFFF
        return super().get(register)

    def put(self, register, value):
        super().put(register, value)
        if register == 0x0C:
            self.values["done"] = 0

    def _measured_pf(self, register):
        if register:
            return self.args.get("empty2", 0.0) + (0.0 if self.dry else COVERED_PF)
        share = self.quantity("level") / self.args["height"]
        return self.args.get("empty1", 0.0) + share * COVERED_PF

    def _offset(self, register):
        config = super().get(register)
        return (config >> 5 & 31) * 3.125 if config >> 10 & 7 == 4 else 0.0
