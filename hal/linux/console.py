"""The console on Linux: a terminal of our own, found under a fixed name.

Any terminal program can attach to it, as to the serial port of a chip; what is shown while nobody
is attached waits there, up to what the kernel keeps.
"""

import os
import tty

from hal.console import Console

MODE = 0o660  # whoever may talk to the console is in the service's group


class Terminal(Console):
    """Makes the terminal and a symbolic link to it at `path`, replacing a stale one."""

    def __init__(self, path: str):
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)  # a terminal that nobody reads must not stop the loop
        os.chmod(os.ttyname(self._theirs), MODE)
        self._path = path
        if os.path.islink(path):
            os.unlink(path)
        os.symlink(os.ttyname(self._theirs), path)
        super().__init__(self._ours, self._read_ours, self._write_ours, echo=True)

    def close(self) -> None:
        os.unlink(self._path)
        os.close(self._ours)
        os.close(self._theirs)

    def _read_ours(self, count):
        return os.read(self._ours, count)

    def _write_ours(self, data):
        return os.write(self._ours, data)
