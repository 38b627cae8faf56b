"""The key tables of the documents about trust: what owner and thing sign, and anybody may check.

Orders and offers are in sim/desk/messages.py, for the desk trades on them; these it keeps, shows
and acts on by its disputes' rules. The tests hold both against agent/wire/wire.cddl.
"""

from sim.desk.forms import (
    boolean,
    currency,
    id16,
    list_of,
    map_of,
    name,
    natural,
    octets,
    row,
    text,
    uint,
)
from sim.desk.messages import _body

RESUME, PAUSE, REVOKE = range(3)

UNKNOWN_ORDER, PRICE_CHANGED, SHORT, WRONG, NEVER_CAME, DOUBLE, SENT_BACK = range(1, 8)
RAISED, WITHDRAWN, SETTLED = range(1, 4)


percent = natural(100)
names = list_of(name)
seller = row(name, octets(64), uint)

MANDATE = _body(
    "mandate",
    (1, "sequence", uint),
    (2, "thing", name),
    (3, "valid_from", uint),
    (4, "valid_until", uint),
    (5, "currency", currency),
    (6, "approval", natural(2)),
    (7, "ask_above_minor", uint),
    (8, "cap_minor", uint),
    (9, "day_minor", uint),
    (10, "month_minor", uint),
    (11, "day_orders", uint),
    (12, "month_orders", uint),
    (13, "sellers", list_of(seller, least=1)),
    (14, "consumables", map_of(name, row(uint, uint)), False),
    (15, "weights", map_of(name, percent), False),
    (16, "consents", map_of(name, names), False),
    (17, "cancel_window_s", uint, False),
    (18, "quiet_hours", row(uint, uint), False),
    (19, "paused", boolean, False),
    (20, "blocked", names, False),
    (21, "substitutes", map_of(name, names), False),
    (22, "least_quality", percent, False),
    (23, "most_carbon_g", uint, False),
    (24, "labels", names, False),
    (25, "delivery_s", row(uint, uint), False),
    (26, "rounds", uint, False),
    (27, "walk_away", map_of(name, uint), False),
    (28, "surge", row(percent, uint), False),
    (29, "counts", map_of(name, uint), False),
)

CONTROL = _body(
    "control",
    (1, "sequence", uint),
    (2, "thing", name),
    (3, "state", natural(REVOKE)),
)

APPROVAL = _body(
    "approval",
    (1, "order", id16),
    (2, "thing", name),
    (3, "terms", octets(12)),
    (4, "most_minor", uint),
    (5, "yes", boolean),
)

CANCEL = _body(
    "cancel",
    (1, "order", id16),
    (2, "thing", name),
)

RECEIPT = _body(
    "receipt",
    (1, "order", id16),
    (2, "thing", name),
    (3, "seller", name),
    (4, "sku", name),
    (5, "packs", uint),
    (6, "quantity", uint),
    (7, "total_minor", uint),
    (8, "currency", currency),
    (9, "test", boolean),
    (10, "decision_hash", octets(12)),
    (11, "entry_hash", octets(12)),
    (12, "utc", uint, False),
)

DISPUTE = _body(
    "dispute",
    (1, "order", id16),
    (2, "thing", name),
    (3, "reason", natural(SENT_BACK, UNKNOWN_ORDER)),
    (4, "state", natural(SETTLED, RAISED)),
    (5, "seller", name, False),
    (6, "total_minor", uint, False),
    (7, "charged_minor", uint, False),
    (8, "packs", uint, False),
    (9, "quantity", uint, False),
    (10, "ledger_count", uint),
    (11, "ledger_head", id16),
    (12, "entries", list_of(row(uint, octets(12))), False),
    (13, "utc", uint, False),
)

EXPERIENCE = _body(
    "experience",
    (1, "about", id16),
    (2, "thing", name),
    (3, "seller", name),
    (4, "lead_s", row(uint, uint), False),
    (5, "price_minor", row(uint, uint), False),
    (6, "kept", map_of(name, percent)),
    (7, "trust", percent),
    (8, "utc", uint, False),
)

RELEASE = _body(
    "release",
    (1, "number", natural(least=1)),
    (2, "product", name),
    (3, "version", name),
    (4, "board", name),
    (5, "runtime", name),
    (6, "bytes", uint),
    (7, "files", uint),
    (8, "list", octets(32)),
    (9, "list_bytes", uint),
    (10, "mends", text(), False),
)
