"""What a desk is told of products: the units and names behind the numbers that their things send.

A thing counts in its channels' units and sends whole numbers alone; what they are of stands in the
file that it was made from, so the desk reads the same files. They are told apart by name and
version: a number in the unit of another version would be worse than one in none.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from boards.checks import check_product
from boards.compiler import product_record
from boards.load import load
from boards.problems import DescriptionError
from boards.schema import Product
from boards.wiring import Board

BUILT_IN = Path(__file__).parents[2] / "boards" / "products"


class Counted(BaseModel):
    """How a consumable is counted: `scale` to one of its unit; names of what refills it."""

    unit: str
    scale: int
    items: dict[str, str]


class Vocabulary(BaseModel):
    """What is known of a version of a product; nothing, of one that the desk was not told of."""

    consumables: dict[str, Counted] = {}
    channels: dict[str, str] = {}


Products = dict[tuple[str, str], Vocabulary]


def read(places: Iterable[Path]) -> Products:
    """The products in these files and folders, boards left out.

    Raises DescriptionError, which names file and line, or OSError.
    """
    known: Products = {}
    for place in places:
        if not place.exists():
            raise FileNotFoundError(f"products: there is no {place}")
        files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
        found = [_read(file, place.is_dir()) for file in files]
        if not any(found):
            raise FileNotFoundError(f"products: none is described in {place}")
        for one in found:
            known |= one
    return known


def _read(file: Path, among_others: bool) -> Products:
    loaded = load(file)
    if isinstance(loaded.model, Board):
        if among_others:
            return {}
        loaded.report((), "this describes a board, a product is wanted here")
    elif loaded.model is not None:
        check_product(loaded)
    if not loaded.sound or not isinstance(loaded.model, Product):
        raise DescriptionError([one for one in loaded.problems if one.level == "error"])
    return of_record(product_record(loaded.model))


def of_record(record: dict[str, Any]) -> Products:
    """One product, as it is compiled for things (boards/compiler.py)."""
    channels = record["channels"]
    consumables = {
        one["name"]: Counted(
            unit=one["unit"],
            scale=channels[one["channel"]]["scale"],
            items={item["sku"]: item["name"] for item in one.get("items", ())},
        )
        for one in record.get("consumables", ())
    }
    units = {channel["name"]: channel["unit"] for channel in channels}
    words = Vocabulary(consumables=consumables, channels=units)
    return {(record["product"], record["version"]): words}
