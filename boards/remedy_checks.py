"""Whether remedies are in order, and whether the outputs that they switch are there for it."""

from collections.abc import Iterator

from boards.chips import SIMULATED
from boards.load import Loaded
from boards.locate import Path
from boards.problems import nearest
from boards.remedies import OWN, Remedy
from boards.schema import Product
from boards.wiring import ALWAYS, Board, Output


def check_remedies(loaded: Loaded, path: Path, remedies: list[Remedy], critical: bool) -> None:
    """Their order, and what must not be tried; `path` is the monitor's."""
    others: str | None = None
    names: set[str] = set()
    for index, remedy in enumerate(remedies):
        place = _place(loaded, path, index)
        if remedy.name in names:
            loaded.report(place, f'"{remedy.name}" is there twice')
        names.add(remedy.name)
        if remedy.kind not in OWN:
            others = others or remedy.name
        elif critical:
            loaded.report(place, "help for what is critical is called at once, nothing is tried")
        elif others:
            loaded.report(place, f"the thing tries {remedy.name} itself: put it before {others}")


def check_on_board(loaded: Loaded, board: Board, product: Product) -> None:
    """What the remedies of a product want of the outputs and sensors of a board; a simulated plant
    has its own."""
    for name, channel in product.channels.items():
        _check_restarts(loaded, board, f"the sensor of {name}", name, channel.remedies)
    for name, monitor in product.monitors.items():
        _check_restarts(loaded, board, name, monitor.watch[0], monitor.remedies)
    for (_, name), remedy, _ in _each(product):
        if not remedy.output:
            continue
        wanted = f"{remedy.name} of {name}"
        output = board.outputs.get(remedy.output)
        if output is None and board.chip == SIMULATED:
            continue
        if output is None:
            message = f"there is no {remedy.output}: {wanted} will not be tried here"
            loaded.report(("outputs",), message, "warning")
        elif fault := unfit(output, remedy):
            loaded.report(("outputs", remedy.output), f"{fault}, which {wanted} wants")


def _check_restarts(
    loaded: Loaded, board: Board, of: str, channel: str, remedies: list[Remedy]
) -> None:
    """A sensor is set up anew on its bus, so one that is on none is not restarted."""
    sensor = board.sensors.get(channel)
    if sensor is None or sensor.bus is not None or board.chip == SIMULATED:
        return
    for remedy in remedies:
        if remedy.kind == "restart":
            message = f"{sensor.driver} is on no bus: {remedy.name} of {of} will not be tried here"
            loaded.report(("sensors", channel), message, "warning")


def check_has_outputs(loaded: Loaded, product: Product, boards: list[Board]) -> None:
    """Refuses an output that no board of a product has; `boards` are those that carry it.

    Where none is known, the check of the board says it."""
    outputs = [output for board in boards for output in board.outputs.items()]
    for path, remedy, index in _each(product):
        if remedy.output and boards:
            fits = [unfit(output, remedy) for known, output in outputs if known == remedy.output]
            place = _place(loaded, path, index)
            if not fits:
                close = nearest(remedy.output, sorted({known for known, _ in outputs}))
                loaded.report(place, f'no board that carries it has "{remedy.output}"; {close}')
            elif all(fits):
                message = f"{remedy.output} is on no board as it is wanted: {fits[0]}"
                loaded.report(place, message)


def _each(product: Product) -> Iterator[tuple[tuple[str, str], Remedy, int]]:
    """Every remedy: where it stands, and which one it is there."""
    lists = [(("channels", name), one.remedies) for name, one in product.channels.items()]
    lists += [(("monitors", name), one.remedies) for name, one in product.monitors.items()]
    for path, remedies in lists:
        for index, remedy in enumerate(remedies):
            yield path, remedy, index


def unfit(output: Output, remedy: Remedy) -> str | None:
    """Why a remedy must not have an output, or None."""
    assert remedy.lasts is not None
    if output.safe_for is None:
        return "it has no safe_for, so it is not known to be safe to switch"
    if output.safe_for < remedy.lasts:
        return f"it is safe for {output.safe_for}s, not for {remedy.lasts}s"
    if remedy.kind == "switch" and output.when != ALWAYS:
        return 'it is not on: only what has when = "always" can be switched off and on again'
    if remedy.kind == "exercise" and output.when == ALWAYS:
        return "it is always on: there is nothing to exercise"
    return None


def _place(loaded: Loaded, path: Path, index: int) -> Path:
    place: Path = (*path, "remedies", index)
    return place if place in loaded.lines else place[:-1]
