"""NOR flash on an ordinary file, for littlefs: power can be cut at any erase or program.

What was written survives the death of the process, as flash survives a power cut. A cut leaves
the operation half done: an erase that erased half of its block, a program that wrote half of its
bytes. Erases are counted per block, which is what wears flash out.
"""

from array import array

BLOCK = 4096
PROGRAM = 256
READ = 32
ERASED = b"\xff"
_BLANK = ERASED * BLOCK  # made once: a chip erases without taking heap for it

SHUTDOWN, SYNC, COUNT, SIZE, ERASE = 2, 3, 4, 5, 6  # ioctl numbers of MicroPython's block devices


class PowerCut(Exception):
    """The power failed in the middle of a flash operation."""


class FileFlash:
    """A block device of `blocks` blocks for `vfs.VfsLfs2(flash, readsize=READ, progsize=PROGRAM)`.

    The file at `path` is made, erased, if it is missing. Operation number `cut_at` (the first
    erase or program is 1; 0 never) is left half done and then `cut()` is called, which must not
    return: it raises PowerCut unless the caller has a harder way to die.
    """

    def __init__(self, path: str, blocks: int, cut_at: int = 0, cut=None):
        self.blocks = blocks
        self.cut_at = cut_at
        self.operations = 0
        self.erases = array("I", [0] * blocks)
        self._cut = cut or _raise_power_cut
        self._dead = False
        self._file = _open(path, blocks)

    def readblocks(self, block: int, buffer, offset: int = 0) -> None:
        self._check()
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer, offset=None) -> None:
        if offset is None:
            self._erase(block)
            offset = 0
        self._operate(block * BLOCK + offset, buffer)

    def ioctl(self, operation: int, argument: int):
        if operation == COUNT:
            return self.blocks
        if operation == SIZE:
            return BLOCK
        if operation == ERASE:
            self._erase(argument)
        return 0

    def close(self) -> None:
        self._file.close()

    def _erase(self, block):
        self.erases[block] += 1
        self._operate(block * BLOCK, _BLANK)

    def _operate(self, position, data):
        self._check()
        self.operations += 1
        self._file.seek(position)
        if self.operations != self.cut_at:
            self._file.write(data)
            return
        self._file.write(memoryview(data)[: len(data) // 2])
        self._dead = True
        self._cut()

    def _check(self):
        if self._dead:
            raise PowerCut()


def mount(path: str, blocks: int, folder: str, cut=None, options=None) -> FileFlash:
    """Mount littlefs on a file-backed flash at `folder`; one without a file system gets one.

    options: of VfsLfs2; none, {}, are those with which an ESP32's own `_boot.py` mounts.
    """
    import vfs  # MicroPython's own; CPython has neither it nor littlefs

    flash = FileFlash(path, blocks, 0, cut)
    if options is None:
        options = {"readsize": READ, "progsize": PROGRAM}
    try:
        disk = vfs.VfsLfs2(flash, **options)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, **options)
        disk = vfs.VfsLfs2(flash, **options)
    vfs.mount(disk, folder)
    return flash


def _raise_power_cut():
    raise PowerCut()


def _open(path, blocks):
    try:
        return open(path, "r+b", 0)
    except OSError:
        with open(path, "wb") as file:
            for _ in range(blocks):
                file.write(_BLANK)
    return open(path, "r+b", 0)
