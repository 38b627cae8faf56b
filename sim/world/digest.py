"""One number for everything a thing said and wrote: equal on both runtimes, or a bug."""

import hashlib


class Digest:
    """SHA-256 over every outgoing message, in order, closed by the durable journal."""

    def __init__(self):
        self._messages = hashlib.sha256(b"steward/trace/1")

    def message(self, frame: bytes) -> None:
        _put(self._messages, b"m", frame)

    def closed_by(self, journal: bytes) -> str:
        """The digest in hexadecimal with this journal at its end; may be asked at any time."""
        closed = self._messages.copy()
        _put(closed, b"j", journal)
        return closed.hexdigest()


def _put(digest, kind: bytes, data: bytes) -> None:
    digest.update(kind + len(data).to_bytes(4, "big") + data)
