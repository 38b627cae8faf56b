"""The store port in memory, with a switch for the power at any operation on its flash.

It outlives the agent that writes to it, as flash outlives a power cut. A cut append leaves a torn
tail; a cut replacement leaves the old or the new content, never a mixture, as a rename does.
"""


class PowerCut(BaseException):
    """The power failed in the middle of an operation on flash.

    Not an Exception: no handler in the agent may survive it, as none survives a real one.
    """


class MemoryStore:
    """Journal and named files of one thing. `cut_at` counts operations from 1; 0 is never.

    `cut_share` is how much of the cut operation still reaches flash: of an append so many of its
    bytes; a replacement is done when it is 0.5 or more.
    """

    def __init__(self):
        self.appends = self.replaces = self.bytes_written = 0
        self.operations = 0
        self.cut_at = 0
        self.cut_share = 0.5
        self.quarantined = b""
        self._journal: list[bytes] = []
        self._files: dict[str, bytes] = {}

    def cut_after(self, operations: int, share: float = 0.5) -> None:
        """Fail the power in the operation that many from now (1 is the next one)."""
        self.cut_at = self.operations + operations
        self.cut_share = share

    def blocks(self):
        yield from list(self._journal)

    def append(self, data: bytes) -> None:
        data = bytes(data)
        if self._operate():
            torn = data[: int(len(data) * self.cut_share)]
            self._journal.append(torn)
            raise PowerCut
        self._journal.append(data)
        self.appends += 1
        self.bytes_written += len(data)

    def replace(self, pieces) -> None:
        fresh = [bytes(piece) for piece in pieces]
        self._renew(lambda: setattr(self, "_journal", fresh), sum(map(len, fresh)))

    def load(self, name: str) -> bytes | None:
        return self._files.get(name)

    def save(self, name: str, data: bytes) -> None:
        self._renew(lambda: self._files.update({name: bytes(data)}), len(data))

    def damaged(self) -> list[str]:
        """Nothing rots here but the journal."""
        return []

    def mend(self) -> list[tuple[str, bool]]:
        return []

    def quarantine(self, data: bytes) -> None:
        self.quarantined += bytes(data)

    def rot(self, offset: int) -> None:
        """Flip one bit of the journal: what a worn cell does."""
        whole = bytearray(b"".join(self._journal))
        whole[offset % len(whole)] ^= 0x10
        self._journal = [bytes(whole)]

    def wipe(self) -> None:
        """Lose the journal, as a broken file system does."""
        self._journal = []

    def _renew(self, renew, size: int) -> None:
        cut = self._operate()
        if not cut or self.cut_share >= 0.5:
            renew()
        if cut:
            raise PowerCut
        self.replaces += 1
        self.bytes_written += size

    def _operate(self) -> bool:
        self.operations += 1
        return self.operations == self.cut_at
