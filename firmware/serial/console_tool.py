"""Talks to a thing's console over a serial port or a terminal, for people and for programs.

A console has no prompt and may speak up by itself, so an answer has no end that could be seen.
After every line a second one is sent that no console knows, with a number in it: the complaint
about it ends the answer.
"""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import serial
from serial.tools import list_ports

BAUD = 115_200
PATIENCE_S = 60.0  # to examine itself, a small chip signs and reads its ledger between its turns
PAUSE_S = 0.02  # between pieces of a line: a chip takes 64 characters in a turn of its loop
PIECE = 48
# Makers of USB serial chips on ESP32 boards: Espressif, Silicon Labs, WCH, FTDI.
MAKERS = {0x303A, 0x10C4, 0x1A86, 0x0403}
HERE = Path("/run/steward/console")  # of a Pi's service: steward.service


class ConsoleError(Exception):
    """Nobody answers, or what was asked cannot be done; says what came."""


class Refused(ConsoleError):
    """The thing answered `error: …`."""


def find_port() -> str:
    """The one serial port that looks like a board's, or the console of the thing that runs here.

    Raises ConsoleError for none or several.
    """
    ports = [port for port in list_ports.comports() if port.vid in MAKERS]
    if len(ports) == 1:
        return ports[0].device
    if not ports and HERE.exists():
        return str(HERE)
    names = ", ".join(f"{port.device} ({port.description})" for port in ports)
    raise ConsoleError(f"which port: {names}" if ports else "no board is connected: name its port")


class Session:
    """A console that is open; a context manager. `heard` is what it said unasked."""

    def __init__(self, port: str, patience_s: float = PATIENCE_S):
        self.heard: list[str] = []
        self._patience_s = patience_s
        self._number = 0
        self._rest = ""
        try:
            self._serial = serial.Serial(timeout=0.05, write_timeout=5)
            # On most boards these two lines are wired to reset; a console must not restart a thing.
            self._serial.dtr = self._serial.rts = False
            self._serial.port, self._serial.baudrate = port, BAUD
            self._serial.open()
        except (OSError, ValueError) as error:
            number = getattr(error, "errno", None)  # pyserial's words have it twice
            raise ConsoleError(f"{port}: {os.strerror(number) if number else error}") from error

    def ask(self, line: str) -> str:
        """The answer to one line. Raises ConsoleError when none comes."""
        self._number += 1
        marker = f"#{self._number}"
        ending = re.compile(rf"error: '{marker}' is no command")
        self._write(line + "\r")
        self._write(marker + "\r")
        said: list[str] = []
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            for got in self.lines():
                if ending.search(got):
                    return "\n".join(self._answer(said, line, marker))
                said.append(got)
        raise ConsoleError(f"no answer to {line.split()[0]!r} within {self._patience_s:g} s")

    def value(self, command: str) -> Any:
        """The answer to a command as the value that `--json` gives. Raises Refused."""
        answer = self.ask(command + " --json")
        for line in reversed(answer.splitlines()):
            try:
                value = json.loads(line)
            except ValueError:
                self.heard.append(line)
                continue
            if isinstance(value, dict) and list(value) == ["error"]:
                raise Refused(f"{command.split()[0]}: {value['error']}")
            return value
        raise ConsoleError(f"no JSON in the answer to {command.split()[0]!r}: {answer[:200]!r}")

    def ask_and_leave(self, line: str) -> None:
        """Say something that may end the conversation."""
        self._write(line + "\r")

    def commands(self) -> dict[str, str]:
        """What can be said, with what it does."""
        return {row["command"]: row["does"] for row in self.value("help")}

    def lines(self) -> list[str]:
        """Whole lines that have come by now."""
        try:
            data = self._serial.read(4096) if not self._serial.in_waiting else b""
            data += self._serial.read(self._serial.in_waiting or 0)
        except OSError as error:
            raise ConsoleError(f"the console is gone: {error}") from error
        self._rest += data.decode(errors="replace")
        *whole, self._rest = self._rest.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return whole

    def close(self) -> None:
        self._serial.close()

    def _write(self, text: str) -> None:
        data = text.encode()
        try:
            for start in range(0, len(data), PIECE):
                self._serial.write(data[start : start + PIECE])
                time.sleep(PAUSE_S)
        except OSError as error:
            raise ConsoleError(f"the console is gone: {error}") from error

    def _answer(self, said: list[str], line: str, marker: str) -> list[str]:
        """Without the echo: what came before that of the line was said unasked."""
        typed = [place for place, got in enumerate(said) if got.endswith(line)]
        if line and typed:
            self.heard += [got for got in said[: typed[0]] if got]
            said = said[typed[0] + 1 :]
        return [got for got in said if got != marker]

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exception) -> None:
        self.close()
