"""Turns a description into the deterministic CBOR (RFC 8949 §4.2) that a device loads.

Names become indices and units are settled here, on the host, so that the device needs neither a
TOML parser nor a unit table. The same file always gives the same bytes: order comes from the
file, never from a hash table, and no date or path goes in.
"""

import struct
from pathlib import Path as FilePath
from typing import Any

import cbor2

from boards import conversion
from boards.checks import check_product
from boards.load import Loaded, load
from boards.problems import DescriptionError
from boards.remedies import OWN, Remedy
from boards.remedy_checks import check_has_outputs
from boards.schema import SEVERITIES, Channel, Consumable, Item, Monitor, Product
from boards.settings import settled
from boards.units import single
from boards.wiring import Board, Filter, Output, Sensor
from boards.wiring_checks import check_board

FORMAT = 1
# In half precision: its largest numbers, which are whole.
HALF_FROM, HALF_MOST, HALF_STEP = 32_768.0, 65_504.0, 32.0
ABSENT = -1  # the index of a channel that a consumable does not have


def check_file(file: FilePath | str) -> Loaded:
    """A description with everything that is wrong with it; nothing is raised for its contents.
    A board is checked against the product that it carries (product_of)."""
    loaded = load(file)
    if isinstance(loaded.model, Product):
        check_product(loaded)
        check_has_outputs(loaded, loaded.model, boards_of(loaded.model, FilePath(file)))
    elif isinstance(loaded.model, Board):
        product = product_of(loaded)
        if not product.is_file():
            loaded.report(("product",), f"there is no {product}, and none beside the board")
        check_board(loaded, load(product) if product.is_file() else None)
    return loaded


def product_of(board: Loaded) -> FilePath:
    """The product that a board carries: in products/ beside it, or beside it; it may be missing."""
    assert isinstance(board.model, Board)
    folder, name = FilePath(board.file).parent, f"{board.model.product}.toml"
    beside = folder / name
    return beside if beside.is_file() else folder / "products" / name


def boards_of(product: Product, file: FilePath) -> list[Board]:
    """The boards beside a product's file and in the folder above that carry it, as far as they
    can be read."""
    folders = file.resolve().parents[:2]
    models = [load(path).model for folder in folders for path in sorted(folder.glob("*.toml"))]
    return [
        model for model in models if isinstance(model, Board) and model.product == product.product
    ]


def compile_product(path: FilePath | str) -> bytes:
    """The CBOR of a product file; DescriptionError carries every problem found."""
    loaded = load(path)
    if isinstance(loaded.model, Product):
        check_product(loaded)
    return encode(product_record(_sound(loaded, Product)))


def compile_board(board_path: FilePath | str, product_path: FilePath | str) -> bytes:
    """The CBOR of a board wired for a product; DescriptionError carries every problem found."""
    carried = load(product_path)
    product = _sound(carried, Product)
    loaded = load(board_path)
    if isinstance(loaded.model, Board):
        check_board(loaded, carried)
    return encode(board_record(_sound(loaded, Board), product.channels))


def _sound(loaded: Loaded, wanted: type) -> Any:
    """The model, if it is of the wanted kind and has no errors."""
    if loaded.model is not None and not isinstance(loaded.model, wanted):
        told = "board" if wanted is Product else "product"
        message = f"this describes a {told}, a {wanted.__name__.lower()} is wanted here"
        loaded.report((), message)
    if not loaded.sound:
        raise DescriptionError(loaded.problems)
    return loaded.model


def encode(record: dict[str, Any]) -> bytes:
    """Deterministic CBOR; every float is first made single precision."""
    return cbor2.dumps(_settled(record), canonical=True, default=_write_half)


class _Half:
    """A number that cbor2 (5.9) does not write in its shortest form: things refuse it."""

    def __init__(self, value: float):
        self.bytes = b"\xf9" + struct.pack(">e", value)


def _write_half(encoder: cbor2.CBOREncoder, half: _Half) -> None:
    encoder.write(half.bytes)


