"""A mandate as its owner writes it (TOML), and what of it the thing will hold itself to.

`read` finds every mistake with its file, line and key; `Draft.terms` is the map of
mandate-document in agent/wire/wire.cddl, ready to be signed once it has a sequence number.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.console.remote import PURPOSES
from agent.terms.butler import CLASSES
from boards import toml, units
from boards.fields import Model
from boards.locate import Lines
from boards.locate import Path as Place
from boards.problems import DescriptionError, Problem, nearest
from firmware.mandate import mandate_model as term
from firmware.mandate import owner
from firmware.mandate.mandate_model import (
    RULES,
    Approval,
    Budget,
    Consumable,
    Delivery,
    MandateFile,
    Negotiation,
    Quiet,
    Seller,
    Values,
    Weights,
)

# What a consent may be for: what leaves the thing, and what may be sent to it.
CONSENTED = (*PURPOSES, *CLASSES[1:])
WALK_AWAY_UNITS = 1000  # units x scale that a walk-away price is for


@dataclass
class Draft:
    """What a file came to: its terms without a sequence number, and every problem found."""

    file: str
    lines: Lines
    model: MandateFile | None = None
    terms: dict[int, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: Place, message: str, level: str = "error") -> None:
        """Add a problem at a key."""
        self.problems.append(Problem(self.file, self.lines.line(path), path, message, level))

    @property
    def sound(self) -> bool:
        """Whether it may be signed."""
        return bool(self.terms) and not any(one.level == "error" for one in self.problems)


def read(path: Path, product: dict | None = None) -> Draft:
    """The draft of a mandate file; OSError when it cannot be read at all.

    product: the compiled record of the thing's product, for names of consumables and items.
    """
    try:
        text, data = toml.read(path, Decimal)
    except DescriptionError as error:
        return Draft(str(path), Lines(""), problems=error.problems)
    draft = Draft(str(path), Lines(text))
    try:
        context = {"currency": data.get("currency", "")}
        draft.model = MandateFile.model_validate(data, context=context)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            place = tuple(part for part in details["loc"] if part != "[key]")
            draft.report(place, _message(details))
        return draft
    keys = _seller_keys(draft, path.parent)
    _check(draft, product)
    if not any(problem.level == "error" for problem in draft.problems):
        draft.terms = _terms(draft.model, keys, product)
    return draft


def named_product(path: Path) -> str | None:
    """The product that a mandate file names, if it can be told."""
    try:
        name = toml.read(path)[1].get("product")
    except DescriptionError:
        return None
    return name if isinstance(name, str) else None


def _terms(model: MandateFile, keys: dict[str, bytes], product: dict | None) -> dict[int, Any]:
    budget, approval = model.budget, model.approval
    terms: dict[int, Any] = {
        0: "mandate", term.THING: model.thing,
        term.FROM: model.valid_from, term.UNTIL: model.valid_until,
        term.CURRENCY: model.currency, term.APPROVAL: RULES.index(approval.rule),
        term.ASK_FROM: approval.above or 0, term.CAP: budget.order,
        term.DAY_BUDGET: budget.day, term.MONTH_BUDGET: budget.month,
        term.DAY_ORDERS: budget.orders_per_day, term.MONTH_ORDERS: budget.orders_per_month,
        term.SELLERS: [[name, keys[name], seller.month] for name, seller in model.sellers.items()],
    }  # fmt: skip
    terms |= {key: value for key, value in _further(model, product).items() if value is not None}
    return terms


def _further(model: MandateFile, product: dict | None) -> dict[int, Any]:
    """The optional terms; None for those that the file leaves out."""
    values, quiet, delivery = model.values, model.quiet_hours, model.delivery
    bargain = model.negotiation
    consumables = model.consumables.items()
    limited = {name: row for name, one in consumables if (row := _limits(model, one))}
    instead = {name: one.substitutes for name, one in consumables if one.substitutes}
    walk_away = {name: walk_away_minor(one, spec_of(product, name))
                 for name, one in consumables if one.walk_away is not None}  # fmt: skip
    window = None if delivery.at_most is None else [delivery.at_least, delivery.at_most]
    surge = None if bargain.surge_percent is None else [bargain.surge_percent, bargain.surge_wait]
    return {
        term.CONSUMABLES: limited or None,
        term.WEIGHTS: model.weights.model_dump() if model.weights else None,
        term.CONSENTS: {purpose: list(whom) for purpose, whom in model.consents.items()} or None,
        term.CANCEL_WINDOW: delivery.cancel_window,
        term.QUIET_HOURS: [quiet.begins, quiet.ends] if quiet else None,
        term.BLOCKED: model.blocked or None,
        term.SUBSTITUTES: instead or None,
        term.LEAST_QUALITY: values.minimum_quality,
        term.MOST_CARBON: values.maximum_carbon_g,
        term.LABELS: values.labels or None,
        term.DELIVERY: window,
        term.ROUNDS: bargain.rounds,
        term.WALK_AWAY: walk_away or None,
        term.SURGE: surge,
        term.COUNTS: _counts(model) or None,
    }


def _check(draft: Draft, product: dict | None) -> None:
    """What the keys of a file say about each other."""
    model, report = draft.model, draft.report
    assert model is not None
    if model.valid_until <= model.valid_from:
        report(("valid_until",), "this is not after valid_from")
    _check_amounts(draft, model)
    if (model.approval.rule == RULES[1]) != (model.approval.above is not None):
        report(("approval", "above"), f'this goes with rule = "{RULES[1]}", and only with it')
    least, most = model.delivery.at_least, model.delivery.at_most
    if (most is not None and least > most) or (most is None and least):
        report(("delivery", "at_least"), "this must be no more than at_most, and goes with it")
    if model.quiet_hours and model.quiet_hours.begins == model.quiet_hours.ends:
        report(("quiet_hours", "ends"), "quiet hours that end when they begin are none")
    for index, name in enumerate(model.blocked):
        if name in model.sellers:
            report(("blocked", index), f'"{name}" stands under sellers too')
    weights = model.weights
    if weights and (total := sum(weights.model_dump().values())) != 100:
        report(("weights",), f"together these are {total}; they must be 100")
    bargain = model.negotiation
    if (bargain.surge_percent is None) != (bargain.surge_wait is None):
        report(("negotiation", "surge_wait"), "surge_percent and surge_wait go together")
    for purpose, whom in model.consents.items():
        if purpose not in CONSENTED:
            report(("consents", purpose), f"no such purpose; {nearest(purpose, CONSENTED)}")
        elif purpose in PURPOSES and (deaf := [one for one in whom if one != "desk"]):
            report(("consents", purpose), f"only the desk is told this, never {deaf[0]}", "warning")
    for name, one in model.consumables.items():
        _check_consumable(draft, name, one, product)
        if name in model.sellers:
            report(("sellers", name), "a consumable has this name too; their limits would mix")


def _check_amounts(draft: Draft, model: MandateFile) -> None:
    budget = model.budget
    for word, amount, most, than in (
        ("day", budget.order, budget.day, "order"), ("month", budget.day, budget.month, "day"),
        ("orders_per_month", budget.orders_per_day, budget.orders_per_month, "orders_per_day"),
    ):  # fmt: skip
        if amount > most:
            draft.report(("budget", word), f"this is less than {than}", "warning")
    for name, seller in model.sellers.items():
        if seller.month > budget.month:
            draft.report(("sellers", name, "month"), "this is above the whole budget", "warning")


def _check_consumable(draft: Draft, name: str, one: Consumable, product: dict | None) -> None:
    place: Place = ("consumables", name)
    spec = spec_of(product, name)
    if product is not None and not spec:
        known = [known["name"] for known in product.get("consumables", [])]
        draft.report(place, f"the product has no such consumable; {nearest(name, known)}")
        return
    for index, sku in enumerate(one.substitutes):
        if spec and sku not in spec["items"]:
            allowed = nearest(sku, spec["items"])
            draft.report((*place, "substitutes", index), f"no item of {name}; {allowed}")
    if (one.walk_away is None) != (one.walk_away_for is None):
        draft.report((*place, "walk_away"), "walk_away and walk_away_for go together")
    elif one.walk_away is not None and not spec:
        draft.report((*place, "walk_away"), "the file must name its product for this")
    elif one.walk_away is not None:
        try:
            walk_away_minor(one, spec)
        except (ValueError, ArithmeticError) as error:
            draft.report((*place, "walk_away_for"), str(error))


def _limits(model: MandateFile, one: Consumable) -> list | None:
    """[cap of an order, budget of a month]; what the file leaves out is the whole budget's."""
    if one.order is None and one.month is None:
        return None
    return [model.budget.order if one.order is None else one.order,
            model.budget.month if one.month is None else one.month]  # fmt: skip


