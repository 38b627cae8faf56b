"""The key table of the wire as the desk knows it: integers on the wire, words in the code.

One row per field: key, word, form, and whether it may be absent. `read` turns the body of a
message into a dict of words and refuses what is missing or of another form; keys that are not in
the table come from a newer thing and are ignored. `write` is its inverse. The tests hold the
table against agent/wire/wire.cddl.
"""

from typing import NamedTuple

from sim.desk.codec import CodecError
from sim.desk.forms import (
    BODY_BYTES,
    Form,
    boolean,
    currency,
    document,
    evidence,
    id16,
    integer,
    list_of,
    map_of,
    name,
    natural,
    octets,
    one_of,
    row,
    text,
    uint,
)

# Envelope.
SEQ, KIND, ID, AT, UTC, BODY = 1, 2, 3, 4, 5, 6

HELLO, HEALTH, FINDING, RFQ, ORDER, ORDER_EVENT, CASE = 1, 2, 3, 4, 5, 6, 7
CASE_EVENT, DISPUTE, EXPERIENCE, UP_ACK, REPLY, USAGE, SHED = 8, 9, 10, 11, 12, 13, 14
REJECTION, QUESTION, UPDATE, FETCH, FAREWELL = 15, 16, 17, 18, 19

DOWN_ACK, OFFER, ORDER_STATUS, CASE_STATUS, MANDATE, EXEC = 1, 2, 3, 4, 5, 6
NOTICE, CONFIG, MANIFEST, RECONCILE, DECLINE, APPROVAL = 7, 8, 9, 10, 11, 12
PIECE = 13

ACCEPTED, EXISTS, REFUSED = 0, 1, 2

PIECES = 4  # of a file that a thing may ask for at once

SERVICES = ("repair", "replacement", "upgrade", "recharge", "software", "assistance", "alarm")


class MessageError(CodecError):
    """An authentic message whose body breaks wire.cddl; answered with a refusal."""


OUTCOME = natural(REFUSED)


def whole(body: "Body") -> Form:
    """Maps that are as a body of their own says."""

    def fits(value) -> bool:
        try:
            return bool(read(body, value))
        except MessageError:
            return False

    return fits


class Field(NamedTuple):
    """One row of the key table."""

    key: int
    word: str
    form: Form
    needed: bool = True


class Body(NamedTuple):
    """One kind of message or document: its name and its fields."""

    name: str
    fields: tuple[Field, ...]


def _body(title: str, *rows) -> Body:
    return Body(title, tuple(Field(*fields) for fields in rows))


ASKED = _body(
    "asked",
    (1, "consumable", name),
    (2, "sku", name),
    (3, "packs", natural(least=1)),
    (4, "pack_units", natural(least=1)),
    (5, "seller", name),
    (6, "total_minor", uint),
    (7, "currency", currency),
    (8, "lead_s", uint),
    (9, "stands_s", uint),
    (10, "terms", octets(12)),
    (11, "test", boolean),
)

NOTICE_DOCUMENT = _body(
    "notice",
    (1, "what", natural(5, 1)),
    (2, "sender", name),
    (3, "words", text()),
    (4, "written", uint),
    (5, "until", uint),
    (6, "product", name, False),
    (7, "versions", list_of(name), False),
    (8, "about", name, False),
    (9, "values", map_of(name, integer), False),
    (10, "severity", natural(4, 1), False),
    (11, "service", one_of(*SERVICES), False),
)

