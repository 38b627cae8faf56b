"""A simulated SPI bus: chips answer while their select pin is low, else the input floats high."""

from hal.simulated.faults import Faults
from hal.verbs import Spi as Verbs

FLOATING = 0xFF


class Spi(Faults, Verbs):
    """Chips are attached with the number of their select pin in the bank `pins`.

    `chip.exchange(data)` returns as many bytes. Faults: "open" (the input floats) and "stuck"
    (it is held low); SPI has no acknowledge, so a driver has to see both in the answer.
    """

    FAULTS = ("open", "stuck")

    def __init__(self, pins):
        super().__init__()
        self.pins = pins
        self._chips = {}

    def init(self, baudrate=1_000_000, *, polarity=0, phase=0, **others):
        """Every chip here speaks mode 0, as fast as it is asked."""
        assert polarity == phase == 0

    def attach(self, select: int, chip) -> None:
        self._chips[select] = chip

    def exchange(self, data):
        fault = self.fault()
        if fault == "stuck":
            return bytes(len(data))
        answer = bytes([FLOATING]) * len(data)
        if fault == "open":
            return answer
        for select, chip in self._chips.items():
            if chip.powered and not self.pins.level(select):
                answer = chip.exchange(bytes(data))
        return answer
