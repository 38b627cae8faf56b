"""A bare board behind a serial port, as far as mpremote and a console can see, for tests.

The board is a MicroPython process with nothing on its flash (tests/mpy_bare_board.py), over the
fakes of the chip's modules. A reset starts it anew, Ctrl+C interrupts it.
"""

import os
import pty
import select
import shutil
import signal
import subprocess
import termios
import threading
import time
import tty
from pathlib import Path

from sim.board import chip
from sim.mpy import runtime

TESTS = Path(__file__).parent
HEAP = "4M"
BLOCKS = 256
CTRL_C = b"\x03"
WAIT_S = 20
SETTLE_S = 0.05  # a second interrupt before the first was seen would end the interpreter


class BareBoard:
    """A context manager; `terminal` is the port to connect to, `starts` counts."""

    def __init__(self, folder: Path):
        self.starts = 0
        folder.mkdir(exist_ok=True)
        self._flash = folder / "flash.bin"
        self._fakes = folder / "fakes"
        self._log = folder / "err.log"
        chip.stand_ins(self._fakes)
        shutil.copy(runtime.ROOT / "hal/__init__.py", self._fakes / "hal.py")
        self._port, self._laptop = pty.openpty()  # the port of the board, what a laptop opens
        self._pins, self._chip = pty.openpty()  # the wires inside, to the interpreter
        for end in (self._laptop, self._chip):
            tty.setraw(end)
        self.terminal = os.ttyname(self._laptop)
        self._process = self._start()
        self._going = True
        self._cable = threading.Thread(target=self._carry, daemon=True)
        self._cable.start()

    def __enter__(self) -> "BareBoard":
        return self

    def __exit__(self, *exception) -> None:
        self._going = False
        self._cable.join()
        self._process.kill()
        self._process.wait()
        for end in (self._port, self._laptop, self._pins, self._chip):
            os.close(end)

    @property
    def errors(self) -> str:
        return self._log.read_text(errors="replace")

    def await_start(self, number: int) -> None:
        """Until it has started that often; what was typed before would have been lost."""
        deadline = time.monotonic() + WAIT_S
        while self.starts < number:
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.05)

    def _start(self) -> subprocess.Popen:
        self.starts += 1
        self._up = False
        termios.tcflush(self._chip, termios.TCIFLUSH)  # a chip forgets what it had not read
        script = TESTS / "mpy_bare_board.py"
        command = runtime.command(script, self._flash, BLOCKS, heap=HEAP)
        with open(self._log, "ab") as errors:
            return subprocess.Popen(
                command, stdin=self._chip, stdout=self._chip, stderr=errors,
                env=runtime.environment(self._fakes),
            )  # fmt: skip

    def _carry(self) -> None:
        while self._going:
            if self._process.poll() == chip.RESET:
                self._process = self._start()
            for end in select.select([self._port, self._pins], [], [], 0.05)[0]:
                data = os.read(end, 4096)
                if end == self._pins:
                    self._up = True
                    os.write(self._port, data)
                else:
                    self._type(data)

    def _type(self, data: bytes) -> None:
        rest = data.replace(CTRL_C, b"")
        if rest != data and self._up:  # before that it would not be caught
            self._process.send_signal(signal.SIGINT)
            time.sleep(SETTLE_S)
        if rest:
            os.write(self._pins, rest)
