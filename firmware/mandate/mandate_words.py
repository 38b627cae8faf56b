"""What a mandate says in plain words: read from the very map that is signed, never from the file.

Every term is shown, and two mandates that differ read differently, so whoever agrees to the words
agrees to the bytes. A term that this program does not know is shown as such and not signed.
"""

import datetime
import json
from typing import Any

from agent.money.mandate import DEFAULT_WEIGHTS
from agent.terms.butler import CLASSES
from firmware.mandate import mandate_model as term
from firmware.mandate import owner
from firmware.mandate.currency import shown
from firmware.mandate.mandate_file import WALK_AWAY_UNITS, spec_of

CONTROLS = ("resume buying", "pause buying", "end the mandate for good")
DEFAULTS = ", ".join(f"{value} {weight}" for value, weight in DEFAULT_WEIGHTS.items())

Line = tuple[str, str]


def lines(terms: dict[int, Any], product: dict | None = None) -> list[Line]:
    """(topic, words) of every term of a mandate or control document, in a fixed order.

    product: the compiled record of the thing's product, so that prices by weight name the unit.
    """
    if terms.get(0) == "control":
        return [
            ("thing", terms[2]), ("number", str(terms[1])), ("order", CONTROLS[terms[3]]),
            *unknown(terms),
        ]  # fmt: skip
    return [
        *_validity(terms), *_budget(terms), *_sellers(terms), *_consumables(terms),
        *_values(terms), *_bargaining(terms, product), *_consents(terms), *unknown(terms),
    ]  # fmt: skip


def unknown(terms: dict[int, Any]) -> list[Line]:
    """The terms that this program does not know."""
    known = range(4) if terms.get(0) == "control" else range(term.COUNTS + 1)
    return [(f"term {key}", f"{value!r} (unknown here)")
            for key, value in sorted(terms.items()) if key not in known]  # fmt: skip


def when(utc: int) -> str:
    """ "2026-01-05 00:00:00 UTC"."""
    return datetime.datetime.fromtimestamp(utc, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def lasting(seconds: int) -> str:
    """ "1d 2h 3min 4s"."""
    parts, left = [], seconds
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def _validity(terms: dict[int, Any]) -> list[Line]:
    paused = "paused: nothing is bought" if terms.get(term.PAUSED) else None
    return [
        ("thing", terms[term.THING]),
        ("number", str(terms[term.SEQUENCE])),
        ("holds", f"from {when(terms[term.FROM])} until {when(terms[term.UNTIL])}"),
        *_optional("now", paused),
    ]


def _budget(terms: dict[int, Any]) -> list[Line]:
    def money(key):
        return shown(terms[key], terms[term.CURRENCY])

    rule, above = terms[term.APPROVAL], money(term.ASK_FROM)
    asks = ("never", f"for an order above {above}", "for every order")[rule]
    if rule != 1 and terms[term.ASK_FROM]:
        asks += f" ({above} has no effect)"
    quiet = terms.get(term.QUIET_HOURS)
    window = terms.get(term.CANCEL_WINDOW)
    cancels = "until it is shipped" if window is None else f"within {lasting(window)}"
    return [
        ("an order", f"at most {money(term.CAP)}, shipping and tax inside"),
        ("a day", f"at most {money(term.DAY_BUDGET)} in {terms[term.DAY_ORDERS]} orders"),
        ("a month", f"at most {money(term.MONTH_BUDGET)} in {terms[term.MONTH_ORDERS]} orders"),
        ("asks you", asks),
        ("you cancel", cancels),
        *_optional("quiet", quiet and f"from {_clock(quiet[0])} to {_clock(quiet[1])} UTC"),
    ]


def _sellers(terms: dict[int, Any]) -> list[Line]:
    currency = terms[term.CURRENCY]
    rows = []
    for name, key, month in terms[term.SELLERS]:
        budget = f"at most {shown(month, currency)} a month"
        rows.append((f"seller {name}", f"{budget}, key {owner.fingerprint(key)}"))
    blocked = terms.get(term.BLOCKED)
    return [*rows, *_optional("never", blocked and _listed(blocked))]


def _consumables(terms: dict[int, Any]) -> list[Line]:
    currency, rows = terms[term.CURRENCY], []
    for name, (cap, month) in sorted(terms.get(term.CONSUMABLES, {}).items()):
        limit = f"at most {shown(cap, currency)} an order, {shown(month, currency)} a month"
        rows.append((f"for {name}", limit))
    for name, count in sorted(terms.get(term.COUNTS, {}).items()):
        rows.append((f"orders, {name}", f"at most {count} a month"))
    for name, items in sorted(terms.get(term.SUBSTITUTES, {}).items()):
        rows.append((f"instead of {name}", f"{_listed(items)} will do"))
    return rows


def _values(terms: dict[int, Any]) -> list[Line]:
    quality, carbon = terms.get(term.LEAST_QUALITY), terms.get(term.MOST_CARBON)
    labels, window = terms.get(term.LABELS), terms.get(term.DELIVERY)
    arrives = window and f"{lasting(window[0])} to {lasting(window[1])} after the order"
    return [
        *_optional("quality", None if quality is None else f"at least {quality} of 100"),
        *_optional("carbon", None if carbon is None else f"at most {carbon} g an order"),
        *_optional("labels", labels and f"all of {_listed(labels)}"),
        *_optional("delivery", arrives),
    ]


def _bargaining(terms: dict[int, Any], product: dict | None) -> list[Line]:
    weights, surge = terms.get(term.WEIGHTS), terms.get(term.SURGE)
    weighed = weights and ", ".join(f"{word} {share}" for word, share in sorted(weights.items()))
    rounds = terms.get(term.ROUNDS)
    rows = [
        ("weighs", weighed or f"{DEFAULTS} (nothing was said)"),
        *_optional("bargains", rounds and f"{rounds} rounds at most"),
    ]
    for name, most in sorted(terms.get(term.WALK_AWAY, {}).items()):
        price = shown(most, terms[term.CURRENCY])
        rows.append((f"walks away, {name}", f"above {price} for {_amount(product, name)}"))
    waits = surge and f"at {surge[0]} % above the usual price, for {lasting(surge[1])} at most"
    return [*rows, *_optional("waits", waits)]


def _consents(terms: dict[int, Any]) -> list[Line]:
    consents = terms.get(term.CONSENTS)
    if not consents:
        return [("tells", "nobody anything beyond its requests (no consent was given)")]
    return [(f"{'lets send' if purpose in CLASSES else 'tells, for'} {purpose}",
             _listed(whom) if whom else "nobody")
            for purpose, whom in sorted(consents.items())]  # fmt: skip


def _optional(topic: str, words: str | None) -> list[Line]:
    return [(topic, words)] if words else []


def _listed(names: list[str]) -> str:
    """Quoted as in JSON, so that no name can look like two."""
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)


def _amount(product: dict | None, name: str) -> str:
    """What a walk-away price is for: 1000 of the smallest steps in which the thing counts."""
    spec = spec_of(product, name)
    if not spec:
        return f"{WALK_AWAY_UNITS} of its smallest units"
    return f"{WALK_AWAY_UNITS / spec['scale']:g} {spec['unit']}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
