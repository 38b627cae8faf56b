"""What a scenario can make happen, and what must be said of it; `sim/world/happen.py` does it."""

from typing import Annotated, Literal

from pydantic import Field

from boards.fields import Duration, Model, Share
from sim.plants import SENSOR_FAULTS


class Event(Model):
    """Something that the scenario makes happen at a time, and again every so often: so many times
    in all, or to the end."""

    at: Duration
    every: Annotated[Duration, Field(gt=0)] | None = None
    times: Annotated[int, Field(ge=1)] | None = None


class Break(Event):
    do: Literal["break"]
    mode: str
    severity: Annotated[float, Field(gt=0, le=1)] = 1.0
    over: Duration = 0
    hung: bool = False


class Mend(Event):
    do: Literal["mend"]
    mode: str


class BreakSensor(Event):
    do: Literal["break sensor"]
    signal: str
    kind: Literal[tuple(SENSOR_FAULTS)]  # type: ignore[valid-type]
    hung: bool = False


class MendSensor(Event):
    do: Literal["mend sensor"]
    signal: str


class SwapSensor(Event):
    """Somebody puts in another sensor, which says so much more than the old one did in health."""

    do: Literal["swap sensor"]
    signal: str
    more: float = 0.0


class Set(Event):
    """Life changes: a setting of the plant has another value from here on."""

    do: Literal["set"]
    setting: str
    value: float


class Empty(Event):
    do: Literal["empty"]
    consumable: str


class Refill(Event):
    do: Literal["refill"]
    consumable: str
    amount: float | None = None


class CutNetwork(Event):
    do: Literal["cut network"]
    lasts: Duration


class SilenceDesk(Event):
    """The link is up, and nobody answers: the desk's own machine is down."""

    do: Literal["silence desk"]
    lasts: Duration


class Prices(Event):
    """All of a seller's prices are so many percent of what they were, for a while."""

    do: Literal["prices"]
    seller: str
    percent: Annotated[int, Field(ge=1, le=1000)]
    lasts: Duration


class Kill(Event):
    """The power goes and comes back after `off`."""

    do: Literal["kill"]
    off: Duration = 60


class CutPower(Event):
    """The power goes in the middle of the n-th operation on flash from now."""

    do: Literal["cut power"]
    operations: Annotated[int, Field(ge=1)] = 1
    share: Share = 0.5
    off: Duration = 60


class LoseFlash(Event):
    """The power goes, and with it everything the journal held."""

    do: Literal["lose flash"]
    off: Duration = 60


class RotFlash(Event):
    """The power goes, and a bit of the journal is another one when it comes back."""

    do: Literal["rot flash"]
    off: Duration = 60


class ClockJump(Event):
    """The desk's clock is wrong from here on, by so many seconds."""

    do: Literal["clock jump"]
    seconds: int


class Allow(Event):
    """The owner signs another mandate, for these sellers only."""

    do: Literal["allow"]
    sellers: Annotated[list[str], Field(min_length=1)]


class Replay(Event):
    """Somebody sends old recorded frames again, in both directions."""

    do: Literal["replay"]
    frames: Annotated[int, Field(ge=1)] = 20


class Tell(Event):
    """The desk, or a seller in signed words, tells the thing something; values are tenths."""

    do: Literal["tell"]
    what: Literal["advisory", "recall", "weather", "advertising", "note"]
    words: Annotated[str, Field(min_length=1, max_length=200)]
    sender: str = "desk"
    about: str | None = None
    lasts: Duration = 86_400
    severity: Annotated[int, Field(ge=1, le=4)] | None = None
    values: dict[str, int] | None = None


class Type(Event):
    """Somebody types a line on the console."""

    do: Literal["type"]
    line: str


Happening = (
    Break | Mend | BreakSensor | MendSensor | SwapSensor | Set | Empty | Refill | CutNetwork
    | SilenceDesk | Prices | Kill | CutPower | LoseFlash | RotFlash | ClockJump | Allow | Replay
    | Tell | Type
)  # fmt: skip
def all_times(events: "list[AnyEvent]", end: int) -> "list[AnyEvent]":
    """Each event as often as it happens before a time; every one at least once."""
    found = []
    for event in events:
        times = [event.at]
        if event.every is not None:
            times = list(range(event.at, max(end, event.at + 1), event.every))[: event.times]
        found += [event.model_copy(update={"at": at, "every": None, "times": None})
                  for at in times]  # fmt: skip
    return found


AnyEvent = Annotated[Happening, Field(discriminator="do")]
