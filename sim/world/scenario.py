"""What a scenario file may say, and reading one so that a mistake is found and named.

A scenario is a product in a place: how long, what weather on the network, which people, sellers and
mandate, what breaks when, and what must be true at the end. `sim/scenarios/*.toml` are examples.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from boards import toml
from boards.fields import Duration, Model, Name, Share
from boards.locate import Lines
from boards.problems import DescriptionError, Problem, nearest
from sim.desk.market import KINDS as SELLERS
from sim.plants import KINDS
from sim.world.events import Allow, AnyEvent, Happening, Prices, all_times

FOLDER = Path(__file__).parents[1] / "scenarios"
PRODUCTS = Path(__file__).parents[2] / "boards" / "products"


def _plant(value: str) -> str:
    if value in KINDS or (value.endswith(".py") and Path(value).is_file()):
        return value
    raise ValueError(f"no plant {value!r}; {nearest(value, KINDS)}, or a Python file with one")


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _ordered(span: tuple[int, int]) -> tuple[int, int]:
    if span[0] > span[1]:
        raise ValueError(f"{span[0]} s to {span[1]} s: the shorter stands first")
    return span


Span = Annotated[tuple[Duration, Duration], BeforeValidator(_pair), AfterValidator(_ordered)]


class Weather(Model):
    """The network between thing and desk; shares of frames."""

    loss: Share = 0.0
    duplication: Share = 0.0
    reordering: Share = 0.0
    corruption: Share = 0.0
    delay: Span = (0, 2)


class People(Model):
    """Who refills and repairs, and how reliably."""

    refill_after: Span = (3_600, 21_600)
    half: Share = 0.1
    forgets: Share = 0.05
    reminded_after: Duration = 172_800
    repair_fails: Share = 0.0
    checks: Share = 0.0
    approves: Share = 1.0
    approves_after: Span = (600, 18_000)
    answers: Literal["console", "desk"] = "console"


class Seller(Model):
    """A supplier that carries everything the product may buy."""

    name: Name
    kind: Literal[tuple(SELLERS)] = "honest"  # type: ignore[valid-type]
    price_percent: Annotated[int, Field(ge=1, le=1000)] = 100
    shipping_minor: Annotated[int, Field(ge=0)] = 390
    tax_percent: Annotated[int, Field(ge=0, le=100)] = 19
    ships_after: Span = (3_600, 43_200)
    travels: Span = (43_200, 129_600)
    quality: Annotated[int, Field(ge=0, le=100)] = 80
    carbon_g: Annotated[int, Field(ge=0)] = 500


class Mandate(Model):
    """What the owner signs at the start; amounts in minor units."""

    currency: str = "EUR"
    approval: Literal["auto", "ask above", "ask always"] = "auto"
    ask_above: int = 0
    cap: int = 20_000
    day_budget: int = 40_000
    month_budget: int = 200_000
    day_orders: int = 8
    month_orders: int = 60
    seller_budget: int = 200_000
    consents: dict[str, list[str]] = Field(default_factory=dict)
    weights: dict[str, int] | None = None
    cancel_window: Duration = 0
    rounds: Annotated[int, Field(ge=1, le=9)] | None = None
    surge_percent: Annotated[int, Field(ge=1, le=100)] = 25
    surge_wait: Duration | None = None
    walk_away: dict[str, int] | None = None
    substitutes: dict[str, list[str]] | None = None
    sellers: list[str] | None = None


class Service(Model):
    """How fast the service department is."""

    accepts_after: Span = (600, 7_200)
    schedules_after: Span = (600, 14_400)
    works_after: Span = (43_200, 172_800)
    decides_after: Duration | None = None


class Expect(Model):
    """What must be true at the end; what is left out does not matter."""

    orders_placed: int | None = None
    orders_verified: int | None = None
    cases_opened: int | None = None
    cases_closed: int | None = None
    false_cases: int | None = None
    detected: list[str] = Field(default_factory=list)
    detected_within: Duration = 259_200
    lost_sales: Share | None = None
    stocked_out: Duration | None = None
    spent: int | None = None
    verified_unseen: int | None = None
    cost_percent: int | None = None
    wrongs_disputed: Share | None = None
    false_disputes: int | None = None
    forged_taken: int | None = None
    boots: int | None = None


class Scenario(Model):
    """One scenario file."""

    title: str
    about: str = ""
    product: str
    plant: Annotated[str, AfterValidator(_plant)]
    plant_settings: dict[str, float] = Field(default_factory=dict)
    duration: Duration
    seed: int = 1
    network: Weather = Weather()
    people: People = People()
    sellers: list[Seller] = Field(default=[Seller(name="corner")], min_length=1)
    mandate: Mandate | None = Mandate()
    service: Service = Service()
    events: list[AnyEvent] = Field(default_factory=list)
    expect: Expect = Expect()
    name: str = ""

    def product_file(self) -> Path:
        """The product's TOML: a name in boards/products or a path."""
        named = PRODUCTS / f"{self.product}.toml"
        return named if named.exists() else Path(self.product)


