"""What a custom build does when the file system cannot be mounted; it always comes to an end.

Frozen in the place of MicroPython's `inisetup`, whose `setup` prints for ever when it finds a
damaged file system. Here the mount is tried again over some starts, for a supply that sags looks
like damage, and then the flash is made anew: the thing has lost its memory and its keys, says so,
and can be provisioned again. Stock firmware cannot be changed in this; docs/device.md tells how
it is brought back by hand.
"""

import vfs

ATTEMPTS = 3  # starts that find no file system before it is made anew
NOTE = "mount_failed"
LOST = "/lost_memory"  # left in the new file system, for main to report


def setup():
    """Called by MicroPython's `_boot` when mounting failed; mounts or restarts the chip."""
    import esp32
    import machine
    from flashbdev import bdev

    notes = Notes(esp32.NVS("steward"))
    if not mount(bdev, notes):
        machine.reset()


def mount(device, notes, at="/") -> bool:
    """Mount littlefs on `device`; True when something is mounted, False to start again.

    notes: `get()` and `put(count)` of failed starts, which must not be kept on `device`.
    """
    if _mounted(device, at):
        notes.put(0)
        return True
    failed = notes.get() + 1
    if failed < ATTEMPTS and not _erased(device):
        notes.put(failed)
        return False
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(_littlefs(device), at)
    if failed >= ATTEMPTS:
        with open((at + LOST).replace("//", "/"), "w") as file:
            file.write("the file system could not be mounted %d times" % failed)
    notes.put(0)
    return True


class Notes:
    """A count in the chip's own key-value store, which lies in another partition."""

    def __init__(self, nvs):
        self._nvs = nvs

    def get(self) -> int:
        try:
            return self._nvs.get_i32(NOTE)
        except OSError:
            return 0  # never written

    def put(self, count) -> None:
        if self.get() != count:
            self._nvs.set_i32(NOTE, count)
            self._nvs.commit()


def _mounted(device, at):
    try:
        vfs.mount(_littlefs(device), at)
        return True
    except OSError:
        return False


def _littlefs(device):
    return vfs.VfsLfs2(device)  # type: ignore[abstract] # as the stubs have it


def _erased(device):
    """Whether the first block is as the factory left it: a new chip, nothing to be lost."""
    block = bytearray(device.ioctl(5, 0))
    device.readblocks(0, block)
    return block == b"\xff" * len(block)
