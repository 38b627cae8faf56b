"""A simulated I2C bus: chips at addresses, and everything that goes wrong on two wires."""

from hal import HalError
from hal.simulated.faults import Faults
from hal.verbs import I2c as Verbs

STRETCH_LIMIT_US = 50_000  # what the ESP32 port asks of its controller


class I2c(Faults, Verbs):
    """Chips are attached; `chip.write(data)` and `chip.read(count)` are their side of it.

    Faults: "nak" (nobody acknowledges), "stuck" (a line is held low) and "cut off" (by a part that
    was in the middle of a byte; `free` gives it the clocks that it waits for). A chip that is not
    powered does not acknowledge; one that holds the clock longer than the limit times out.
    """

    FAULTS = ("nak", "stuck", "cut off")

    def __init__(self):
        super().__init__()
        self.chips = {}

    def attach(self, address: int, chip) -> None:
        self.chips[address] = chip

    def transfer(self, address, data, count):
        fault = self.fault()
        chip = self.chips.get(address)
        if fault in ("stuck", "cut off"):
            raise HalError("timeout", "a line is held low")
        if chip is None or not chip.powered or fault == "nak":
            raise HalError("absent", "0x%02x" % address)
        if chip.stretch_us > STRETCH_LIMIT_US:
            raise HalError("timeout", "0x%02x holds the clock" % address)
        if data:
            chip.write(data)
        return chip.read(count) if count else b""

    def free(self):
        if self._fault == "cut off" and not self._after:
            self.mend()