def names() -> list[str]:
    """The scenarios that come along."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name_or_path: str) -> Path:
    """The file of a scenario; FileNotFoundError says which names there are."""
    for path in (FOLDER / f"{name_or_path}.toml", Path(name_or_path)):
        if path.is_file():
            return path
    raise FileNotFoundError(f"no scenario {name_or_path!r}; {nearest(name_or_path, names())}")


def load(name_or_path: str) -> Scenario:
    """A scenario by name or path.

    Raises FileNotFoundError, DescriptionError with every mistake and its line, or ValueError for
    what describes a product.
    """
    path = find(name_or_path)
    text, data = toml.read(path)
    if "channels" in data and "duration" not in data:
        raise ValueError(f"{path}: this describes a product; write a scenario that names it and a "
                         "plant, which is its physics (sim/scenarios/README.md)")  # fmt: skip
    for key in ("product", "plant"):  # their own files are looked for beside it first
        beside = path.parent / str(data.get(key))
        if beside.suffix in (".toml", ".py") and beside.is_file():
            data[key] = str(beside)
    return parse(data, str(path), Lines(text))


def shortened(scenario: Scenario, duration: int) -> Scenario:
    """The beginning of a scenario. What the whole story must come to is then not asked."""
    if duration >= scenario.duration:
        return scenario
    events = [event for event in scenario.events if event.at <= duration]
    cut = {"duration": duration, "events": events, "expect": Expect()}
    return scenario.model_copy(update=cut)


def parse(data: dict[str, Any], file: str, lines: Lines | None = None) -> Scenario:
    """A scenario from decoded TOML; DescriptionError names what is wrong in `file`."""
    lines = lines or Lines("")
    try:
        scenario = TypeAdapter(Scenario).validate_python(data | {"name": Path(file).stem})
    except ValidationError as error:
        raise DescriptionError(
            [_problem(file, lines, details, data) for details in error.errors(include_url=False)]
        ) from error
    unknown = _unknown_sellers(scenario)
    if unknown:
        problems = [Problem(file, lines.line(place), place, words) for place, words in unknown]
        raise DescriptionError(problems)
    late = [i for i, event in enumerate(scenario.events) if event.at > scenario.duration]
    if late:
        message = "this happens after the scenario has ended"
        raise DescriptionError(
            [Problem(file, lines.line(("events", i)), ("events", i), message) for i in late]
        )
    return scenario.model_copy(update={"events": all_times(scenario.events, scenario.duration)})


def _unknown_sellers(scenario: Scenario) -> list[tuple[tuple, str]]:
    """Where a seller is allowed that the scenario does not have."""
    known = [seller.name for seller in scenario.sellers]
    terms = scenario.mandate
    places: list[tuple[tuple, list[str]]] = [
        (("mandate", "sellers"), (terms.sellers or []) if terms else [])
    ]
    places += [
        (("events", index, "sellers"), event.sellers)
        for index, event in enumerate(scenario.events)
        if isinstance(event, Allow)
    ]
    places += [
        (("events", index), [event.seller])
        for index, event in enumerate(scenario.events)
        if isinstance(event, Prices)
    ]
    return [
        ((*place, index), f"no seller {name!r}; {nearest(name, known)}")
        for place, names in places
        for index, name in enumerate(names)
        if name not in known
    ]


def _problem(file: str, lines: Lines, details: Any, data: Any) -> Problem:
    # Pydantic puts the name of the chosen event kind into the place; the file has no such part.
    kinds = {event["do"] for event in data.get("events", []) if isinstance(event, dict)
             and isinstance(event.get("do"), str)}
    path = tuple(part for part in details["loc"] if part not in kinds)
    return Problem(file, lines.line(path), path, _message(details))


def _keys(place: tuple) -> list[str]:
    """The keys that the table at a place (Pydantic's: an event's kind is part of it) may have."""
    if not place:
        return [key for key in Scenario.model_fields if key != "name"]  # that is the file's
    if place[0] == "events":
        kinds = {event.model_fields["do"].annotation: event for event in get_args(Happening)}
        table = next(event for kind, event in kinds.items() if place[2] in get_args(kind))
    else:
        kind = Scenario.model_fields[place[0]].annotation  # a table, a list of it, or it or None
        table = (*get_args(kind), kind)[0]
    return list(table.model_fields)


def _message(details: Any) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            *place, key = details["loc"]
            return f"unknown key {key!r}; {nearest(key, _keys(tuple(place)))}"
        case "missing":
            return "this key is missing and has no default"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"{details['input']!r} is not allowed; allowed: {context['expected']}"
        case "union_tag_invalid":
            return f"do = {context['tag']!r} is not allowed; allowed: {context['expected_tags']}"
        case "union_tag_not_found":
            return "says not what to do"
        case _:
            return f"{details['input']!r}: {details['msg'][0].lower()}{details['msg'][1:]}"
