"""BH1750: counts of 1 / 1.2 lx, one measurement a command, an empty register after power-on."""

from hal import HalError


class Chip:
    """quantity: "" (lx)."""

    def __init__(self, args, quantity):
        self.address = args.get("address", 0x23)
        self.quantity = quantity
        self.powered = True
        self.stretch_us = 0
        self.brown_out()

    def attach(self, bus) -> None:
        bus.attach(self.address, self)

    def brown_out(self) -> None:
        self._register = 0

    def write(self, data) -> None:
        if data != b"\x20":
            raise HalError("absent", "it does not know that command")
        self._register = min(max(int(self.quantity("") * 1.2 + 0.5), 0), 0xFFFF)

    def read(self, count: int) -> bytes:
        return self._register.to_bytes(2, "big")[:count]
