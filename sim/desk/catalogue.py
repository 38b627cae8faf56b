"""Sellers from a TOML file, for a desk that runs by itself.

```toml
[[sellers]]
name = "roaster"
currency = "EUR"
shipping_minor = 390
people = false            # true: staff takes orders on over REST

[[sellers.articles]]
sku = "BEAN-ESPRESSO-1KG"
price_minor = 1890
pack_units = 1000         # units x scale of the consumable
```

Each seller signs its offers with a key that is made once and kept in a folder beside the
database. Its public half lies there as NAME.pub, because owners put it into their mandates.
"""

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boards import toml
from boards.locate import Lines
from boards.problems import DescriptionError, Problem, nearest
from sim.desk import codec
from sim.desk.suppliers import Article, HonestSupplier, PeopleSupplier, Terms


class ArticleEntry(BaseModel):
    """One item for sale."""

    model_config = ConfigDict(extra="forbid")
    sku: str = Field(min_length=1, max_length=40)
    price_minor: int = Field(ge=0)
    pack_units: int = Field(ge=1)
    quality: int = Field(default=80, ge=0, le=100)
    carbon_g: int = Field(default=500, ge=0)
    labels: tuple[str, ...] = ()
    stock: int = Field(default=1_000_000, ge=0)


class SellerEntry(BaseModel):
    """One seller and its terms; ranges are [least, most] seconds."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=40, pattern="^[A-Za-z0-9_.-]+$")
    people: bool = False
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    shipping_minor: int = Field(default=0, ge=0)
    tax_percent: int = Field(default=0, ge=0, le=100)
    quote_s: tuple[int, int] = Terms.quote_s
    confirm_s: tuple[int, int] = Terms.confirm_s
    ship_s: tuple[int, int] = Terms.ship_s
    travel_s: tuple[int, int] = Terms.travel_s
    valid_s: int = Field(default=Terms.valid_s, ge=60)
    articles: list[ArticleEntry] = Field(min_length=1)


class Catalogue(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")
    sellers: list[SellerEntry] = Field(min_length=1)


def load(path: Path, keys: Path) -> list[HonestSupplier]:
    """The sellers of a catalogue file, with their keys in folder `keys`.

    Raises DescriptionError, which names file, line and key, or OSError.
    """
    text, data = toml.read(path)
    try:
        catalogue = Catalogue.model_validate(data)
    except ValidationError as error:
        lines = Lines(text)
        raise DescriptionError([
            Problem(str(path), lines.line(details["loc"]), details["loc"], _message(details))
            for details in error.errors(include_url=False)
        ]) from error  # fmt: skip
    sellers = [
        _seller(entry, private_key(keys / f"{entry.name}.pem")) for entry in catalogue.sellers
    ]
    for seller in sellers:
        (keys / f"{seller.name}.pub").write_text(seller.public_key.hex() + "\n", encoding="ascii")
    return sellers


def _message(details: Any) -> str:
    if details["type"] == "extra_forbidden":
        place = details["loc"]
        tables: dict[int, type[BaseModel]] = {1: Catalogue, 3: SellerEntry, 5: ArticleEntry}
        return f"unknown key; {nearest(place[-1], tables[len(place)].model_fields)}"
    if details["type"] == "missing":
        return "this key is missing and has no default"
    return f"{details['input']!r}: {details['msg'][0].lower()}{details['msg'][1:]}"


def private_key(path: Path):
    """The P-256 key in a PEM file that only its owner may read; made when there is none."""
    if path.exists():
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    key = codec.new_private_key()
    form = serialization.PrivateFormat.PKCS8
    data = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return key


def _seller(entry: SellerEntry, key) -> HonestSupplier:
    kind = PeopleSupplier if entry.people else HonestSupplier
    words = entry.model_dump(exclude={"name", "people", "articles"})
    articles = [Article(**article.model_dump()) for article in entry.articles]
    return kind(entry.name, articles, Terms(**words), private_key=key)
