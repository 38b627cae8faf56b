"""A thing whose agent runs in a real MicroPython process, with the verbs of sim/world/thing.py.

Every turn is one request and one answer over pipes, so the process runs in lockstep with the
virtual clock and the run is as repeatable as one on CPython.
"""

import struct
import subprocess
import tempfile
from pathlib import Path

import cbor2

from sim.mpy import image, runtime
from sim.world.thing import Flash, Keys, Stepped

TURN = "<IBHH"  # now, link, readings, frames; the same in lockstep.py
READING = "<BBd"  # channel, quality, value
DEAD = -1
HEAP = "1M"  # on 64 bits, where an object takes twice what it takes on the device


class FirmwareError(RuntimeError):
    """The MicroPython process ended by itself; carries the end of its standard error."""


class MicroPythonThing:
    """The agent in a MicroPython process with at most `heap` bytes of heap.

    Its store is in that process's memory or, with `flash`, littlefs on that file, where a power
    cut ends the process. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        product: bytes,
        keys: Keys,
        entropy_seed: bytes,
        flash: Path | str | None = None,
        heap: int | str = HEAP,
        switches: tuple[str, ...] = (),
    ):
        self.alive = False
        self.boots = 0
        self._settings = cbor2.dumps(
            {
                **keys._asdict(),
                "product": product,
                "seed": entropy_seed,
                "flash": str(flash or ""),
                "switches": list(switches),
            },
            canonical=True,
        )
        self._durable = flash is not None
        self._heap = heap
        self._now = 0
        self._folder = image.build()
        self._process: subprocess.Popen | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the thing
        self._start()

    def boot(self) -> None:
        """Power on; uptime starts at 0."""
        if self._process is None:
            self._start()
        self.boots += 1
        self._now = 0
        self.alive = self._ask(b"B", struct.pack("<I", self.boots)) == b"\1"

    def step(self, now: int, readings: list, frames: list, link: bool = True) -> Stepped:
        """One turn of the loop; due is None when the power failed in it."""
        self._now = now
        answer = self._ask(b"T", _turn(now, readings, frames, link))
        if answer is None:
            return Stepped(None, [], [])
        due = struct.unpack_from("<q", answer)[0]
        sent, effects = cbor2.loads(answer[8:]) if len(answer) > 8 else ((), ())
        self.alive = due != DEAD
        return Stepped(due if self.alive else None, list(sent), [tuple(each) for each in effects])

    def line(self, text: str) -> str:
        """One line on the console."""
        answer = self._ask(b"L", struct.pack("<I", self._now) + text.encode())
        return "" if answer is None else answer.decode()

    def kill(self) -> None:
        """Power off, without a warning."""
        self.alive = False
        if self._durable:
            self._end()
        elif self._process is not None:
            self._ask(b"K")

    def cut_after(self, operations: int, share: float = 0.5) -> None:
        """Have the power fail at a coming operation: of the store, or of the flash under it."""
        self._ask(b"C", struct.pack("<Id", operations, share))

    def journal(self) -> bytes:
        """All of the durable journal."""
        if self._process is None:
            self._start()
        return self._ask(b"J")

    @property
    def flash(self) -> Flash:
        """What was done to the store since this process started."""
        return Flash(*self._counters()[:3])

    @property
    def heap(self) -> tuple[int, int]:
        """Bytes of heap (used, free) after a collection."""
        return self._counters()[3:]

    def close(self) -> None:
        self._end()
        self._errors.close()

    def _counters(self):
        return struct.unpack("<5I", self._ask(b"F"))

    def _start(self) -> None:
        folder = self._folder
        self._process = subprocess.Popen(
            runtime.command("-m", "sim.mpy.lockstep", heap=self._heap),
            cwd=folder,  # the working folder comes first on MicroPython's path
            env=runtime.environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
        )
        self._ask(b"S", self._settings)

    def _ask(self, letter: bytes, body: bytes = b""):
        """The answer, or None when the power failed."""
        request = struct.pack("<I", 1 + len(body)) + letter + body
        try:
            self._pipes()[0].write(request)
            head = self._read(4)
            return self._read(struct.unpack("<I", head)[0])
        except (BrokenPipeError, EOFError):
            return self._ended()

    def _pipes(self):
        """(to, from) the process."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        return process.stdin, process.stdout

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._pipes()[1].read(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _ended(self):
        status = self._process.wait()
        self._process = None
        self.alive = False
        if status != -9:
            self._errors.seek(0)
            told = self._errors.read().decode(errors="replace")
            raise FirmwareError(f"MicroPython ended with {status}: {told[-2000:]}")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in self._pipes():
                pipe.close()
            self._process = None

    def __enter__(self) -> "MicroPythonThing":
        return self

    def __exit__(self, *exception) -> None:
        self.close()


def _turn(now: int, readings: list, frames: list, link: bool) -> bytes:
    parts = [struct.pack(TURN, now, link, len(readings), len(frames))]
    for channel, value, quality in readings:
        value = float("nan") if value is None else value
        parts.append(struct.pack(READING, channel, quality, value))
    for frame in frames:
        parts.append(struct.pack("<H", len(frame)) + frame)
    return b"".join(parts)
