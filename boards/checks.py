"""What must agree between the parts of a description, beyond the shape of each part."""

from boards.fields import LARGEST, Size
from boards.load import Loaded
from boards.locate import Path
from boards.problems import nearest
from boards.remedy_checks import check_remedies
from boards.schema import Channel, Consumable, Monitor, Product
from boards.settings import CHANNELS, check_settings


def check_product(loaded: Loaded) -> None:
    """Adds every disagreement inside a product to its problems."""
    product = loaded.model
    assert isinstance(product, Product)
    if not loaded.names("channels", product.channels):
        loaded.report(("channels",), "a product needs at least one channel")
    for name, channel in product.channels.items():
        _check_witness(loaded, product, name, channel)
        check_remedies(loaded, ("channels", name), channel.remedies, critical=False)
    for name, monitor in product.monitors.items():
        _check_monitor(loaded, product, ("monitors", name), monitor)
    for name, consumable in product.consumables.items():
        _check_consumable(loaded, product, ("consumables", name), consumable)
    _check_stock_numbers(loaded, product)
    if product.in_use is not None:
        _check_channel(loaded, product, ("in_use",), product.in_use)
    if product.approve_with is not None:
        _check_channel(loaded, product, ("approve_with",), product.approve_with)
        if not loaded.names("consumables", product.consumables):
            loaded.report(("approve_with",), "nothing runs out, so there is nothing to approve")


def _check_witness(loaded: Loaded, product: Product, name: str, channel: Channel) -> None:
    if channel.moves_with is None:
        return
    path: Path = ("channels", name, "moves_with")
    _check_channel(loaded, product, path, channel.moves_with)
    if channel.moves_with == name:
        loaded.report(path, f"{name} cannot be its own witness")


def _check_channel(loaded: Loaded, product: Product, path: Path, channel: str) -> None:
    known = loaded.names("channels", product.channels)
    if channel not in known:
        loaded.report(path, f'no channel "{channel}"; {nearest(channel, known)}')


def _check_monitor(loaded: Loaded, product: Product, path: Path, monitor: Monitor) -> None:
    watched = len(monitor.watch)
    for index, channel in enumerate(monitor.watch):
        place: Path = (*path, "watch", index)
        place = place if place in loaded.lines else place[:-1]
        _check_channel(loaded, product, place, channel)
        if channel in monitor.watch[:index]:
            loaded.report(place, f'"{channel}" is watched twice')
    least, most = CHANNELS[monitor.kind]
    if not least <= watched <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        loaded.report((*path, "watch"), f"{monitor.kind} watches {wanted} channels, not {watched}")
    _check_unless(loaded, product, path, monitor)
    check_remedies(loaded, path, monitor.remedies, monitor.severity == "critical")
    for place, message in check_settings(monitor.kind, monitor.settings, watched):
        loaded.report((*path, "settings", *place), message)


def _check_unless(loaded: Loaded, product: Product, path: Path, monitor: Monitor) -> None:
    known = loaded.names("monitors", product.monitors)
    for cause in monitor.unless:
        if cause not in known:
            loaded.report((*path, "unless"), f'no monitor "{cause}"; {nearest(cause, known)}')
        elif cause == path[-1] or (cause in product.monitors and product.monitors[cause].unless):
            loaded.report((*path, "unless"), f'"{cause}" cannot be the cause: it has one itself')


def _check_consumable(loaded: Loaded, product: Product, path: Path, consumable: Consumable) -> None:
    for key in ("measured_by", "used_by", "in_place"):
        channel = getattr(consumable, key)
        if channel is not None:
            _check_channel(loaded, product, (*path, key), channel)
    unit = product.unit_of(consumable)
    if consumable.unit not in (None, unit):
        loaded.report(
            (*path, "unit"),
            f'"{consumable.unit}" differs from the unit of {consumable.measured_by}, "{unit}"; '
            "leave it out to take the channel's",
        )
    if (consumable.measured_by or "") in loaded.names("channels", ()):
        return  # its channel has faults of its own: nothing to measure against
    _check_sizes(loaded, product, path, consumable)
    for index, item in enumerate(consumable.items):
        _size(loaded, (*path, "items", index, "pack"), item.pack, unit)
        try:
            item.price_minor(product.currency)
        except ValueError as error:
            loaded.report((*path, "items", index, "price"), str(error))


def _check_sizes(loaded: Loaded, product: Product, path: Path, consumable: Consumable) -> None:
    unit = product.unit_of(consumable)
    channel = product.channels.get(consumable.measured_by or "")
    capacity = _size(loaded, (*path, "capacity"), consumable.capacity, unit)
    if capacity is not None and channel is not None and capacity > channel.high:
        loaded.report(
            (*path, "capacity"),
            f"{capacity:g} {unit} is beyond {channel.high:g}, the most that "
            f"{consumable.measured_by} can read",
        )
    if consumable.per_use is None:
        return
    per_use = _size(loaded, (*path, "per_use"), consumable.per_use, unit)
    if per_use and capacity and per_use > capacity:
        loaded.report((*path, "per_use"), f"one use takes more than the capacity, {capacity:g}")


def _size(loaded: Loaded, path: Path, size: Size, unit: str) -> float | None:
    """The size in the channel's unit when it makes sense there, else a problem."""
    try:
        number = size.into(unit)
    except ValueError as error:
        loaded.report(path, str(error))
        return None
    if not 0 < number <= LARGEST:
        loaded.report(path, f"{number:g} is not more than 0 and at most {LARGEST:g}")
        return None
    return number


def _check_stock_numbers(loaded: Loaded, product: Product) -> None:
    """A delivery is told by its stock number, so no two items may share one."""
    seen: dict[str, Path] = {}
    for name, consumable in product.consumables.items():
        for index, item in enumerate(consumable.items):
            path: Path = ("consumables", name, "items", index, "sku")
            other = seen.setdefault(item.sku, path)
            if other != path:
                line = loaded.lines.line(other)
                loaded.report(path, f'"{item.sku}" is already the stock number in line {line}')
