"""How times, money, states and histories are said to people."""

import datetime
import re
import zoneinfo
from collections.abc import Callable

from firmware.mandate.currency import exponent

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
SEVERITIES = {1: "notice", 2: "minor", 3: "major", 4: "critical"}
BANDS = ("nearly empty", "low", "half", "well filled", "full")
UTC = datetime.UTC

# How a state looks: it needs somebody, it moves by itself, it is well, it is over.
BAD, MOVING, GOOD, OVER = "bad", "moving", "good", "over"
LOOKS = {
    "disputed": BAD, "expired": BAD, "open": BAD, "answered": BAD, "safe": BAD,
    "critical": BAD, "major": BAD,
    "placed": MOVING, "confirmed": MOVING, "shipped": MOVING, "delivered": MOVING,
    "accepted": MOVING, "scheduled": MOVING, "done": MOVING, "raised": MOVING, "new": MOVING,
    "restoring": MOVING, "minor": MOVING, "waiting": MOVING,
    "verified": GOOD, "closed": GOOD, "settled": GOOD, "run": GOOD, "trusted": GOOD,
    "cancelled": OVER, "refused": OVER, "withdrawn": OVER, "cleared": OVER, "notice": OVER,
    "reset": OVER,
}  # fmt: skip


def zone_of(name: str | None) -> datetime.tzinfo:
    """The time zone of a name as browsers say it; UTC for what is none."""
    try:
        return zoneinfo.ZoneInfo(name) if name else UTC
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return UTC


def stamp(at: int | None, zone: datetime.tzinfo, now: int) -> str:
    """A moment: "Fri 27 Nov, 14:05", with the year where it is another one."""
    if at is None:
        return ""
    moment = datetime.datetime.fromtimestamp(at, zone)
    year = "" if moment.year == datetime.datetime.fromtimestamp(now, zone).year else " %Y"
    return moment.strftime(f"%a {moment.day} %b{year}, %H:%M")


def exact(at: int | None, zone: datetime.tzinfo, now: int) -> str:
    """A moment and what UTC calls it: "Fri 27 Nov, 14:05 (2026-11-27 13:05 UTC)"."""
    if at is None:
        return ""
    return f"{stamp(at, zone, now)} ({datetime.datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC)"


def day(at: int, zone: datetime.tzinfo, now: int) -> str:
    """A day: "today", "Fri 27 Nov", with the year where it is another one."""
    if datetime.datetime.fromtimestamp(at, zone).date() == datetime.datetime.fromtimestamp(
        now, zone
    ).date():
        return "today"
    return stamp(at, zone, now).rpartition(",")[0]


def date(at: int, zone: datetime.tzinfo) -> str:
    """A day for the foot of a chart: "27 Nov"."""
    moment = datetime.datetime.fromtimestamp(at, zone)
    return moment.strftime(f"{moment.day} %b")


def hour(at: int, zone: datetime.tzinfo) -> str:
    """A time of day: "14:05"."""
    return datetime.datetime.fromtimestamp(at, zone).strftime("%H:%M")


def span(seconds: float) -> str:
    """How long something takes: "40 min", "7 h", "12 d"."""
    if seconds < 90 * MINUTE_S:
        return f"{max(1, round(seconds / MINUTE_S))} min"
    if seconds < 2 * DAY_S:
        return f"{round(seconds / HOUR_S)} h"
    return f"{round(seconds / DAY_S)} d"


def ago(at: int | None, now: int) -> str:
    """A moment by its distance: "3 min ago", "in 2 h"."""
    if at is None:
        return "never"
    if abs(now - at) < MINUTE_S:
        return "now"
    return f"{span(now - at)} ago" if at < now else f"in {span(at - now)}"


def money(minor: int | None, currency: str) -> str:
    """An amount in its currency: "1,025.85 EUR"."""
    if minor is None:
        return ""
    places = exponent(currency)
    return f"{minor / 10**places:,.{places}f} {currency}".strip()


def said(word: str | None) -> str:
    """A name of the wire as people read it."""
    return (word or "").replace("_", " ")


# Words of histories that say more to people in another form.
SPOKEN = {"dispute": "signed a dispute", "experience": "signed its experience",
          "receipt": "signed a receipt", "parcel": "a parcel at the door",
          "denied": "denied: it never ordered this"}  # fmt: skip
DISPUTE_STATES = {1: "raised", 2: "withdrawn", 3: "settled"}


