"""The boot loader in an ESP32's ROM, as far as esptool talks to it, behind a socket, for tests.

Written from Espressif's page "Serial Protocol": packets in SLIP frames, each answered with its own
operation, a value, data and a status. It takes esptool's stub and then answers as the stub does.
What is erased and written lands in `flash`; operations are listed in `told`.
"""

import hashlib
import socket
import struct
import threading
import zlib

END = b"\xc0"
MEM_END, SYNC, READ_REG = 0x06, 0x08, 0x0A
DEFLATE_BEGIN, DEFLATE_DATA, FLASH_MD5, ERASE = 0x10, 0x11, 0x13, 0xD0
CHIP_MAGIC = {0x40001000: 0x00F01D83}  # by which the ESP32 is told from others
SPI_W0 = 0x3FF42080
FLASH_ID = 0x1640EF  # 4 MiB by Winbond
SIZE = 4 << 20


class Rom:
    """A context manager; `port` is what esptool is told to open."""

    def __init__(self):
        self.flash = bytearray(b"\x00" * SIZE)
        self.told: list[int] = []
        self._stub = False
        self._at = 0
        self._packed = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "Rom":
        return self

    def __exit__(self, *exception) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            self._stub = False  # esptool resets the chip first
            with line:
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        rest = b""
        while data := line.recv(65536):
            *frames, rest = (rest + data).split(END)
            for frame in frames:
                if len(frame) >= 8:
                    line.sendall(b"".join(map(framed, self._answers(unescaped(frame)))))

    def _answers(self, packet: bytes) -> list[bytes]:
        _, operation, size, _ = struct.unpack_from("<BBHI", packet)
        body = packet[8 : 8 + size]
        self.told.append(operation)
        value, data = self._do(operation, body)
        status = bytes(2 if self._stub else 4)
        answer = struct.pack("<BBHI", 1, operation, len(data) + len(status), value)
        answers = [answer + data + status] * (8 if operation == SYNC else 1)
        if operation == MEM_END and not self._stub:
            self._stub = True
            answers.append(b"OHAI")
        return answers

    def _do(self, operation: int, body: bytes) -> tuple[int, bytes]:
        if operation == READ_REG:
            (register,) = struct.unpack("<I", body)
            return (CHIP_MAGIC | {SPI_W0: FLASH_ID}).get(register, 0), b""
        if operation == SYNC:
            return (0 if self._stub else 0x20120707), b""  # by which the stub is told from the ROM
        if operation == ERASE:
            self.flash[:] = b"\xff" * SIZE
        elif operation == DEFLATE_BEGIN:
            self._at, self._packed = struct.unpack_from("<I", body, 12)[0], b""
        elif operation == DEFLATE_DATA:
            self._packed += body[16:]
            data = zlib.decompressobj().decompress(self._packed)
            self.flash[self._at : self._at + len(data)] = data
        elif operation == FLASH_MD5:
            at, size = struct.unpack_from("<II", body)
            return 0, hashlib.md5(self.flash[at : at + size]).digest()
        return 0, b""


def framed(packet: bytes) -> bytes:
    """One SLIP frame."""
    packet = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return END + packet + END


def unescaped(frame: bytes) -> bytes:
    """The bytes of a frame without its ends."""
    return frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
