"""A board as a project of the simulator Wokwi, for those who have none: diagram and settings.

Sources: Wokwi's pages "diagram.json File Format", "Project Configuration" and those of the parts,
and the pins of its three development boards. A part that Wokwi does not have is left out, and its
channels are missing there; a resistor that only pulls up is left out as well.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from boards.chips import spans
from boards.load import Loaded
from boards.wiring import Board, Output, Sensor
from boards.wiring_checks import parts

SETTINGS = """\
# For "Wokwi for VS Code": put MicroPython for this chip beside this file under the name below, open
# the folder, start the simulator, then: steward flash rfc2217://localhost:4000 --image ..
[wokwi]
version = 1
firmware = "micropython.bin"
elf = "micropython.bin"
rfc2217ServerPort = 4000
"""
MICROCONTROLLER = "esp"
STEP_PX = 120


class Devkit(NamedTuple):
    """One of Wokwi's boards: its type, its pins for power, and the GPIOs that it leads out."""

    type: str
    v33: str
    v5: str
    ground: str
    console: tuple[int, int]  # the GPIOs that it calls TX and RX
    pins: frozenset[int]

    def name(self, pin: int) -> str | None:
        """What Wokwi calls a GPIO, or None where it leads to nothing."""
        if pin in self.console:
            return ("TX", "RX")[self.console.index(pin)]
        return str(pin) if pin in self.pins else None


DEVKITS = {
    "esp32": Devkit(
        "board-esp32-devkit-c-v4", "3V3", "5V", "GND.1", (1, 3),
        frozenset((0, 2, 4, 5, *range(12, 20), 21, 22, 23, 25, 26, 27, *range(32, 36))),
    ),
    "esp32s3": Devkit(
        "board-esp32-s3-devkitc-1", "3V3.1", "5V", "GND.1", (43, 44),
        frozenset((*range(22), *range(35, 43), *range(45, 49))),
    ),
    "esp32c3": Devkit(
        "board-esp32-c3-devkitm-1", "3V3.1", "5V.1", "GND.1", (21, 20),
        frozenset((*range(11), 18, 19)),
    ),
}  # fmt: skip


class Model(NamedTuple):
    """A part of Wokwi's: its pins by ours, and what else it is connected to."""

    type: str
    pins: dict[str, str]
    v33: tuple[str, ...] = ()
    v5: tuple[str, ...] = ()
    ground: tuple[str, ...] = ("GND",)


MODELS = {
    "hx711": Model("wokwi-hx711", {"clock": "SCK", "data": "DT"}, v33=("VCC",)),
    "hc_sr04": Model("wokwi-hc-sr04", {"trigger": "TRIG", "echo": "ECHO"}, v5=("VCC",)),
    "ntc": Model("wokwi-ntc-temperature-sensor", {"pin": "OUT"}, v33=("VCC",)),
    "dht22": Model("wokwi-dht22", {"pin": "SDA"}, v33=("VCC",)),
    "ds18b20": Model("wokwi-ds18b20", {"data": "DQ"}, v33=("VCC",)),
    "mpu6050": Model("wokwi-mpu6050", {"sda": "SDA", "scl": "SCL"}, v33=("VCC",)),
    "contact": Model("wokwi-slide-switch", {"pin": "2"}, ground=("1",)),
    "pulse_meter": Model("wokwi-pushbutton", {"pin": "1.l"}, ground=("2.l",)),
    "relay": Model("wokwi-relay-module", {"output": "IN"}, v33=("VCC",)),
    "dimmer": Model("wokwi-led", {"output": "A"}, ground=("C",)),
}


def diagram(board: Board) -> tuple[dict[str, Any], list[str]]:
    """Wokwi's description of a board with a chip in DEVKITS, and what it leaves out, with why."""
    devkit = DEVKITS[board.chip]
    esp = {"type": devkit.type, "id": MICROCONTROLLER, "top": 0, "left": 0, "attrs": {}}
    found: list[dict[str, Any]] = [esp]
    wires = [_wire("TX", "$serialMonitor:RX"), _wire("RX", "$serialMonitor:TX")]
    left_out, seen = [], set()
    for (_, name), part in parts(board):
        pins = part.pins or (board.buses[part.bus].pins if part.bus else {})
        key = (part.driver, *sorted(pins.items()), *sorted(map(str, part.args.items())))
        if key in seen:
            continue  # another field of the same part
        seen.add(key)
        fault = _fault(part, pins, devkit)
        if fault:
            left_out.append(f"{name}: {fault}")
            continue
        model = MODELS[part.driver]
        place = {"top": STEP_PX * len(found) - 200, "left": 300}
        found.append({"type": model.type, "id": name, **place, "attrs": {}})
        wires += _wires(str(name), model, pins, devkit)
    return {
        "version": 1, "author": "Steward", "editor": "wokwi", "parts": found,
        "connections": wires, "dependencies": {},
    }, left_out  # fmt: skip


def write(loaded: Loaded, folder: Path) -> list[str]:
    """Write both files for a board with a chip that Wokwi has; what is left out of the diagram."""
    board = loaded.model
    assert isinstance(board, Board)
    if board.chip not in DEVKITS:
        return []
    drawn, left_out = diagram(board)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "diagram.json").write_text(json.dumps(drawn, indent=1) + "\n", "utf-8")
    (folder / "wokwi.toml").write_text(SETTINGS, "utf-8")
    return left_out


def _fault(part: Sensor | Output, pins: dict[str, int], devkit: Devkit) -> str | None:
    if part.driver not in MODELS:
        return f"Wokwi has no {part.driver}"
    hidden = {pin for pin in pins.values() if devkit.name(pin) is None}
    return f"{devkit.type} leads out no GPIO {spans(frozenset(hidden))}" if hidden else None


def _wires(name: str, model: Model, pins: dict[str, int], devkit: Devkit) -> list[list[Any]]:
    found = [
        _wire(str(devkit.name(pins[ours])), f"{name}:{theirs}", "green")
        for ours, theirs in model.pins.items()
        if ours in pins
    ]
    for supply, colour, ends in (
        (devkit.v33, "red", model.v33),
        (devkit.v5, "red", model.v5),
        (devkit.ground, "black", model.ground),
    ):
        found += [_wire(supply, f"{name}:{end}", colour) for end in ends]
    return found


def _wire(pin: str, other: str, colour: str = "") -> list[Any]:
    return [f"{MICROCONTROLLER}:{pin}", other, colour, []]
