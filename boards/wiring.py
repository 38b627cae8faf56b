"""What a board file may say: buses, pins, and one driver per channel."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from boards.fields import Duration, Model, Name, Share, Unit, Word
from boards.remedies import LONGEST_S
from boards.units import convert, split

Pin = Annotated[int, Field(ge=0, le=48)]
Argument = str | bool | int | float | list[int | float | str]


def _hertz(value: Any) -> Any:
    """ "400 kHz" as 400000; a plain number is in hertz already."""
    if not isinstance(value, str):
        return value
    size, unit = split(value)
    return int(convert(size, unit or "Hz", "Hz"))


class Bus(Model):
    """Wires that several sensors share."""

    kind: Literal["i2c", "spi", "onewire", "uart"]
    id: Annotated[int, Field(ge=0, le=31)] = 0
    pins: dict[str, Pin] = {}
    speed: Annotated[int, BeforeValidator(_hertz), Field(ge=0, le=80_000_000)] = 0


class Filter(Model):
    """One stage of a chain; exactly one key says which."""

    median: Annotated[int, Field(ge=3, le=31)] | None = None
    mean: Annotated[int, Field(ge=2, le=60)] | None = None
    ema: Annotated[float, Field(gt=0, le=1)] | None = None
    clamp: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    points: (
        Annotated[
            list[Annotated[list[float], Field(min_length=2, max_length=2)]],
            Field(min_length=2, max_length=16),
        ]
        | None
    ) = None
    debounce: Duration | None = None

    def stage(self) -> tuple[str, Any]:
        """The one key that was written and its value."""
        [(name, value)] = self.model_dump(exclude_none=True).items()
        return name, value


class Sensor(Model):
    """How one channel of the product is read."""

    about: str = ""
    driver: Name
    bus: str | None = None
    pins: dict[str, Pin] = {}
    field: Word | None = None
    args: dict[str, Argument] = {}
    filter: Annotated[list[Filter], Field(max_length=6)] = []
    unit: Unit | None = None


ALWAYS = "always"


class Output(Model):
    """Something that is switched, on the console, by a state or for a remedy: a lamp, a valve.

    safe_for: how long a remedy may have it the other way.
    """

    about: str = ""
    when: Literal["order waiting", "case open", "safe mode", "always"] | None = None
    safe_for: Annotated[Duration, Field(ge=1, le=LONGEST_S)] | None = None
    driver: Name
    bus: str | None = None
    pins: dict[str, Pin] = {}
    args: dict[str, Argument] = {}


class Power(Model):
    """A battery, which the thing spares by sleeping: how much it holds, and what is left of it."""

    battery: Name
    capacity: Annotated[int, Field(gt=0, le=1_000_000)]
    listen_every: Annotated[Duration, Field(ge=600)] = 6 * 3600
    low: Share = 0.25
    flat: Share = 0.05


class Board(Model):
    """How a thing is wired: the whole of one board file."""

    board: Name
    product: Name
    chip: Word
    wifi: bool = True
    about: str = ""
    buses: Annotated[dict[Name, Bus], Field(max_length=8)] = {}
    sensors: Annotated[dict[Name, Sensor], Field(max_length=64)]
    outputs: Annotated[dict[Name, Output], Field(max_length=16)] = {}
    power: Power | None = None
