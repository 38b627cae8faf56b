"""The firmware of an ESP32 in a MicroPython process, its console on a terminal.

The code is what `steward build` made; below it the modules in sim/board/esp32 stand for the chip.
"""

import json
import os
import pty
import select
import shutil
import subprocess
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from firmware.serial.console_tool import Session
from sim.mpy import runtime

HERE = Path(__file__).parent
RESET, SLEPT = 66, 67  # as sim/board/esp32/machine.py ends the process
POWER_CUT = -9
AGAIN = {RESET: "SOFT_RESET", SLEPT: "DEEPSLEEP_RESET"}  # and why it starts then
HEAP = "700K"  # on 64 bits, where an object takes twice what it takes on the chip
ROOMY = "1500K"  # for the simulated chips besides; what is free is gone through at each collection
WAIT_S = 20


def stand_ins(folder: Path) -> Path:
    """Put what stands for the chip's own modules into `folder`, from where they are imported."""
    shutil.copytree(HERE / "esp32", folder, dirs_exist_ok=True)
    shutil.copy(runtime.ROOT / "hal/simulated/flash.py", folder / "file_flash.py")
    shutil.copy(runtime.ROOT / "hal/verbs.py", folder / "verbs.py")
    return folder


class Esp32:
    """A board in `folder`, which keeps its flash, running the image that was built in `image`.

    way: "files", "romfs" or, with an `executable` of sim/mpy/frozen.py, "frozen".
    truth: what its chips measure, by channel, or where a PlantServer says it (host, port); None: no
    chips are on it.
    heap_bytes: what the firmware has, of which what stands for hardware here is not taken.
    restarts: it starts again by itself after a reset, as a chip does; else whoever runs it sees the
    reset. `ended(status)` is called when it ends in another way.
    more: settings of sim/board/program.py. `start` switches it on; `ask` types on its console.
    """

    ended: Callable[[int], None] = staticmethod(lambda status: None)

    def __init__(
        self,
        folder: Path,
        image: Path,
        way: str = "files",
        truth: dict | tuple[str, int] | None = None,
        heap_bytes: int = 0,
        restarts: bool = False,
        executable: Path | None = None,
        **more,
    ):
        folder = folder.resolve()  # it is where the process works
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.way = way
        self._image = image.resolve()
        self._restarts = restarts
        self._executable = executable
        self._heap = ROOMY if heap_bytes or truth or more else HEAP
        self._parts: dict = {"heap": heap_bytes, **more}
        if truth:
            said = "truth" if isinstance(truth, dict) else "plant"
            self._parts["chips"] = {"hal": str(runtime.ROOT / "hal"), said: truth}
        self._process: subprocess.Popen | None = None
        self._chip, self._ours = pty.openpty()  # the chip's end, and the one to plug into
        tty.setraw(self._ours)
        os.set_blocking(self._chip, False)  # a console that nobody reads must not stop the chip
        self.terminal = os.ttyname(self._ours)
        stand_ins(folder / "fakes")

    def start(self, cut_at: int = 0, **more) -> None:
        assert not self.running
        settings = {"flash": str(self.folder / "flash.bin"), "blocks": 64, "cut_at": cut_at,
                    **self._parts, **more}  # fmt: skip
        code = self._image / "files" / "lib" if self.way == "files" else self.folder / "nothing"
        if self.way == "romfs":
            settings["romfs"] = str(self._image / "romfs.img")
        file = self.folder / "settings.json"
        file.write_text(json.dumps(settings))
        command = runtime.command(HERE / "program.py", file, heap=self._heap)
        if self._executable:
            command[0] = str(self._executable)
        environment = runtime.environment(code, self.folder / "fakes")
        with open(self.folder / "err.log", "ab") as errors:
            self._process = subprocess.Popen(
                command, stdin=self._chip, stdout=self._chip, stderr=errors, env=environment,
                cwd=self.folder,  # where what is frozen is looked for before it is found frozen
                start_new_session=True,  # a Ctrl+C is meant for who runs it, not for the chip
            )  # fmt: skip
        if self._restarts:
            threading.Thread(target=self._start_again, args=(self._process,), daemon=True).start()

    def _start_again(self, process: subprocess.Popen) -> None:
        status = process.wait()
        if process is not self._process:
            return  # it was switched off
        if status in AGAIN:
            self.start(cause=AGAIN[status])
        else:
            self.ended(status)

    def shown_until(self, text: str) -> str:
        """What the console shows by itself, up to a text that has to come."""
        data = b""
        deadline = time.monotonic() + WAIT_S
        while text.encode() not in data:
            if time.monotonic() >= deadline:
                raise TimeoutError(f"no {text!r} in {data!r}; {self.errors}")
            if select.select([self._ours], [], [], 0.05)[0]:
                data += os.read(self._ours, 65536)
        return data.decode(errors="replace").replace("\r\n", "\n")

    def shown(self) -> str:
        """What the console has shown and nobody has read."""
        data = b""
        while select.select([self._ours], [], [], 0)[0]:
            data += os.read(self._ours, 65536)
        return data.decode(errors="replace").replace("\r\n", "\n")

    def type(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ours, data[:512]) :]

    def ask(self, line: str) -> str:
        """Type a line; its answer, whose end is known as a person's console tool knows it."""
        with Session(self.terminal, WAIT_S) as session:
            return session.ask(line)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def errors(self) -> str:
        return (self.folder / "err.log").read_text(errors="replace")

    def wait(self, timeout_s: float = WAIT_S) -> int:
        assert self._process is not None
        return self._process.wait(timeout_s)

    def off(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        self.off()
        os.close(self._ours)
        os.close(self._chip)

    def __enter__(self) -> "Esp32":
        self.start()
        return self

    def __exit__(self, *exception) -> None:
        self.close()
