"""What a signed document proves: who signed it, what it says, and what it points to.

Nothing here asks the desk. Signatures are checked with keys that the caller trusts; a mandate that
one of them signed vouches for the keys of the sellers it names. Documents name each other by hash,
so an order can be followed to the offer it took and to the mandate that allowed it.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.desk import codec, documents, messages
from sim.desk.approvals import terms_of

TABLES = {
    "order": messages.ORDER_DOCUMENT,
    "offer": messages.OFFER_DOCUMENT,
    "mandate": documents.MANDATE,
    "control": documents.CONTROL,
    "approval": documents.APPROVAL,
    "receipt": documents.RECEIPT,
    "dispute": documents.DISPUTE,
    "experience": documents.EXPERIENCE,
}
FILE_BYTES = 1 << 20
# What an order must have from its offer, and a receipt from its order.
TAKEN_OVER = ("seller", "sku", "packs", "price_minor", "total_minor", "currency")
RECEIVED = ("seller", "sku", "packs", "total_minor", "currency", "test")


@dataclass
class Proof:
    """One document: what was found out about it. `broken` is what forbids to rely on it."""

    file: str
    document: bytes
    kind: str = "unknown"
    words: dict[str, Any] = field(default_factory=dict)
    key_id: str = ""
    signer: str | None = None
    links: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def hash(self) -> bytes:
        """By which other documents name this one."""
        return codec.document_hash(self.document)

    @property
    def sound(self) -> bool:
        """Signed by a key that is trusted, well formed, and at odds with none of the others."""
        return self.signer is not None and not self.broken

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "file": self.file, "kind": self.kind, "sound": self.sound, "hash": self.hash.hex(),
            "key_id": self.key_id, "signer": self.signer, "broken": self.broken,
            "links": self.links, "terms": _plain(self.words),
        }  # fmt: skip


def load(path: Path) -> bytes:
    """The document in a file: as it is, in hexadecimal, or as "document" in a desk's JSON answer.

    Raises OSError, or ValueError for a file that cannot hold one.
    """
    data = path.read_bytes()
    if len(data) > FILE_BYTES:
        raise ValueError(f"{path}: {len(data)} bytes are no document")
    text = data.strip()
    if text.startswith(b"{"):
        try:
            text = json.loads(text)["document"].encode()
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f'{path}: JSON without a "document"') from error
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return data


def prove(files: list[tuple[str, bytes]], keys: dict[str, bytes]) -> list[Proof]:
    """Check documents, given as (file, bytes), by keys (name to X || Y), and link them."""
    proofs = [_read(Proof(file, document)) for file, document in files]
    for proof in proofs:
        _find_signer(proof, keys)
    sellers = _sellers_of(proofs)
    for proof in proofs:
        if proof.kind == "offer" and proof.signer is None and proof.words:
            _find_signer(proof, sellers.get(proof.words["seller"], {}))
    for proof in proofs:
        if proof.words:
            _LINKS.get(proof.kind, _no_links)(proof, proofs)
        if proof.signer is None and not proof.broken:
            proof.broken.append(f"no key given fits (its key id is {proof.key_id})")
    return proofs


def _read(proof: Proof) -> Proof:
    try:
        content = codec.peek_document(proof.document)
        proof.key_id = codec.key_id_of(proof.document).hex()
        proof.kind = str(content.get(0))
        if proof.kind not in TABLES:
            proof.broken.append(f"documents of kind {proof.kind!r} are not known")
        else:
            proof.words = messages.read(TABLES[proof.kind], content)
    except codec.CodecError as error:
        proof.broken.append(str(error))
    return proof


def _find_signer(proof: Proof, keys: dict[str, bytes]) -> None:
    for name, key in keys.items():
        if codec.key_id(key).hex() != proof.key_id:
            continue
        try:
            codec.open_document(proof.document, key, proof.kind)
        except codec.CodecError as error:
            proof.broken.append(f"{error}: {name}")
            continue
        proof.signer = name
        return


def _sellers_of(proofs: list[Proof]) -> dict[str, dict[str, bytes]]:
    """Seller to its keys, from mandates that are vouched for themselves."""
    known: dict[str, dict[str, bytes]] = {}
    for proof in proofs:
        if proof.kind == "mandate" and proof.sound:
            for name, key, _ in proof.words["sellers"]:
                known.setdefault(name, {})[f"{name}, named by {proof.file}"] = key
    return known


def _no_links(proof: Proof, proofs: list[Proof]) -> None:
    """Mandates and controls point to nothing."""


def _offer(proof: Proof, proofs: list[Proof]) -> None:
    words = proof.words
    parts = words["price_minor"] * words["packs"] + words["shipping_minor"] + words["tax_minor"]
    if parts != words["total_minor"]:
        proof.broken.append(f"its parts sum up to {parts}, its total is {words['total_minor']}")


def _order(proof: Proof, proofs: list[Proof]) -> None:
    words = proof.words
    about = [words["thing"], words["consumable"], words["cycle"]] + ["test"] * words["test"]
    if hashlib.sha256(codec.encode(about)).digest()[:16] != words["order"]:
        proof.broken.append("its id does not follow from thing, consumable and cycle")
    offer = _by_hash(proof, proofs, "offer", words["offer_hash"])
    if offer is not None:
        _same(proof, offer, TAKEN_OVER)
        if offer["need"] != words["order"]:
            proof.broken.append("the offer is for another need")
    mandate = _by_hash(proof, proofs, "mandate", words["mandate_hash"])
    if mandate is not None:
        proof.broken += _beyond(words, mandate)


def _beyond(order: dict, mandate: dict) -> list[str]:
    """What of an order its mandate does not allow, as far as one order alone can tell."""
    consumables = mandate["consumables"] or {}
    cap = consumables.get(order["consumable"], [mandate["cap_minor"]])[0]
    cap = min(cap, mandate["cap_minor"])
    utc, blocked = order["utc"], mandate["blocked"] or []
    begins, ends = mandate["valid_from"], mandate["valid_until"]
    checks = (
        (mandate["thing"] != order["thing"], "the mandate is another thing's"),
        (mandate["currency"] != order["currency"], "the mandate is in another currency"),
        (order["total_minor"] > cap, f"its total is above the cap of {cap}"),
        (order["seller"] not in [row[0] for row in mandate["sellers"]], "the mandate names no "
         f"seller {order['seller']}"),
        (order["seller"] in blocked or order["sku"] in blocked, "the mandate blocks it"),
        (utc is not None and not begins <= utc < ends, "the mandate did not hold then"),
    )  # fmt: skip
    return [words for broken, words in checks if broken]


def _approval(proof: Proof, proofs: list[Proof]) -> None:
    words, order = proof.words, _by_order(proof, proofs)
    if order is None:
        return
    _same(proof, order, ("thing",))
    if not words["yes"]:
        proof.broken.append("the owner said no to an order that stands here, signed")
    if order["total_minor"] > words["most_minor"]:
        proof.broken.append(f"the order costs {order['total_minor']}, the owner agreed to "
                            f"{words['most_minor']}")  # fmt: skip
    offer = _by_hash(proof, proofs, "offer", order["offer_hash"])
    if offer is not None and words["terms"] != terms_of(words["order"], offer):
        proof.broken.append("the owner agreed to other terms")


def _receipt(proof: Proof, proofs: list[Proof]) -> None:
    order = _by_order(proof, proofs)
    if order is not None:
        _same(proof, order, RECEIVED)


def _dispute(proof: Proof, proofs: list[Proof]) -> None:
    order = _by_order(proof, proofs)
    if order is None:
        return
    if proof.words["reason"] == documents.UNKNOWN_ORDER:
        proof.broken.append("it denies an order that stands here, signed")
    elif proof.words["total_minor"] not in (None, order["total_minor"]):
        proof.broken.append("its total is not the order's")


def _experience(proof: Proof, proofs: list[Proof]) -> None:
    order = _by_order(proof, proofs, proof.words["about"])
    if order is not None and order["seller"] != proof.words["seller"]:
        proof.broken.append("the order was with another seller")


_LINKS = {"offer": _offer, "order": _order, "approval": _approval, "receipt": _receipt,
          "dispute": _dispute, "experience": _experience}  # fmt: skip


def _by_hash(proof: Proof, proofs: list[Proof], kind: str, digest: bytes) -> dict | None:
    """The words of the document that is named, if it is here and may be relied on."""
    found = next((one for one in proofs if one.kind == kind and one.hash == digest), None)
    return _follow(proof, kind, digest, found)


def _by_order(proof: Proof, proofs: list[Proof], order_id: bytes | None = None) -> dict | None:
    order_id = order_id or proof.words["order"]
    found = next(
        (one for one in proofs if one.kind == "order" and one.words.get("order") == order_id), None
    )
    return _follow(proof, "order", order_id, found)


def _follow(proof: Proof, kind: str, name: bytes, found: Proof | None) -> dict | None:
    proof.links.append({"to": kind, "named": name.hex(), "file": found.file if found else None})
    if found is None or found.signer is None:
        return None
    return found.words


def _same(proof: Proof, other: dict, words: tuple[str, ...]) -> None:
    for word in words:
        if proof.words[word] != other[word]:
            proof.broken.append(f"{word} is {proof.words[word]}, there it is {other[word]}")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