def spoken(word: str) -> str:
    """The word of a line of a history."""
    return SPOKEN.get(word, said(word))


UNITS = {"degC": "°C", "on/off": ""}  # where people write another sign
Count = Callable[[int], str]


def counted(known: dict | None, consumable: str) -> Count:
    """How quantities of a consumable are said: "1,000 g", or "100 cups" of what is only counted.

    known: what REST says of the thing's product (sim/desk/products.py), None: nothing.
    """
    how = ((known or {}).get("consumables") or {}).get(consumable)
    if how is None:
        return lambda quantity: f"{quantity:,} units"
    name = said(consumable) if how["unit"] == "count" else unit(how["unit"])
    return lambda quantity: f"{_short(quantity / how['scale'])} {name}"


def unit(name: str | None) -> str:
    """A unit as people write it; nothing for states and counts."""
    return "" if name in (None, "count") else UNITS.get(name, name)


# How the names of channels end that have these units.
ENDINGS = {"degC": "c", "%": "pct"}


def channel(name: str, of: str | None) -> str:
    """A channel with its unit, said once: boiler_temp_c in degC is "boiler temp, °C"."""
    if not unit(of):
        return said(name)
    ending = ENDINGS.get(of or "", re.sub(r"\W+", "_", of or "").lower())
    return f"{said(name.removesuffix('_' + ending))}, {unit(of)}"


def item(known: dict | None, consumable: str, sku: str) -> str:
    """What a stock number is, where the thing's product says it."""
    how = ((known or {}).get("consumables") or {}).get(consumable) or {"items": {}}
    return how["items"].get(sku, "")


def _short(number: float) -> str:
    return f"{number:,.4f}".rstrip("0").rstrip(".")


UNKNOWN = counted(None, "")


def event(entry: dict, zone: datetime.tzinfo, now: int, currency: str = "",
          count: Count = UNKNOWN) -> str:
    """What a line of a history adds to its word."""
    told = dict(entry["detail"])
    parts = []
    if "when_s" in told:
        parts.append(f"for {stamp(entry['at'] + told.pop('when_s'), zone, now)}")
    if "packs" in told:
        parts.append(plural(told.pop("packs"), "pack"))
    if "eta_s" in told:
        parts.append(f"arrives in {span(told.pop('eta_s'))}")
    if "quantity" in told:
        parts.append(f"{count(told.pop('quantity'))} seen")
    if "total_minor" in told:
        parts.append(money(told.pop("total_minor"), currency))
    if "charged_minor" in told:
        parts.append(f"charged {money(told.pop('charged_minor'), currency)}")
    if "severity" in told:
        parts.append(SEVERITIES.get(told.pop("severity"), "?"))
    if "confidence" in told:
        parts.append(f"{told.pop('confidence')} % sure")
    for key in ("reason", "text", "answer"):
        text = str(told.pop(key, "") or "")
        parts.append(text if " " in text else said(text))
    parts += [f"{said(key)} {value}" for key, value in told.items()]
    return ", ".join(filter(None, parts))


def statement(kind: str, told: dict, currency: str, count: Count) -> str:
    """What a thing signed, in words; `told` has the words of sim/desk/documents.py."""
    parts: list[str] = []
    if kind == "dispute":
        parts.append(DISPUTE_STATES.get(told["state"], "?"))
    if told.get("packs") is not None:
        parts.append(plural(told["packs"], "pack"))
    if told.get("quantity") is not None:
        parts.append(f"{count(told['quantity'])} seen")
    for key, word in (("total_minor", "ordered for"), ("charged_minor", "charged")):
        if told.get(key) is not None:
            parts.append(f"{word} {money(told[key], currency)}")
    if told.get("lead_s"):
        offered, took = told["lead_s"]
        parts.append(f"promised in {span(offered)}, took {span(took)}")
    if told.get("price_minor"):
        parts.append("agreed on {}, charged {}".format(
            *(money(minor, currency) for minor in told["price_minor"])))
    parts += [f"{name} {percent} %" for name, percent in (told.get("kept") or {}).items()]
    if "trust" in told:
        parts.append(f"trust now {told['trust']} %")
    if told.get("ledger_count"):
        parts.append(f"ledger entry {told['ledger_count']}, {told['ledger_head'][:8]}")
    return ", ".join(parts)


def plural(count: int, word: str) -> str:
    """A count with its noun."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