UP: dict[int, Body] = {
    HELLO: _body(
        "hello",
        (1, "boots", uint),
        (2, "reset_cause", text()),
        (3, "product", name),
        (4, "product_version", name),
        (5, "agent_version", name),
        (6, "mode", natural(1)),
        (7, "down_seq", uint),
        (8, "ledger_count", uint),
        (9, "ledger_head", id16),
        (10, "mandate_seq", uint),
        (11, "orders", list_of(id16), False),
        (12, "cases", list_of(id16), False),
        (13, "nonce", octets(8)),
        (14, "flash_appends", uint, False),
        (15, "board", name, False),
        (16, "release", uint, False),
        (17, "buys_not", text(), False),
    ),
    HEALTH: _body(
        "health",
        (1, "mode", natural(1)),
        (2, "consumables", map_of(name, uint)),
        (3, "findings", uint, False),
        (4, "waiting", uint, False),
        (5, "dropped", uint, False),
        (6, "heap_free", uint, False),
    ),
    FINDING: _body(
        "finding",
        (1, "monitor", name),
        (2, "mode", name),
        (3, "state", natural(3, 1)),
        (4, "severity", natural(4, 1)),
        (5, "confidence", natural(100)),
        (6, "score", integer),
        (7, "eta_s", uint, False),
        (8, "mended_by", name, False),
    ),
    RFQ: _body(
        "rfq",
        (1, "need", id16),
        (2, "consumable", name),
        (3, "skus", list_of(name, 5, 1)),
        (4, "quantity", uint),
        (5, "need_by_s", uint),
        (6, "round", uint),
        (7, "test", boolean),
        (8, "best_total_minor", uint, False),
        (9, "currency", currency, False),
    ),
    ORDER: _body("order", (1, "document", document)),
    ORDER_EVENT: _body(
        "order_event",
        (1, "order", id16),
        (2, "event", natural(7, 1)),
        (3, "quantity", uint, False),
        (4, "reason", text(), False),
        (5, "receipt", document, False),
    ),
    CASE: _body(
        "case",
        (1, "case", id16),
        (2, "mode", name),
        (3, "service", one_of(*SERVICES)),
        (4, "severity", natural(4, 1)),
        (5, "confidence", natural(100)),
        (6, "eta_s", uint, False),
        (7, "evidence", list_of(evidence)),
        (8, "tried", list_of(name), False),
        (9, "update", uint),
        (10, "advice", text(), False),
        (11, "monitor", name, False),
        (12, "remedy", name, False),
        (13, "part", name, False),
    ),
    CASE_EVENT: _body(
        "case_event",
        (1, "case", id16),
        (2, "event", natural(4, 1)),
        (3, "reason", text(), False),
    ),
    DISPUTE: _body("dispute", (1, "document", document)),
    EXPERIENCE: _body("experience", (1, "document", document)),
    UP_ACK: _body(
        "ack", (1, "message", uint), (2, "outcome", OUTCOME, False), (3, "reason", text(), False)
    ),
    REPLY: _body("reply", (1, "request", uint), (2, "text", text(BODY_BYTES))),
    USAGE: _body("usage", (1, "counts", list_of(row(name, uint)))),
    SHED: _body("shed", (1, "dropped", uint), (2, "total", uint)),
    REJECTION: _body("rejection", (1, "need", id16), (2, "reasons", map_of(name, text()))),
    UPDATE: _body(
        "update", (1, "release", uint), (2, "state", natural(6)), (3, "reason", text(), False)
    ),
    FETCH: _body(
        "fetch",
        (1, "release", octets(8)),
        (2, "file", uint),
        (3, "start", uint),
        (4, "pieces", natural(PIECES, 1)),
    ),
    FAREWELL: _body("farewell"),
    QUESTION: _body("question", (1, "order", id16), (2, "asked", whole(ASKED), False)),
}

