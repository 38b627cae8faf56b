"""One number for everything a thing said and wrote: equal on both runtimes, or a bug."""

import hashlib


class Digest:
    """SHA-256 over every outgoing message, in order, and at the end over the durable journal."""

    def __init__(self):
        self._hash = hashlib.sha256(b"steward/trace/1")

    def message(self, frame: bytes) -> None:
        self._put(b"m", frame)

    def journal(self, data: bytes) -> None:
        self._put(b"j", data)

    def hex(self) -> str:
        return self._hash.hexdigest()

    def _put(self, kind: bytes, data: bytes) -> None:
        self._hash.update(kind + len(data).to_bytes(4, "big") + data)
