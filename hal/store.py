"""The store port on a folder of files: one journal that grows, and small files replaced whole.

Written for littlefs, where data are durable at flush and close and a rename is atomic; `sync`
carries what other systems need besides. A named file begins with its length and the CRC-32 of what
follows, so that rot is never taken for content; records and replay of the journal are the agent's
(agent/store.py), here it is bytes.
"""

import binascii
import os
import struct

from hal import HalError

BLOCK = 256  # bytes read at a time: small enough to find anywhere in a worn heap
QUARANTINE = 4096  # bytes of rotten data kept for a person to look at; more would only cost flash
NO_SPACE = 28  # ENOSPC, which MicroPython's errno does not name
JOURNAL = "journal"
ERASING = "erasing"  # is there until the last of the others has gone
KEPT = ("product", "board", "maker", "slots", ERASING)  # what it is, and what it runs
LAST = ".last"  # ending of what a damaged file is read from instead, where there is one
TWICE = ("identity", "link", "locked", "pin")  # have one: a thing cannot make them again
HEAD = "<II"
HEAD_BYTES = 8
FOLDER = 0x4000  # in a mode, as everywhere
FRESH = ".new"  # ending of a file that is being written; a leftover is an interrupted replacement


class FileStore:
    """Keeps a journal and named files in `directory`, which is made if it is missing.

    `sync(file)` is called before an open file is closed and `sync(None)` after a name in the
    folder changed; a store without one trusts flush and close. Raises HalError full or io.
    """

    def __init__(self, directory: str, sync=None):
        self.directory = directory
        self.appends = self.replaces = self.bytes_written = 0
        self._sync = sync or (lambda file: None)
        _make(directory)
        names = os.listdir(directory)
        going = ERASING in names
        for name in names:
            if name.endswith(FRESH) or (going and name not in KEPT):
                os.remove(self._path(name))
        if going:
            self._sync(None)
            os.remove(self._path(ERASING))
            self._sync(None)

    def blocks(self):
        """Yield the journal from its start, as bytes of at most BLOCK."""
        return self._read(JOURNAL)

    def append(self, data: bytes) -> None:
        """Add to the journal; durable on return. When it fails the journal is as it was."""
        try:
            with open(self._path(JOURNAL), "ab", 0) as file:
                start = file.seek(0, 2)
                try:
                    self._write(file, data)
                except OSError:
                    _cut(file, start)
                    raise
            if start == 0:
                self._sync(None)
        except OSError as error:
            raise _named(error)
        self.appends += 1

    def replace(self, pieces) -> None:
        """Make the journal anew from an iterable of bytes, which may read the old one meanwhile."""
        self._renew(JOURNAL, pieces)

    def load(self, name: str):
        """The bytes of a named file, or None. Raises HalError crc when it is damaged."""
        stored = b"".join(self._read(name))
        if not stored and name not in os.listdir(self.directory):
            return None
        found = _sound(stored) or _sound(b"".join(self._read(name + LAST)))
        if found is None:
            raise HalError("crc", name + " is damaged")
        return found

    def save(self, name: str, data: bytes) -> None:
        """Replace a named file; after a power cut it is the old or the new one."""
        assert data and name != JOURNAL
        if name in TWICE:
            self._renew(name + LAST, (head(data), data))
        self._renew(name, (head(data), data))

    def damaged(self) -> list:
        """Names of the files that are not as they were saved."""
        return [
            name
            for name in sorted(os.listdir(self.directory))
            if name != JOURNAL
            and not os.stat(self._path(name))[0] & FOLDER
            and not _sound(b"".join(self._read(name)))
        ]

    def mend(self) -> list:
        """Make damaged files anew from what stands beside them; (name, whether it is sound)."""
        found = []
        for name in self.damaged():
            beside = name[: -len(LAST)] if name.endswith(LAST) else name + LAST
            stored = b"".join(self._read(beside))
            if _sound(stored):
                self._renew(name, (stored,))
            found.append((name, _sound(stored) is not None))
        return found

    def erase(self) -> None:
        """Have all but what is KEPT gone when the store is opened next."""
        self.save(ERASING, b"1")

    def quarantine(self, data: bytes) -> None:
        """Keep rotten bytes aside, up to QUARANTINE bytes in all."""
        kept = _sound(b"".join(self._read("quarantine"))) or b""
        room = QUARANTINE - len(kept)
        if room > 0:
            self.save("quarantine", kept + data[:room])

    def _path(self, name):
        return self.directory + "/" + name

    def _read(self, name):
        try:
            if name not in os.listdir(self.directory):
                return
            with open(self._path(name), "rb") as file:
                while block := file.read(BLOCK):
                    yield block
        except OSError as error:
            raise _named(error)

    def _write(self, file, data):
        if file.write(data) != len(data):
            raise OSError(NO_SPACE, "short write")
        self.bytes_written += len(data)
        file.flush()
        self._sync(file)

    def _renew(self, name, pieces):
        fresh = self._path(name) + FRESH
        try:
            with open(fresh, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    self.bytes_written += len(piece)
                file.flush()
                self._sync(file)
            os.rename(fresh, self._path(name))
            self._sync(None)
        except OSError as error:
            _remove(fresh)  # or it would take the room that is wanting
            raise _named(error)
        self.replaces += 1


def head(data) -> bytes:
    """What a named file begins with."""
    return struct.pack(HEAD, len(data), binascii.crc32(data) & 0xFFFFFFFF)


def _sound(stored):
    """What was saved, or None."""
    data = stored[HEAD_BYTES:]
    return data if data and head(data) == stored[:HEAD_BYTES] else None


def _make(directory):
    try:
        os.mkdir(directory)
    except OSError:
        os.listdir(directory)  # there already, or the error is this one's to raise


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        return  # it was never made; or it is found at the next start


def _cut(file, length):
    # littlefs drops what a failed write left behind by itself, and its files have no truncate.
    if hasattr(file, "truncate"):
        file.truncate(length)


def _named(error):
    if isinstance(error, HalError):
        return error
    return HalError("full" if error.errno == NO_SPACE else "io", str(error))
