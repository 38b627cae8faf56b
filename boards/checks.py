"""What must agree between the parts of a description, beyond the shape of each part."""

from collections.abc import Iterable

from boards.fields import Size
from boards.load import Loaded
from boards.locate import Path
from boards.problems import nearest
from boards.schema import Consumable, Monitor, Product
from boards.settings import CHANNELS, check_consumable_settings, check_settings


def check_product(loaded: Loaded) -> None:
    """Adds every disagreement inside a product to its problems."""
    product = loaded.model
    assert isinstance(product, Product)
    if not loaded.names("channels", product.channels):
        loaded.report(("channels",), "a product needs at least one channel")
    for name, monitor in product.monitors.items():
        _check_monitor(loaded, product, ("monitors", name), monitor)
    for name, consumable in product.consumables.items():
        _check_consumable(loaded, product, ("consumables", name), consumable)
    _check_twice(loaded, _stock_numbers(product), "this stock number is already used at")


def _check_channel(loaded: Loaded, product: Product, path: Path, channel: str) -> None:
    known = loaded.names("channels", product.channels)
    if channel not in known:
        loaded.report(path, f'no channel "{channel}"; {nearest(channel, known)}')


def _check_monitor(loaded: Loaded, product: Product, path: Path, monitor: Monitor) -> None:
    watched = len(monitor.watch)
    for index, channel in enumerate(monitor.watch):
        place = (*path, "watch", index)
        _check_channel(loaded, product, place, channel)
        if channel in monitor.watch[:index]:
            loaded.report(place, f'"{channel}" is watched twice')
    least, most = CHANNELS[monitor.kind]
    if not least <= watched <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        loaded.report((*path, "watch"), f"{monitor.kind} watches {wanted} channels, not {watched}")
    for place, message in check_settings(monitor.kind, monitor.settings, watched):
        loaded.report((*path, "settings", *place), message)


def _check_consumable(loaded: Loaded, product: Product, path: Path, consumable: Consumable) -> None:
    for key in ("measured_by", "used_by", "in_place"):
        channel = getattr(consumable, key)
        if channel is not None:
            _check_channel(loaded, product, (*path, key), channel)
    channel = product.channels.get(consumable.measured_by)
    if channel is None:
        return
    if consumable.unit not in (None, channel.unit):
        loaded.report(
            (*path, "unit"),
            f'"{consumable.unit}" differs from the unit of {consumable.measured_by}, '
            f'"{channel.unit}"; leave it out to take the channel\'s',
        )
    if consumable.kind == "count" and consumable.used_by is None:
        loaded.report(path, 'a consumable of kind "count" needs used_by, the channel that counts')
    for place, message in check_consumable_settings(consumable.settings):
        loaded.report((*path, "settings", *place), message)
    _check_sizes(loaded, path, consumable, channel.unit, channel.high)
    for index, item in enumerate(consumable.items):
        try:
            item.price_minor(product.currency)
        except ValueError as error:
            loaded.report((*path, "items", index, "price"), str(error))


def _check_sizes(
    loaded: Loaded, path: Path, consumable: Consumable, unit: str, high: float
) -> None:
    capacity = _size(loaded, (*path, "capacity"), consumable.capacity, unit)
    if capacity is not None and capacity > high:
        loaded.report(
            (*path, "capacity"),
            f"{capacity:g} {unit} is beyond what {consumable.measured_by} can read, {high:g}",
        )
    per_use = consumable.per_use and _size(loaded, (*path, "per_use"), consumable.per_use, unit)
    if per_use and capacity and per_use > capacity:
        loaded.report((*path, "per_use"), f"one use takes more than the capacity, {capacity:g}")
    if consumable.used_by is not None and consumable.per_use is None:
        loaded.report(path, "used_by needs per_use, how much one use takes")
    for index, item in enumerate(consumable.items):
        _size(loaded, (*path, "items", index, "pack"), item.pack, unit)


def _size(loaded: Loaded, path: Path, size: Size, unit: str) -> float | None:
    """The size in the channel's unit when it makes sense there, else a problem."""
    try:
        number = size.into(unit)
    except ValueError as error:
        loaded.report(path, str(error))
        return None
    if number <= 0:
        loaded.report(path, f"{number:g} is not more than 0")
        return None
    return number


def _stock_numbers(product: Product) -> Iterable[tuple[Path, str]]:
    for name, consumable in product.consumables.items():
        for index, item in enumerate(consumable.items):
            yield ("consumables", name, "items", index, "sku"), item.sku


def _check_twice(loaded: Loaded, words: Iterable[tuple[Path, str]], message: str) -> None:
    seen: dict[str, Path] = {}
    for path, word in words:
        if word in seen:
            loaded.report(path, f'"{word}": {message} line {loaded.lines.line(seen[word])}')
        seen.setdefault(word, path)
