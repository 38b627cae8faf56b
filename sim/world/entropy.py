"""Random bytes for a simulated thing, the same on CPython and MicroPython for the same seed.

Nothing but SHA-256 over a counter, so this file is portable and the MicroPython harness loads it
as it is. It is for simulation only: whoever knows the seed knows every byte.
"""

import hashlib
import struct


class Entropy:
    """A callable n -> n bytes. `boot` keeps a restarted thing from drawing its old bytes again."""

    def __init__(self, seed: bytes, boot: int = 0):
        self._key = hashlib.sha256(b"steward/entropy/1" + struct.pack(">I", boot) + seed).digest()
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        drawn = b""
        while len(drawn) < count:
            drawn += hashlib.sha256(self._key + struct.pack(">I", self._drawn)).digest()
            self._drawn += 1
        return drawn[:count]
