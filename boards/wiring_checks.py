"""What must agree within a board, and between a board and the product that it carries."""

import pathlib
from collections.abc import Iterator

from boards import conversion, pins, power
from boards.chips import NAMES
from boards.drivers import DRIVERS, Driver
from boards.load import Loaded
from boards.locate import Path
from boards.problems import nearest
from boards.remedy_checks import check_on_board
from boards.schema import Product
from boards.settings import Setting, wrong
from boards.wiring import Argument, Board, Filter, Output, Sensor

Part = Sensor | Output
DRIVER_FILES = pathlib.Path(__file__).parents[1] / "hal" / "drivers"


def check_board(loaded: Loaded, carried: Loaded | None = None) -> None:
    """Adds every disagreement to the board's problems; `carried` is its product's file."""
    board = loaded.model
    assert isinstance(board, Board)
    if board.chip not in NAMES:
        loaded.report(("chip",), f'no chip "{board.chip}"; {nearest(board.chip, NAMES)}')
    if not loaded.names("sensors", board.sensors):
        loaded.report(("sensors",), "a board needs at least one sensor")
    for path, part in parts(board):
        _check_part(loaded, board, path, part)
    for name, sensor in board.sensors.items():
        for index, stage in enumerate(sensor.filter):
            _check_stage(loaded, ("sensors", name, "filter", index), stage)
    pins.check_pins(loaded, board)
    power.check_power(loaded, board, carried)
    if carried is not None and isinstance(carried.model, Product):
        _check_channels(loaded, board, carried)


def parts(board: Board) -> Iterator[tuple[Path, Part]]:
    """Everything that a driver serves, with its place."""
    for name, sensor in board.sensors.items():
        yield ("sensors", name), sensor
    for name, output in board.outputs.items():
        yield ("outputs", name), output


def _check_part(loaded: Loaded, board: Board, path: Path, part: Part) -> None:
    buses = loaded.names("buses", board.buses)
    if part.bus is not None and part.bus not in buses:
        loaded.report((*path, "bus"), f'no bus "{part.bus}"; {nearest(part.bus, buses)}')
    driver = DRIVERS.get(part.driver)
    if driver is None:
        message = f'no driver "{part.driver}"; {nearest(part.driver, sorted(DRIVERS))}'
        if (DRIVER_FILES / f"{part.driver}.py").is_file():
            message = (
                f"hal/drivers/{part.driver}.py is there, but boards/drivers.py does not say which "
                "bus, pins and arguments it takes"
            )
        loaded.report((*path, "driver"), message)
        return
    if isinstance(part, Output) and not driver.writes:
        able = ", ".join(sorted(name for name, known in DRIVERS.items() if known.writes))
        loaded.report((*path, "driver"), f"{part.driver} switches nothing; {able} do")
        return
    _check_arguments(loaded, path, part, driver)
    bus = board.buses.get(part.bus or "")
    if driver.bus and part.bus is None:
        loaded.report(path, f'{part.driver} needs bus, the name of a bus of kind "{driver.bus}"')
    elif bus is not None and bus.kind != driver.bus:
        wanted = f'a bus of kind "{driver.bus}"' if driver.bus else "no bus"
        loaded.report((*path, "bus"), f'{part.driver} takes {wanted}, not "{bus.kind}"')


def _check_arguments(loaded: Loaded, path: Path, part: Part, driver: Driver) -> None:
    for table, known in (("pins", tuple(driver.pins)), ("args", tuple(driver.args))):
        for name in getattr(part, table):
            if name not in known:
                message = f"{part.driver} does not know it; {nearest(name, known)}"
                loaded.report((*path, table, name), message)
    for name, value in part.args.items():
        fault = _wrong_argument(driver, name, value)
        if fault:
            loaded.report((*path, "args", name), fault)
    for name in driver.needed:
        if name not in part.pins and name not in part.args:
            table = "pins" if name in driver.pins else "args"
            loaded.report(path, f"{part.driver} needs {table}.{name}")
    wanted = getattr(part, "field", None)
    if wanted is not None and wanted not in driver.fields:
        loaded.report((*path, "field"), f'no field "{wanted}"; {nearest(wanted, driver.fields)}')
    elif isinstance(part, Sensor) and wanted is None and len(driver.fields) > 1:
        loaded.report(path, f"{part.driver} needs field; {nearest('', driver.fields)}")


def _wrong_argument(driver: Driver, name: str, value: Argument) -> str | None:
    allowed = driver.args.get(name)
    if isinstance(allowed, Setting):
        return wrong(allowed, value)
    if allowed and (isinstance(value, bool) or value not in allowed):
        return f"{value!r} is not one of: {', '.join(repr(one) for one in allowed)}"
    return None


def _check_unit(loaded: Loaded, name: str, sensor: Sensor, wanted: str) -> None:
    try:
        conversion.factor(sensor, wanted)
    except ValueError as error:
        path = ("sensors", name, "unit") if sensor.unit else ("sensors", name)
        source = "it" if sensor.unit else sensor.driver
        advice = "calibrate it with points, or say with unit what it is in"
        loaded.report(path, f"{source} does not give {wanted}: {error}; {advice}")


def _check_stage(loaded: Loaded, path: Path, stage: Filter) -> None:
    if len(stage.model_dump(exclude_none=True)) != 1:
        loaded.report(path, f"write exactly one of {', '.join(Filter.model_fields)} per stage")
    if stage.clamp and stage.clamp[0] >= stage.clamp[1]:
        loaded.report((*path, "clamp"), "the range is empty: low stands first")
    if stage.median is not None and stage.median % 2 == 0:
        loaded.report((*path, "median"), f"{stage.median} is even; a median needs an odd number")
    if stage.points:
        raw = [point[0] for point in stage.points]
        if raw != sorted(set(raw)):
            loaded.report((*path, "points"), "raw values must rise from point to point")


def _check_channels(loaded: Loaded, board: Board, carried: Loaded) -> None:
    product = carried.model
    assert isinstance(product, Product)
    if board.product != product.product:
        message = f'this board carries "{board.product}", not "{product.product}"'
        loaded.report(("product",), message)
        return
    channels = carried.names("channels", product.channels)
    sensors = loaded.names("sensors", board.sensors)
    for name in board.sensors:
        if name not in channels:
            close = nearest(name, channels)
            loaded.report(("sensors", name), f'{product.product} has no channel "{name}"; {close}')
        elif name in product.channels:
            _check_unit(loaded, name, board.sensors[name], product.channels[name].unit)
    for name, output in board.outputs.items():
        if output.when == "order waiting" and not product.consumables:
            message = f"{product.product} orders nothing, for nothing of it runs out"
            loaded.report(("outputs", name, "when"), message)
    check_on_board(loaded, board, product)
    for name in channels:
        if name not in sensors:
            message = f"channel {name} of {product.product} has no sensor here; it will be missing"
            loaded.report(("sensors",), message, "warning")
