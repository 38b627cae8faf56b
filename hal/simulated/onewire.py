"""A simulated 1-Wire bus, in whole bytes: reset and presence, ROM commands, then the chip's own."""

from hal.simulated.faults import Faults
from hal.verbs import OneWire as Verbs

MATCH_ROM = 0x55
SKIP_ROM = 0xCC


class OneWire(Faults, Verbs):
    """Chips have `rom` (8 bytes), `reset()`, `command(byte)` and `answer() -> byte`.

    Faults, counted in resets and bytes read: "absent" (no presence pulse), "stuck" (held low: it
    looks like presence and reads zeros), "noise" (one bit of a byte read is turned).
    """

    FAULTS = ("absent", "stuck", "noise")

    def __init__(self):
        super().__init__()
        self._chips = []
        self._selected = []
        self._match = None  # ROM bytes still expected, None once a ROM command is done
        self._fresh = False

    def attach(self, chip) -> None:
        self._chips.append(chip)

    def scan(self):
        return [chip.rom for chip in self._present()]

    def present(self):
        fault = self.fault() if self._fault != "noise" else None
        self._selected = []
        self._match = None
        self._fresh = True
        if fault:
            return fault == "stuck"
        for chip in self._present():
            chip.reset()
        return bool(self._present())

    def writebyte(self, value):
        if self._match is not None:
            self._match.append(value)
            if len(self._match) == 8:
                self._select(bytes(self._match))
        elif self._fresh:
            self._fresh = False
            if value == MATCH_ROM:
                self._match = []
            elif value == SKIP_ROM:
                self._selected = self._present()
        else:
            for chip in self._selected:
                chip.command(value)

    def readbyte(self):
        fault = self.fault()
        if fault == "stuck":
            return 0
        value = 0xFF  # what nobody pulls low stays high
        for chip in self._selected:
            if chip.powered:
                value &= chip.answer()
        return value ^ 1 if fault == "noise" else value

    def _present(self):
        return [chip for chip in self._chips if chip.powered]

    def _select(self, rom):
        self._match = None
        self._selected = [chip for chip in self._present() if chip.rom == rom]
