"""Buses on Linux, with the verbs of MicroPython's `machine` classes, so that drivers are the same.

I2C comes from smbus2 and UART from pyserial; pins are the kernel's affair and ignored. One wire
belongs to the kernel's own drivers and SPI to boards that nobody has wired yet: both are refused.
"""

from hal import HalError


def open_bus(kind: str, ident: int, pins: dict, hz: int):
    """A bus of a compiled board. Raises HalError absent for what this port does not have."""
    if kind == "i2c":
        return I2c(ident)
    if kind == "uart":
        return open_uart(ident, hz)
    raise HalError("absent", f"no {kind} on Linux")


def open_uart(ident: int, baud: int):
    """A serial port whose reads never wait, as machine.UART's do not."""
    import serial

    try:
        return serial.Serial(f"/dev/serial{ident}", baud or 9600, timeout=0, write_timeout=0.05)
    except OSError as error:
        raise HalError("absent", str(error)) from error


class I2c:
    """machine.I2C on /dev/i2c-<ident>; addresses and registers of 7 and 8 bits."""

    def __init__(self, ident: int, smbus=None):
        if smbus is None:
            import smbus2 as smbus
        self._message = smbus.i2c_msg
        try:
            self._bus = smbus.SMBus(ident)
        except OSError as error:
            raise HalError("absent", str(error)) from error

    def readfrom(self, address: int, count: int) -> bytes:
        read = self._message.read(address, count)
        self._transfer(address, read)
        return bytes(read)

    def writeto(self, address: int, data: bytes) -> int:
        self._transfer(address, self._message.write(address, data))
        return len(data)

    def readfrom_mem(self, address: int, register: int, count: int) -> bytes:
        read = self._message.read(address, count)
        self._transfer(address, self._message.write(address, [register]), read)
        return bytes(read)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._transfer(address, self._message.write(address, bytes([register]) + bytes(data)))

    def _transfer(self, address: int, *messages) -> None:
        try:
            self._bus.i2c_rdwr(*messages)
        except TimeoutError as error:
            raise HalError("timeout", f"0x{address:02x}") from error
        except OSError as error:
            raise HalError("absent", f"0x{address:02x}: {error}") from error
