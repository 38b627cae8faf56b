"""Refuses a wiring that cannot work on its chip, and says why."""

from collections.abc import Iterator
from typing import NamedTuple

from boards.chips import CHIPS, Chip, Use, spans
from boards.drivers import BUS_PINS, DRIVERS
from boards.load import Loaded
from boards.locate import Path
from boards.problems import dotted, nearest
from boards.wiring import Board, Bus


class Wire(NamedTuple):
    """One pin in use. Wires of one group belong to the same physical part and may coincide."""

    path: Path
    pin: int
    role: str
    group: str
    pulled: bool = False


def check_pins(loaded: Loaded, board: Board) -> None:
    """Adds what is wrong with pins, bus numbers and addresses. A simulated chip has no pins."""
    chip = CHIPS.get(board.chip)
    if chip is None:
        return
    _check_buses(loaded, board, chip)
    _check_addresses(loaded, board)
    taken: dict[int, Wire] = {}
    for wire in wires(board):
        use = Use(wire.role, board.wifi, wire.pulled)
        for message in chip.errors(wire.pin, use):
            loaded.report(wire.path, message)
        for message in chip.warnings(wire.pin, use):
            loaded.report(wire.path, message, "warning")
        other = taken.setdefault(wire.pin, wire)
        if other.group != wire.group:
            loaded.report(wire.path, f"GPIO {wire.pin} is already {dotted(other.path)}")
    for name, sensor in board.sensors.items():
        if sensor.driver == "simulated":
            message = f'"simulated" needs chip = "simulated", not "{board.chip}"'
            loaded.report(("sensors", name, "driver"), message)


def wires(board: Board) -> Iterator[Wire]:
    """Every pin that the board uses, buses first."""
    for name, bus in board.buses.items():
        roles = BUS_PINS[bus.kind]
        for pin_name, pin in bus.pins.items():
            yield Wire(("buses", name, "pins", pin_name), pin, roles.get(pin_name, "both"), name)
    for table in ("sensors", "outputs"):
        for name, part in getattr(board, table).items():
            driver = DRIVERS.get(part.driver)
            # Two fields of one chip, such as warmth and moisture, hang on the same wires.
            shared = getattr(part, "field", None) is not None
            group = f"{part.driver} {sorted(part.pins.items())}" if shared else f"{table}.{name}"
            for pin_name, pin in part.pins.items():
                role = driver.pins.get(pin_name, "both") if driver else "both"
                pulled = "pull" in (driver.args if driver else ()) and part.args.get("pull") != ""
                yield Wire((table, name, "pins", pin_name), pin, role, group, pulled)


def _check_buses(loaded: Loaded, board: Board, chip: Chip) -> None:
    numbers: dict[tuple[str, int], str] = {}
    for name, bus in board.buses.items():
        path: Path = ("buses", name)
        if bus.kind not in chip.buses:
            message = f"{chip.name} offers no {bus.kind}; {nearest(bus.kind, chip.buses)}"
            loaded.report((*path, "kind"), message)
            continue
        _check_bus_pins(loaded, path, bus, chip)
        if bus.id not in chip.buses[bus.kind]:
            has = spans(chip.buses[bus.kind])
            loaded.report((*path, "id"), f"{chip.name} has no {bus.kind} {bus.id}; it has {has}")
        other = numbers.setdefault((bus.kind, bus.id), name)
        if other != name and bus.kind != "onewire":
            loaded.report((*path, "id"), f"{bus.kind} {bus.id} is already bus {other}")


def _check_bus_pins(loaded: Loaded, path: Path, bus: Bus, chip: Chip) -> None:
    known = BUS_PINS[bus.kind]
    for name in bus.pins:
        if name not in known:
            message = f"{bus.kind} has no such pin; {nearest(name, known)}"
            loaded.report((*path, "pins", name), message)
    missing = [name for name in known if name not in bus.pins]
    # Linux knows the pins of its buses; a chip with a pin matrix has to be told.
    if missing and not chip.linux:
        loaded.report(path, f"{bus.kind} needs pins {', '.join(missing)}")


def _check_addresses(loaded: Loaded, board: Board) -> None:
    """Two different chips on one I2C bus cannot answer to the same address."""
    taken: dict[tuple[str, object], tuple[str, str]] = {}
    for name, sensor in board.sensors.items():
        known = DRIVERS.get(sensor.driver)
        address = sensor.args.get("address", known.address if known else None)
        if address is None or sensor.bus is None:
            continue
        driver, other = taken.setdefault((sensor.bus, address), (sensor.driver, name))
        if driver != sensor.driver:
            message = f"address {address} on {sensor.bus} is already {other}, a {driver}"
            loaded.report(("sensors", name, "args", "address"), message)
