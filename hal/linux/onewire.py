"""One wire on Linux: the thermometers that the kernel's w1_therm has found, as bytes on a wire.

The bus belongs to the kernel. Reading a part's file `w1_slave` makes it convert, takes up to a
second, and gives the nine bytes of the scratchpad; a thread does that, so the loop never waits.
Of the bus's commands therefore only convert (44h) and read scratchpad (BEh) exist here.
"""

import threading
from pathlib import Path

from hal import HalError
from hal.verbs import OneWire as Verbs

DEVICES = "/sys/bus/w1/devices"
FAMILIES = ("10-", "22-", "28-", "3b-", "42-")  # what w1_therm serves
CONVERT, READ_SCRATCHPAD = 0x44, 0xBE
ROM_BYTES = 8


class OneWire(Verbs):
    """onewire.OneWire over the folder `devices` of sysfs."""

    def __init__(self, devices: str = DEVICES):
        self._folder = Path(devices)
        self._written = bytearray()
        self._answer = b""
        self._asked: dict[bytes, threading.Thread] = {}
        self._heard: dict[bytes, bytes] = {}

    def scan(self) -> list:
        names = sorted(path.name for path in self._folder.glob("??-*"))
        return [self._rom(name) for name in names if name.startswith(FAMILIES)]

    def present(self) -> bool:
        self._written = bytearray()
        self._answer = b""
        return bool(self.scan())

    def writebyte(self, value: int) -> None:
        self._written.append(value)
        header = 1 + ROM_BYTES if self._written[0] == self.MATCH_ROM else 1
        if len(self._written) != header + 1:
            return
        roms = [bytes(self._written[1:header])] if header > 1 else self.scan()
        if value == CONVERT:
            for rom in roms:
                self._ask(rom)
        elif value == READ_SCRATCHPAD and len(roms) == 1:
            self._answer = self._take(roms[0])
        else:
            raise HalError("io", f"the kernel does not pass on command 0x{value:02x}")

    def readbyte(self) -> int:
        value, self._answer = (self._answer[:1] or b"\xff"), self._answer[1:]
        return value[0]

    def _rom(self, name: str) -> bytes:
        family, serial = name.split("-")
        head = bytes.fromhex(family) + int(serial, 16).to_bytes(6, "little")
        return head + bytes((self.crc8(head),))

    def _ask(self, rom: bytes) -> None:
        busy = self._asked.get(rom)
        if busy is None or not busy.is_alive():
            self._asked[rom] = threading.Thread(target=self._read, args=(rom,), daemon=True)
            self._asked[rom].start()

    def _read(self, rom: bytes) -> None:
        serial = int.from_bytes(rom[1:7], "little")
        file = self._folder / f"{rom[0]:02x}-{serial:012x}" / "w1_slave"
        try:
            self._heard[rom] = bytes.fromhex(file.read_text("ascii").partition(":")[0])
        except (OSError, ValueError):
            self._heard.pop(rom, None)  # heard of by `_take`, which finds nothing

    def _take(self, rom: bytes) -> bytes:
        asked = self._asked.get(rom)
        if asked is not None and asked.is_alive():
            raise HalError("timeout", "the kernel has not read it yet")
        data = self._heard.pop(rom, None)
        if data is None:
            raise HalError("absent", "the kernel could not read it")
        return data
