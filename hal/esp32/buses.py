"""Buses on an ESP32: MicroPython's own, with what the world does wrong as a HalError.

The pins of a bus come from the board file. The one-wire bus is the board's frozen `onewire`.
"""

import errno

import machine

from hal import HalError, verbs
from hal.esp32.pins import Pins

STRETCH_LIMIT_US = 50_000
BANK = Pins()  # one for all, so that nobody sets up a pin anew that another part uses


def open_bus(kind: str, ident: int, pins: dict, hz: int):
    """A bus of a compiled board, or its bank of pins. Raises HalError absent for other kinds."""
    make = KINDS.get(kind)
    if make is None:
        raise HalError("absent", "no " + kind + " on an ESP32")
    return make(ident, pins, hz)


class I2c(verbs.I2c):
    """machine.I2C; a register is read by its own readfrom_mem, which keeps the repeated start.
    At most four bytes can be written before one."""

    def __init__(self, ident: int, pins: dict, hz: int):
        scl, sda = machine.Pin(pins["scl"]), machine.Pin(pins["sda"])
        self._bus = machine.I2C(
            ident, scl=scl, sda=sda, freq=hz or 100_000, timeout=STRETCH_LIMIT_US
        )

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        try:
            if not count:
                self._bus.writeto(address, data)
                return b""
            if not data:
                return self._bus.readfrom(address, count)
            register = int.from_bytes(data, "big")
            return self._bus.readfrom_mem(address, register, count, addrsize=8 * len(data))
        except OSError as error:
            kind = "timeout" if error.errno == errno.ETIMEDOUT else "absent"
            raise HalError(kind, "0x%02x" % address)


class Spi(verbs.Spi):
    """machine.SPI in mode 0."""

    def __init__(self, ident: int, pins: dict, hz: int):
        wires = {name: machine.Pin(number) for name, number in pins.items()}
        self._bus = machine.SPI(
            ident,
            baudrate=hz or 1_000_000,
            sck=wires["sck"],
            mosi=wires["mosi"],
            miso=wires["miso"],
        )
        self.pins = BANK

    def init(self, baudrate: int = 1_000_000, **settings) -> None:
        self._bus.init(baudrate=baudrate, **settings)

    def exchange(self, data: bytes) -> bytes:
        answer = bytearray(len(data))
        self._bus.write_readinto(data, answer)
        return bytes(answer)


class OneWire(verbs.OneWire):
    """onewire.OneWire, whose bits are timed in C."""

    def __init__(self, ident: int, pins: dict, hz: int):
        import onewire

        self._bus = onewire.OneWire(machine.Pin(pins["data"]))

    def present(self) -> bool:
        return bool(self._bus.reset())

    def readbyte(self) -> int:
        return self._bus.readbyte()

    def writebyte(self, value: int) -> None:
        self._bus.writebyte(value)

    def scan(self) -> list:
        return [bytes(rom) for rom in self._bus.scan()]


def open_uart(ident: int, pins: dict, hz: int):
    """machine.UART as it is: it already gives None when nothing has come."""
    tx, rx = machine.Pin(pins["tx"]), machine.Pin(pins["rx"])
    return machine.UART(ident, baudrate=hz or 9600, tx=tx, rx=rx, timeout=0)


KINDS = {
    "i2c": I2c,
    "spi": Spi,
    "onewire": OneWire,
    "uart": open_uart,
    "pins": lambda ident, pins, hz: BANK,
}
