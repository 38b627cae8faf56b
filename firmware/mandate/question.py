"""What a thing asks its owner, as a desk tells it, and the answer that the owner signs.

A desk may lie.  The answer names the digest of what is bought and the most that it may cost; both
are taken from what the owner was shown, and a digest that does not fit is not signed, so whoever
shows other terms than the thing asked about gets an answer that the thing refuses, or none.
"""

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from agent.wire import cbor
from firmware.mandate.currency import shown
from firmware.mandate.mandate_words import lasting, when
from firmware.mandate.owner import OwnerError

DIGEST_BYTES = 12
REFERENCE = 8  # hexadecimal digits by which a thing's console calls an order, or its terms
TAKEN = ("approved", "denied")

Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Amount = Annotated[int, Field(ge=0, strict=True)]


class Question(BaseModel):
    """One order that waits for its owner; what else a desk says of it is left alone."""

    id: int
    thing: Name
    order: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
    consumable: Name
    sku: Name
    packs: Amount
    pack_units: Amount
    seller: Name
    total_minor: Amount
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    lead_s: Amount
    terms: Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")]
    test: bool
    until: int
    needed_by: int | None = None
    state: str
    reason: str | None = None
    yes: bool | None = None

    @property
    def reference(self) -> str:
        """How the thing's console calls the order."""
        return self.order[:REFERENCE]

    @property
    def total(self) -> str:
        """The total as a person reads it."""
        return shown(self.total_minor, self.currency)

    def goods(self) -> str:
        """ "2 x BEAN-1KG"."""
        return f"{self.packs} x {plain(self.sku)}"

    def answer(self, yes: bool) -> dict[int, Any]:
        """The map to sign, approval-document in wire.cddl; OwnerError when terms do not fit."""
        if self.terms != self._digest():
            raise OwnerError(
                f"the desk shows other terms of order {self.reference} than the thing asked about; "
                "nothing was signed, ask the thing itself"
            )
        terms = bytes.fromhex(self.terms)
        return {0: "approval", 1: bytes.fromhex(self.order), 2: self.thing, 3: terms,
                4: self.total_minor, 5: yes}  # fmt: skip

    def _digest(self) -> str:
        bound = [bytes.fromhex(self.order), self.seller, self.sku, self.pack_units, self.packs,
                 self.currency]  # fmt: skip
        return hashlib.sha256(cbor.encode(bound)).digest()[:DIGEST_BYTES].hex()

    def lines(self) -> list[tuple[str, str]]:
        """(topic, words) of what is asked, in a fixed order."""
        rows = [
            ("thing", plain(self.thing)),
            ("order", self.reference + (" (for trial)" if self.test else "")),
            ("buy", f"{self.goods()}, for {plain(self.consumable)}"),
            ("from", plain(self.seller)),
            ("for", f"{self.total}, shipping and tax inside"),
            ("arrives", f"{lasting(self.lead_s)} after the order, says the seller"),
        ]
        if self.needed_by is not None:
            rows.append(("needed", f"by {when(self.needed_by)}"))
        rows += [("asked until", when(self.until)), ("terms", self.terms[:REFERENCE])]
        if self.reason:
            rows.append((self.state, plain(self.reason)))
        return rows


def read(row: Any) -> Question:
    """A question as a desk tells it; OwnerError for what cannot be one."""
    try:
        return Question.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "row"
        raise OwnerError(f"the desk tells a question wrong: {where}: {fault['msg']}") from error


def read_all(page: Any) -> list[Question]:
    """The questions of a desk's list; OwnerError for what is none."""
    if not isinstance(page, dict) or not isinstance(page.get("items"), list):
        raise OwnerError("the desk tells no list of questions")
    return [read(row) for row in page["items"]]


def chosen(questions: list[Question], thing: str, order: str) -> Question:
    """The open question about an order called by the beginning of its id; OwnerError."""
    mine = [one for one in questions if one.thing == thing]
    found = [one for one in mine if order and one.order.startswith(order.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise OwnerError(f"{order} begins {len(found)} orders: give more digits")
    waiting = ", ".join(one.reference for one in mine) or "nothing"
    raise OwnerError(f"{thing} does not ask about order {order}; it asks about {waiting}")


def plain(word: str) -> str:
    """A name as it stands if it can be read only one way, quoted and escaped otherwise."""
    sound = word.isprintable() and word == word.strip()
    return word if sound else json.dumps(word)
