"""A simulated thing that lives in a folder: its flash is kept there, its console is found there."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import cbor2

from boards import compiler
from firmware.image import build
from sim.board.chip import Esp32
from sim.board.surroundings import Surroundings
from sim.mpy import runtime
from sim.mpy.plant_server import PlantServer

MICROPYTHON, CPYTHON = "micropython", "cpython"
CHIPS = {MICROPYTHON: ("esp32", "esp32s3", "esp32c3", "esp32c6"), CPYTHON: ("pi",)}
BLOCKS = 512  # of 4 KiB: both slots of an update and the thing's memory
WHO = "thing.json"  # in the folder: whose it is
CONSOLE, CONSOLE_S = "console", 20


class ThingError(Exception):
    """It cannot be started; says why, and what would help."""


class Kind(NamedTuple):
    """What is to be simulated: the files of its product and board, and what runs it."""

    product: Path
    board: Path
    runtime: str

    def named(self) -> dict[str, str]:
        """As it is written into its folder."""
        wired = cbor2.loads(compiler.compile_board(self.board, self.product))
        return {"product": self.described()["product"], "board": wired["board"],
                "runtime": self.runtime}  # fmt: skip

    def described(self) -> dict[str, Any]:
        """Its product, compiled and decoded."""
        return cbor2.loads(compiler.compile_product(self.product))


def kind_of(product: str, board: str | None, runs_on: str) -> Kind:
    """By names or paths. Raises ThingError, or BuildError for a board that is not there."""
    named = runtime.ROOT / f"boards/products/{product}.toml"
    file = named if named.is_file() else Path(product)
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in named.parent.glob("*.toml")))
        raise ThingError(f"no product {product}: neither a file nor one of {known}")
    if board:
        return Kind(file, build.board_file(board, file), runs_on)
    tried = CHIPS[runs_on]
    for chip in tried:
        for path in (file.parent, runtime.ROOT / "boards"):
            if (path / f"{chip}_{file.stem}.toml").is_file():
                return Kind(file, path / f"{chip}_{file.stem}.toml", runs_on)
    names = " or ".join(f"{chip}_{file.stem}.toml" for chip in tried)
    raise ThingError(f"no board for {file.stem} ({names}): name one with --board")


class Thing:
    """Switched on as long as the context lasts; `on_end(why)` is called when it ends by itself.

    air: networks and their passwords, None for any. Raises ThingError; what is wrong with product
    or board as firmware.image.build has it.
    """

    building: Callable[[], None] = staticmethod(lambda: None)  # called before what takes seconds

    def __init__(self, kind: Kind, folder: Path, around: Surroundings, air: dict[str, str | None]):
        self.kind = kind
        self.folder = folder
        self.console = folder / CONSOLE
        self.kept = (folder / WHO).exists()
        self.on_end: Callable[[str], None] = lambda why: None
        self._around = around
        self._air = air
        self._claim: IO[str] | None = None
        self._server: PlantServer | None = None
        self._chip: Esp32 | None = None
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Thing":
        named = self.kind.named()
        self._claim = claimed(self.folder, named)
        try:
            self._server = PlantServer(self._around, self._around)
            if self.kind.runtime == MICROPYTHON:
                self._start_chip((self._server.host, self._server.port))
            else:
                self._start_process((self._server.host, self._server.port))
        except BaseException:
            self.close()
            raise
        return self

    def _start_chip(self, plant: tuple[str, int]) -> None:
        self.building()
        image = build.build(self.kind.board, self.kind.product, self.folder / "image").folder
        self._chip = Esp32(self.folder, image, truth=plant, restarts=True, blocks=BLOCKS,
                           slots=True, air=self._air)  # fmt: skip
        self.console.unlink(missing_ok=True)
        self.console.symlink_to(self._chip.terminal)
        self._chip.ended = self._ended
        self._chip.start()

    def _start_process(self, plant: tuple[str, int]) -> None:
        settings = {"state": str(self.folder / "state"), "console": str(self.console)}
        file = self.folder / "settings.json"
        file.write_text(json.dumps({**settings, "plant": plant}))
        with open(self.folder / "err.log", "ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sim.board.linux", str(file)], cwd=runtime.ROOT,
                stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        deadline = time.monotonic() + CONSOLE_S
        while not self.console.exists() and time.monotonic() < deadline:
            time.sleep(0.1)  # the thing makes it itself

    def _watch(self, process: subprocess.Popen) -> None:
        status = process.wait()
        if process is self._process:
            self._ended(status)

    def _ended(self, status: int) -> None:
        told = self._chip.shown() if self._chip else ""
        told += (self.folder / "err.log").read_text(errors="replace")
        self.on_end(f"it ended with {status}: {' '.join(told.splitlines()[-3:])}")

    def close(self) -> None:
        """Pull the plug."""
        if self._chip is not None:
            self._chip.close()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        if self._server is not None:
            self._server.close()
        self.console.unlink(missing_ok=True)
        if self._claim is not None:
            self._claim.close()

    def __exit__(self, *exception) -> None:
        self.close()


def claimed(folder: Path, named: dict[str, str]) -> IO[str]:
    """The folder's note of whose it is, locked until it is closed. Raises ThingError."""
    if folder.exists() and not folder.is_dir():
        raise ThingError(f"{folder} is no folder")
    note = folder / WHO
    if folder.exists() and not note.exists() and any(folder.iterdir()):
        raise ThingError(f"{folder} is not empty and holds no simulated thing: name another --dir")
    folder.mkdir(parents=True, exist_ok=True)
    file = open(note, "a+", encoding="utf-8")  # noqa: SIM115 - open as long as the thing lives
    try:
        _lock(file, folder)
        file.seek(0)
        found = _read(file, folder)
        if found is None:
            json.dump(named, file)
            file.flush()
        elif found != named:
            was, wanted = (" on ".join(each.values()) for each in (found, named))
            raise ThingError(f"{folder} is a {was}, not a {wanted}: "
                             "name another --dir, or begin anew with --erase")  # fmt: skip
    except BaseException:
        file.close()
        raise
    return file


def _read(file: IO[str], folder: Path) -> dict[str, str] | None:
    try:
        found = json.loads(file.read() or "null")
    except ValueError:
        raise ThingError(f"{folder / WHO} is damaged: begin anew with --erase") from None
    return found


def erase(folder: Path) -> None:
    """Forget the thing in a folder, its keys and memory. Raises ThingError if it is none."""
    if not folder.exists():
        return
    if not (folder / WHO).is_file():
        raise ThingError(f"{folder} holds no simulated thing, so nothing in it is erased")
    with open(folder / WHO, encoding="utf-8") as file:
        _lock(file, folder)
        shutil.rmtree(folder)


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        console = os.path.relpath(folder / CONSOLE)
        raise ThingError(f"the thing in {folder} runs already; its console is {console}") from None
