"""The verbs of MicroPython's `machine` buses over the few things that a port has to do itself.

A driver written for `machine.I2C`, `machine.SPI` or `onewire.OneWire` runs on every port; a port
gives one transfer per bus and turns what the world does wrong into a HalError.
"""

from hal import HalError


class I2c:
    """machine.I2C: addresses of 7 bits. `addrsize` is the width of a register number, 8 or 16.

    What is written without a stop waits for the next transfer and goes out in front of it, with a
    repeated start before a read: so does a port that can only do whole transfers keep that promise.
    """

    _waiting = b""

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        """Write `data`, then, after a repeated start, read `count` bytes; either may be nothing.

        Raises HalError absent when nobody acknowledges, timeout when the clock or data is held.
        """
        raise NotImplementedError

    def scan(self) -> list:
        """The addresses that acknowledge."""
        return [address for address in range(0x08, 0x78) if self._answers(address)]

    def readfrom(self, address: int, count: int, stop: bool = True) -> bytes:
        data, self._waiting = self._waiting, b""
        return self.transfer(address, data, count)

    def readfrom_into(self, address: int, buffer, stop: bool = True) -> None:
        buffer[:] = self.readfrom(address, len(buffer))

    def writeto(self, address: int, data, stop: bool = True) -> int:
        self._waiting += bytes(data)
        if stop:
            self.readfrom(address, 0)
        return len(data)

    def readfrom_mem(self, address: int, register: int, count: int, *, addrsize: int = 8) -> bytes:
        return self.transfer(address, register.to_bytes(addrsize // 8, "big"), count)

    def readfrom_mem_into(self, address: int, register: int, buffer, *, addrsize: int = 8) -> None:
        buffer[:] = self.readfrom_mem(address, register, len(buffer), addrsize=addrsize)

    def writeto_mem(self, address: int, register: int, data, *, addrsize: int = 8) -> None:
        self.transfer(address, register.to_bytes(addrsize // 8, "big") + bytes(data), 0)

    def _answers(self, address):
        try:
            self.transfer(address, b"", 1)
        except OSError:
            return False
        return True


class Spi:
    """machine.SPI. Chip selects are pins of their own: attribute `pins` is the port's bank."""

    def exchange(self, data) -> bytes:
        """Clock `data` out; what came in meanwhile, as many bytes."""
        raise NotImplementedError

    def init(self, baudrate: int = 0, *, polarity: int = 0, phase: int = 0, **others) -> None:
        """What a driver asks for before it speaks; bits are 8, the highest goes first."""
        raise NotImplementedError

    def read(self, count: int, write: int = 0) -> bytes:
        return self.exchange(bytes([write]) * count)

    def readinto(self, buffer, write: int = 0) -> None:
        buffer[:] = self.read(len(buffer), write)

    def write(self, data) -> None:
        self.exchange(bytes(data))

    def write_readinto(self, data, buffer) -> None:
        buffer[:] = self.exchange(bytes(data))


class OneWire:
    """onewire.OneWire, in whole bytes. A port gives present, readbyte, writebyte and scan.

    `scan()` gives the 8-byte codes of who is there.
    """

    MATCH_ROM = 0x55
    SKIP_ROM = 0xCC

    def present(self) -> bool:
        """Reset the bus; whether a presence pulse came."""
        raise NotImplementedError

    def readbyte(self) -> int:
        raise NotImplementedError

    def writebyte(self, value: int) -> None:
        raise NotImplementedError

    def scan(self) -> list:
        raise NotImplementedError

    def reset(self, required: bool = False) -> bool:
        """Whether anybody is there. Raises HalError absent when nobody is that was required."""
        present = self.present()
        if required and not present:
            raise HalError("absent", "no presence pulse")
        return present

    def readinto(self, buffer) -> None:
        for index in range(len(buffer)):
            buffer[index] = self.readbyte()

    def write(self, data) -> None:
        for value in data:
            self.writebyte(value)

    def select_rom(self, rom: bytes) -> None:
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    def crc8(self, data) -> int:
        """CRC of the ROM codes and scratchpads, x^8 + x^5 + x^4 + 1, low bit first; 0 over data
        with its own CRC behind it (Maxim application note 27)."""
        crc = 0
        for value in data:
            crc ^= value
            for _ in range(8):
                crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
        return crc