def _settled(value: Any) -> Any:
    if isinstance(value, float):
        value = single(value)
        large = HALF_FROM <= abs(value) <= HALF_MOST and value % HALF_STEP == 0
        return _Half(value) if large else value
    if isinstance(value, dict):
        return {key: _settled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    return value


def product_record(product: Product) -> dict[str, Any]:
    """The product as the device's own words, indices in place of names."""
    index = {name: position for position, name in enumerate(product.channels)}
    record: dict[str, Any] = {
        "v": FORMAT,
        "product": product.product,
        "maker": product.maker,
        "version": product.version,
        "channels": [_channel(name, channel) for name, channel in product.channels.items()],
    }
    if habits := [
        _habit(name, product, index) for name in product.channels if product.channels[name].habit
    ]:
        record["habits"] = habits
    if sensors := [
        _present({"channel": index[name]}, **_remedies(channel.remedies, index[name]))
        for name, channel in product.channels.items()
        if channel.remedies
    ]:
        record["sensors"] = sensors
    if product.monitors:
        record["monitors"] = [
            _monitor(name, monitor, index)
            | _present({}, why=[list(product.monitors).index(each) for each in monitor.unless])
            for name, monitor in product.monitors.items()
        ]
    if product.consumables:
        record["consumables"] = [
            _consumable(name, consumable, product, index)
            for name, consumable in product.consumables.items()
        ]
    if product.approve_with is not None:
        record["approve"] = index[product.approve_with]
    if product.in_use is not None:
        record["in_use"] = index[product.in_use]
    return record


def _channel(name: str, channel: Channel) -> dict[str, Any]:
    return {
        "name": name,
        "unit": channel.unit,
        "scale": channel.scale,
        "low": channel.low,
        "high": channel.high,
        "period": channel.every,
        "evidence": channel.evidence,
        "stale": channel.stale,
        "stuck": channel.frozen_after,
    }


def _habit(name: str, product: Product, index: dict[str, int]) -> list[Any]:
    """Whose habit, timed by whose steps, readings to learn it from, and is it of a level?

    0: of none, 1: of one that nothing else tells of, 2: of one whose uses are counted.
    """
    channel = product.channels[name]
    level = [
        1 + bool(consumable.used_by)
        for consumable in product.consumables.values()
        if name == consumable.measured_by
    ]
    readings = channel.habit // channel.every
    return [index[name], index[channel.moves_with or name], readings, max(level, default=0)]


def _monitor(name: str, monitor: Monitor, index: dict[str, int]) -> dict[str, Any]:
    return _present(
        {
            "name": name,
            "kind": monitor.kind,
            "channels": [index[channel] for channel in monitor.watch],
            "mode": monitor.failure or name,
            "severity": SEVERITIES.index(monitor.severity) + 1,
            "hold": monitor.confirm_after,
            "clear": monitor.clear_after,
            "service": monitor.service,
        },
        **_remedies(monitor.remedies, index[monitor.watch[0]]),
        advice=monitor.advice,
        settings=settled(monitor.kind, monitor.settings, len(monitor.watch)),
    )


def _remedies(remedies: list[Remedy], channel: int) -> dict[str, list[Any]]:
    """What the thing tries for a fault seen on a channel, and what it asks for then."""
    return {
        "tries": [remedy.record(channel) for remedy in remedies if remedy.kind in OWN],
        "asks": [remedy.wish() for remedy in remedies if remedy.kind not in OWN],
    }


def _consumable(
    name: str, consumable: Consumable, product: Product, index: dict[str, int]
) -> dict[str, Any]:
    unit = product.unit_of(consumable)
    per_use = consumable.per_use.into(unit) if consumable.per_use else 0.0
    return _present(
        {
            "name": name,
            "unit": unit,
            "kind": consumable.kind,
            # What is only counted is watched by its counter.
            "channel": index[consumable.measured_by or consumable.used_by or ""],
            "usage": index.get(consumable.used_by or "", ABSENT),
            "in_place": index.get(consumable.in_place or "", ABSENT),
            "capacity": consumable.capacity.into(unit),
            "per_use": per_use,
            "low": consumable.reorder_at,
            "lead_days": consumable.lead_time / 86400,
            "spares": consumable.spares,
        },
        keep=consumable.reserve * consumable.capacity.into(unit),
        items=[_item(item, unit, product.currency) for item in consumable.items],
    )


def _item(item: Item, unit: str, currency: str) -> dict[str, Any]:
    return _present(
        {
            "sku": item.sku,
            "name": item.name,
            "pack": item.pack.into(unit),
            "price_minor": item.price_minor(currency),
        },
        gtin=item.gtin,
    )


def _present(record: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """What is empty is left out: every byte is flash and heap on the device."""
    record.update({key: value for key, value in optional.items() if value})
    return record


def board_record(board: Board, product: dict[str, Channel]) -> dict[str, Any]:
    """The board as the device's own words, sensors in the order of the product's channels."""
    channels = list(product)
    record: dict[str, Any] = {"v": FORMAT, "board": board.board, "chip": board.chip}
    if board.buses:
        record["buses"] = [
            {"name": name, "kind": bus.kind, "id": bus.id, "pins": bus.pins, "hz": bus.speed}
            for name, bus in board.buses.items()
        ]
    record["sensors"] = [
        _sensor(index, board.sensors[name], product[name].unit)
        for index, name in enumerate(channels)
        if name in board.sensors
    ]
    if board.outputs:
        record["outputs"] = [_output(name, output) for name, output in board.outputs.items()]
    if board.power:
        record["power"] = {
            "channel": channels.index(board.power.battery),
            "listen": board.power.listen_every,
            "low": 100 * board.power.low,
            "flat": 100 * board.power.flat,
        }
    return record


def _sensor(channel: int, sensor: Sensor, unit: str) -> dict[str, Any]:
    return _present(
        {
            "channel": channel,
            "driver": sensor.driver,
            "bus": sensor.bus or "",
            "args": {**sensor.pins, **sensor.args},
        },
        field=sensor.field,
        filter=[*map(_stage, sensor.filter), *map(list, conversion.stages(sensor, unit))],
    )


def _stage(stage: Filter) -> list[Any]:
    name, value = stage.stage()
    return [name, *value] if name == "clamp" else [name, value]


def _output(name: str, output: Output) -> dict[str, Any]:
    return _present(
        {"name": name, "driver": output.driver, "args": {**output.pins, **output.args}},
        bus=output.bus,
        when=output.when,
        safe=output.safe_for,
    )