DOWN: dict[int, Body] = {
    DOWN_ACK: _body(
        "ack",
        (1, "message", uint),
        (2, "outcome", OUTCOME),
        (3, "reason", text(), False),
        (4, "number", name, False),
        (5, "nonce", octets(8), False),
    ),
    OFFER: _body("offer", (1, "need", id16), (2, "document", document)),
    ORDER_STATUS: _body(
        "order_status",
        (1, "order", id16),
        (2, "state", natural(10, 5)),
        (3, "packs", uint, False),
        (4, "eta_s", uint, False),
        (5, "reason", text(), False),
        (6, "number", name, False),
        (7, "charged_minor", uint, False),
    ),
    CASE_STATUS: _body(
        "case_status",
        (1, "case", id16),
        (2, "state", natural(5, 2)),
        (3, "when_s", uint, False),
        (4, "reason", text(), False),
        (5, "number", name, False),
        (6, "seller", name, False),
    ),
    MANDATE: _body("mandate", (1, "document", document)),
    EXEC: _body("exec", (1, "request", uint), (2, "line", text())),
    NOTICE: _body(
        "notice", (1, "document", document, False), (2, "said", whole(NOTICE_DOCUMENT), False)
    ),
    CONFIG: _body(
        "config",
        (1, "request", uint),
        (2, "part", natural(3)),
        (3, "parts", natural(4, 1)),
        (4, "piece", document),
    ),
    MANIFEST: _body("manifest", (1, "document", document)),
    RECONCILE: _body(
        "reconcile",
        (1, "orders", list_of(row(id16, name, uint, uint, name, uint, uint, currency))),
        (2, "up_seq", uint),
        (3, "nonce", octets(8)),
        (4, "part", uint, False),
        (5, "parts", uint, False),
        (6, "mandate", uint, False),
    ),
    APPROVAL: _body("approval", (1, "document", document)),
    PIECE: _body(
        "piece",
        (1, "release", octets(8)),
        (2, "file", uint),
        (3, "start", uint),
        (4, "data", document),
    ),
    DECLINE: _body("decline", (1, "need", id16), (2, "seller", name), (3, "reason", text())),
}

ORDER_DOCUMENT = _body(
    "order",
    (1, "order", id16),
    (2, "thing", name),
    (3, "consumable", name),
    (4, "sku", name),
    (5, "packs", natural(least=1)),
    (6, "seller", name),
    (7, "total_minor", uint),
    (8, "currency", currency),
    (9, "offer_hash", octets(12)),
    (10, "mandate_hash", octets(12)),
    (11, "decision_hash", octets(12)),
    (12, "test", boolean),
    (13, "cycle", uint),
    (14, "utc", uint, False),
    (15, "price_minor", uint),
)

OFFER_DOCUMENT = _body(
    "offer",
    (1, "offer", octets(8)),
    (2, "need", id16),
    (3, "seller", name),
    (4, "sku", name),
    (5, "pack_units", uint),
    (6, "packs", natural(least=1)),
    (7, "price_minor", uint),
    (8, "shipping_minor", uint),
    (9, "tax_minor", uint),
    (10, "total_minor", uint),
    (11, "currency", currency),
    (12, "lead_s", uint),
    (13, "expires", uint),
    (14, "quality", natural(100)),
    (15, "carbon_g", uint),
    (16, "labels", list_of(name), False),
    (17, "round", uint, False),
)


def read(body: Body, content: dict) -> dict:
    """The known fields of `content` under their words; absent optional ones are None."""
    if not isinstance(content, dict):
        raise MessageError(f"{body.name}: body is not a map")
    words: dict = {}
    for field in body.fields:
        value = content.get(field.key)
        if value is None and not field.needed:
            words[field.word] = None
        elif value is None or not field.form(value):
            fault = "missing" if value is None else "not of its form"
            raise MessageError(f"{body.name}: {field.word} ({field.key}) is {fault}")
        else:
            words[field.word] = value
    return words


def write(body: Body, **words) -> dict:
    """The map of a body; words that are None are left out. Wrong words are our own bug."""
    content = {}
    for field in body.fields:
        value = words.pop(field.word, None)
        if value is not None:
            assert field.form(value), (body.name, field.word, value)
            content[field.key] = value
        else:
            assert not field.needed, (body.name, field.word)
    assert not words, (body.name, sorted(words))
    return content
