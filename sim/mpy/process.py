"""A whole device as a process: firmware, littlefs, TLS and a console, on MicroPython.

Start it, talk to it on its terminal, kill it or cut its power at a flash operation, start it
again: what was durable is still there, because the flash is a file.
"""

import json
import os
import pty
import re
import subprocess
import termios
import threading
import time
import tty
from pathlib import Path

import cbor2

from sim.mpy import image, runtime
from sim.mpy.plant_server import PlantServer
from sim.world.thing import Keys

HEAP = "640K"  # on 64 bits, where an object takes twice what it takes on the device
BLOCKS = 128  # of 4 KiB: half a megabyte for state, a quarter of what an ESP32 has to give
POWER_CUT = -9
COMPLAINT = re.compile(r"error: '#\d+' is no command[^\n]*\n")
SCREEN_BYTES = 65_536  # of what the console showed and nobody asked for


class Device:
    """A thing in `directory` (which holds its flash), reading `plant`, linked to `link`.

    link: {"host", "port", "ca": DER bytes}, or None for a thing that works alone. host must be the
    name in the broker's certificate: MicroPython cannot verify a bare address.
    """

    def __init__(
        self,
        directory: Path | str,
        product: bytes,
        board: bytes,
        keys: Keys,
        plant: PlantServer,
        link: dict | None = None,
        heap: int | str = HEAP,
    ):
        self.directory = Path(directory)
        self.plant = plant
        self._heap = heap
        self._process: subprocess.Popen | None = None
        self._told = 0  # bytes of out.log that earlier lives wrote
        self._files = {"product": product, "board": board, "identity": encode(keys._asdict())}
        self._files["link"] = encode(link) if link else b""
        self._host_end, device_end = pty.openpty()
        tty.setraw(device_end, termios.TCSANOW)
        self.terminal = os.ttyname(device_end)
        self._device_end = device_end  # kept open, so that the terminal survives the device
        self._screen = bytearray()
        self._asked = 0
        self._fresh = threading.Condition()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, POWER_CUT after one, 1 after an exception (see `errors`)."""
        return None if self._process is None else self._process.poll()

    def start(self, cut_at: int = 0) -> None:
        """Switch on. The image is compiled when its sources changed.

        cut_at: the flash operation, counted from 1, at which the power fails; 0: it does not.
        """
        assert not self.running
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._log("out") as out:
            self._told = out.tell()
        command, folder, environment = self._command(self._write_settings(cut_at))
        with self._log("out") as out, self._log("err") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )

    def kill(self) -> int:
        """Power off at a moment of no choosing; returns the exit code."""
        process = self._started()
        process.kill()
        return process.wait()

    def _started(self) -> subprocess.Popen:
        assert self._process is not None, "start it first"
        return self._process

    def cut_power(self, operations: int = 1) -> None:
        """Have the power fail in the middle of a coming erase or program of the flash."""
        assert self.running
        self.plant.power_cut(operations)

    def wait(self, timeout_s: float = 120) -> int:
        """The exit code, when it has ended."""
        return self._started().wait(timeout_s)

    def type(self, line: str) -> None:
        """Type a line on the console."""
        os.write(self._host_end, line.encode() + b"\r")

    def shown(self, timeout_s: float = 0) -> str:
        """What the console has shown since last asked; waits for the first of it."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._screen, timeout_s)
            text = bytes(self._screen)
            self._screen.clear()
        return text.decode(errors="replace").replace("\r\n", "\n")

    def ask(self, line: str, timeout_s: float = 60) -> str:
        """Type a line and return the whole answer; what has come of it when the thing dies.

        A console has no prompt, so a word that it does not know is typed after the line: the
        complaint about that one ends the answer (as firmware/serial/console_tool.py has it).
        """
        self.shown()
        self._asked += 1
        self.type(line)
        self.type(f"#{self._asked}")
        ending = re.compile(rf"error: '#{self._asked}' [^\n]*\n")
        answer, deadline = "", time.monotonic() + timeout_s
        while not (end := ending.search(answer)) and time.monotonic() < deadline:
            answer += self.shown(0.1)
            if not self.running:
                break
        if end:
            with self._fresh:
                self._screen[:0] = answer[end.end() :].encode()
            answer = answer[: end.start()]
        return COMPLAINT.sub("", answer)  # an answer that came too late ends in this one

    @property
    def errors(self) -> str:
        """Standard error of all its lives."""
        return (self.directory / "err.log").read_text(errors="replace")

    def heap(self, timeout_s: float = 120) -> tuple[int, int]:
        """Bytes of heap (used, free) when its loop began, in its latest life."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self.running:
            words = (self.directory / "out.log").read_text()[self._told :].split()
            if len(words) == 3:
                return int(words[1]), int(words[2])
            time.sleep(0.02)
        raise TimeoutError(f"the device did not come up: {self.errors[-2000:]}")

    def close(self) -> None:
        if self.running:
            self.kill()
        os.close(self._host_end)
        os.close(self._device_end)

    def _command(self, settings: Path) -> tuple[list[str], Path | None, dict | None]:
        """(words, working folder, environment) of the process."""
        folder = image.build()
        words = runtime.command("-m", "sim.mpy.device", settings, heap=self._heap)
        # The working folder comes first on MicroPython's path.
        return words, folder, runtime.environment(folder)

    def _watch(self) -> None:
        # A terminal that nobody reads fills up and would stop the device in the middle of a turn.
        while data := self._read():
            with self._fresh:
                self._screen += data
                del self._screen[:-SCREEN_BYTES]
                self._fresh.notify_all()

    def _read(self) -> bytes:
        try:
            return os.read(self._host_end, 4096)
        except OSError:
            return b""  # the terminal was closed

    def _write_settings(self, cut_at: int) -> Path:
        provision = self.directory / "provision"
        provision.mkdir(exist_ok=True)
        for name, data in self._files.items():
            if data:
                (provision / name).write_bytes(data)
        path = self.directory / "settings.json"
        settings = {
            "flash": str(self.directory.resolve() / "flash.bin"),
            "blocks": BLOCKS,
            "plant": [self.plant.host, self.plant.port],
            "console": self.terminal,
            "provision": str(provision.resolve()),
            "cut_at": cut_at,
        }
        path.write_text(json.dumps(settings))
        return path.resolve()

    def _log(self, name: str):
        return open(self.directory / f"{name}.log", "ab")

    def __enter__(self) -> "Device":
        self.start()
        return self

    def __exit__(self, *exception) -> None:
        self.close()


def encode(record: dict) -> bytes:
    """The deterministic CBOR that the firmware loads."""
    return cbor2.dumps(record, canonical=True)
