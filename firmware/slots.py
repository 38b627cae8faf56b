"""The port of updates: the record of the slots, and the files of the one that does not run.

Names are relative to the folder of the slots; what is in a slot begins with its letter. Loaded only
while there is an update. Its every OSError is the flash's.
"""

import hashlib
import os
import sys

from agent.wire import cbor
from firmware import steward_boot as boot
from hal import HalError

BLOCK = 512
ROOM_BYTES = 96 * 1024  # stay free: the journal is written anew beside the old one
FILE_BYTES = 4096  # a file takes whole blocks


def of_store(store, folder, board, runtime, battery_low):
    """The slots of a thing, as the settings in its store have it."""
    asks = _kept(store, "config").get("update.mode") == "ask"
    return Slots(folder, _kept(store, "maker") or None, board, runtime, asks, battery_low)


def _kept(store, name):
    """A document of the store, empty where none can be read."""
    try:
        data = store.load(name)
        return cbor.decode(data) if data else {}
    except (OSError, cbor.CborError):
        return {}


class Slots:
    """root: the folder, made if it is missing. `record`: as steward_boot has it. maker: {key,
    floor} or None, whose releases are taken from which number on. board, runtime: what a release
    must be for. asks: the owner wants to be asked first. battery_low: says whether a
    battery has too little left for an update, None without one."""

    def __init__(self, root, maker, board, runtime, asks, battery_low=None):
        self.root = root
        self.maker = maker
        self.board = board
        self.runtime = runtime
        self.asks = asks
        self._low = battery_low
        self.record = boot.load(root)
        if not _exists(root):
            os.mkdir(root)

    def save(self, **changes) -> None:
        """Change the record; None takes a word out."""
        record = dict(self.record)
        record.update(changes)
        for word, value in changes.items():
            if value is None:
                del record[word]
        self._put(record)

    def give_up(self, why) -> None:
        """End the update that is under way; what ran before runs on."""
        record = dict(self.record)
        boot.back(record, why)
        self._put(record)

    def keep(self) -> None:
        """End the update that is under way; what is tried runs on."""
        record = dict(self.record)
        record["run"], record["number"] = record["slot"], record["new"]
        for word in boot.UNDER_WAY:
            record.pop(word, None)
        self._put(record)

    def _put(self, record):
        try:
            boot.save(self.root, record)
        except OSError as error:
            raise HalError("io", str(error))  # which the loop tells to whoever typed
        self.record = record

    def low(self) -> bool:
        """Whether a battery has too little left for an update."""
        return bool(self._low and self._low())

    def spare(self) -> str:
        """The slot that does not run."""
        return "b" if self.record.get("run") == "a" else "a"

    def clear(self) -> None:
        """Empty the slot that does not run."""
        self.save(slot=None, new=None, stage=None)
        for ending in ("", ".cose", ".list"):
            _remove(self.root + "/" + self.spare() + ending)

    def room(self, size, files) -> int:
        """Bytes that are wanting for so many in so many files; 0 when they fit."""
        facts = os.statvfs(self.root)
        free = facts[1] * facts[4]
        return max(0, size + files * FILE_BYTES + ROOM_BYTES - free)

    def size(self, name) -> int:
        """Bytes of a file, 0 when there is none."""
        try:
            return os.stat(self._path(name))[6]
        except OSError:
            return 0

    def read(self, name, start, count) -> bytes:
        with open(self._path(name), "rb") as file:
            file.seek(start)
            return file.read(count)

    def append(self, name, data) -> None:
        """Add to a file, which is made with its folders; durable on return but for `sync`."""
        self._write(name, (data,))

    def _write(self, name, pieces):
        parts = name.split("/")[:-1]
        for end in range(len(parts)):
            folder = self._path("/".join(parts[:end + 1]))
            if not _exists(folder):
                os.mkdir(folder)
        with open(self._path(name), "ab") as file:
            for data in pieces:
                file.write(data)

    def remove(self, name) -> None:
        _remove(self._path(name))

    def digest(self, name) -> bytes:
        """SHA-256 of a file."""
        return _digest(self._path(name))

    def copy(self, name, size, digest) -> bool:
        """Take a file from the version that runs, if it has the same one; whether it has."""
        for folder in sys.path:
            source = folder + "/" + name.partition("/")[2]
            if _exists(source):
                same = os.stat(source)[6] == size and _digest(source) == digest
                if same:
                    self._write(name, _blocks(source))
                return same
        return False

    def _path(self, name):
        return self.root + "/" + name


def _blocks(path):
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            yield block


def _digest(path):
    summed = hashlib.sha256()
    for block in _blocks(path):
        summed.update(block)
    return summed.digest()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    """A file, or a folder with all that is in it, if it is there."""
    try:
        inside = os.listdir(path) if os.stat(path)[0] & 0x4000 else None
    except OSError:
        return
    if inside is None:
        os.remove(path)
        return
    for name in inside:
        _remove(path + "/" + name)
    os.rmdir(path)
