"""What must agree within a board, and between a board and the product that it carries."""

from boards.load import Loaded
from boards.problems import nearest
from boards.schema import Product
from boards.wiring import Board, Filter


def check_board(loaded: Loaded, product: Product | None = None) -> None:
    """Adds every disagreement to the board's problems."""
    board = loaded.model
    assert isinstance(board, Board)
    for name, sensor in board.sensors.items():
        _check_bus(loaded, board, ("sensors", name, "bus"), sensor.bus)
        for index, stage in enumerate(sensor.filter):
            _check_stage(loaded, ("sensors", name, "filter", index), stage)
    for name, output in board.outputs.items():
        _check_bus(loaded, board, ("outputs", name, "bus"), output.bus)
    if product is not None:
        _check_channels(loaded, board, product)


def _check_bus(loaded: Loaded, board: Board, path: tuple[str, ...], bus: str | None) -> None:
    if bus is not None and bus not in board.buses:
        loaded.report(path, f'no bus "{bus}"; {nearest(bus, board.buses)}')


def _check_stage(loaded: Loaded, path: tuple[str | int, ...], stage: Filter) -> None:
    written = stage.model_dump(exclude_none=True)
    if len(written) != 1:
        loaded.report(path, "one stage per entry: write exactly one of median, ema, clamp, …")
    if stage.clamp and stage.clamp[0] >= stage.clamp[1]:
        loaded.report((*path, "clamp"), "low stands first")
    if stage.points:
        raw = [point[0] for point in stage.points]
        if raw != sorted(set(raw)):
            loaded.report((*path, "points"), "raw values must rise from point to point")


def _check_channels(loaded: Loaded, board: Board, product: Product) -> None:
    for name in board.sensors:
        if name not in product.channels:
            close = nearest(name, product.channels)
            loaded.report(("sensors", name), f'{product.product} has no channel "{name}"; {close}')
    for name in product.channels:
        if name not in board.sensors:
            message = f"channel {name} of {product.product} has no sensor here; it will be missing"
            loaded.report(("sensors",), message, "warning")