def _counts(model: MandateFile) -> dict[str, int]:
    """Orders a month of consumables and from sellers, which share one table."""
    counts = {name: one.orders_per_month for name, one in model.consumables.items()}
    counts |= {name: one.orders_per_month for name, one in model.sellers.items()}
    return {name: count for name, count in counts.items() if count is not None}


def walk_away_minor(one: Consumable, spec: dict) -> int:
    """The walk-away price of 1000 units x scale, rounded down: never above the owner's word."""
    size, unit = units.split(one.walk_away_for or "")
    steps = (units.convert(size, unit, spec["unit"]) if unit else size) * spec["scale"]
    return int(Decimal(one.walk_away or 0) * WALK_AWAY_UNITS / steps)


def spec_of(product: dict | None, name: str) -> dict:
    """Unit, scale of the wire and items of a consumable; empty when the product is not known."""
    for spec in (product or {}).get("consumables", []):
        if spec["name"] == name:
            channel = product["channels"][spec["channel"]] if product else {}
            return {"unit": spec["unit"], "scale": channel["scale"],
                    "items": [item["sku"] for item in spec.get("items", [])]}  # fmt: skip
    return {}


def _seller_keys(draft: Draft, folder: Path) -> dict[str, bytes]:
    keys = {}
    assert draft.model is not None
    for name, seller in draft.model.sellers.items():
        place: Place = ("sellers", name)
        if (seller.key is None) == (seller.key_file is None):
            draft.report(place, "give either key or key_file")
            continue
        try:
            if seller.key_file is None:
                place = (*place, "key")
                keys[name] = owner.checked(bytes.fromhex(seller.key or ""), "this")
            else:
                place = (*place, "key_file")
                keys[name] = owner.read_public(folder / seller.key_file)
        except OSError as error:
            draft.report(place, f"{error.filename}: {(error.strerror or 'unreadable').lower()}")
        except owner.OwnerError as error:
            draft.report(place, str(error))
    return keys


def _message(details: Any) -> str:
    came, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key; {nearest(str(details['loc'][-1]), _siblings(details['loc']))}"
        case "missing":
            return "this key is missing and has no default"
        case "literal_error":
            return f"{came!r} is not allowed; {nearest(str(came), RULES)}"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{came}: {details['msg'][0].lower()}{details['msg'][1:]}"


def _siblings(location: tuple) -> list[str]:
    """The keys that the table holding an unknown one does know."""
    if len(location) < 2:
        return sorted(MandateFile.model_fields)
    tables: dict[str, type[Model]] = {
        "sellers": Seller, "consumables": Consumable, "quiet_hours": Quiet, "budget": Budget,
        "approval": Approval, "delivery": Delivery, "values": Values, "weights": Weights,
        "negotiation": Negotiation,
    }  # fmt: skip
    return sorted(tables[location[0]].model_fields)
