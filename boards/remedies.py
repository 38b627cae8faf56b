"""What is to be tried for a failure, the cheapest first: by the thing, its owner or service."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from boards.fields import Duration, Model, Name, Word

OWN = ("switch", "exercise", "restart", "software")  # what the thing tries itself
# What belongs to each kind, besides its name: needed, possible.
KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "switch": (("output", "lasts"), ("look",)),
    "exercise": (("output", "lasts"), ("look",)),
    "restart": ((), ("look",)),
    "software": ((), ("look",)),
    "owner": ((), ()),
    "part": (("sku",), ()),
    "service": ((), ()),
}
LOOK_S = {"switch": 1800, "exercise": 1800, "restart": 1800, "software": 86_400}
LONGEST_S = 600  # an output is switched for a remedy; longer is a state


class Remedy(Model):
    """One remedy; `look`: how long the monitor is given to see that it helped."""

    about: str = ""
    name: Name
    kind: Literal["switch", "exercise", "restart", "software", "owner", "part", "service"]
    output: Name | None = None
    lasts: Annotated[Duration, Field(ge=1, le=LONGEST_S)] | None = None
    look: Annotated[Duration, Field(ge=600, le=7 * 86_400)] | None = None
    sku: Word | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        """A word alone is work for service."""
        return {"name": value, "kind": "service"} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        needed, possible = KEYS[self.kind]
        for key in ("output", "lasts", "look", "sku"):
            given = getattr(self, key) is not None
            if key in needed and not given:
                raise ValueError(f'a remedy of kind "{self.kind}" needs {key}')
            if given and key not in needed + possible:
                raise ValueError(f'a remedy of kind "{self.kind}" has no {key}')
        return self

    def record(self, channel: int) -> dict[str, Any]:
        """What the thing tries itself, in the device's words; `channel`: what is watched first."""
        look = self.look if self.look is not None else LOOK_S[self.kind]
        record = {"name": self.name, "look": look + (self.lasts or 0)}
        if self.kind == "restart":  # to the thing a sensor is one more output
            return record | {"output": f"sensor {channel}", "seconds": 0}
        return record | ({"output": self.output, "seconds": self.lasts} if self.output else {})

    def wish(self) -> list[str]:
        """What service is asked for, in the device's words."""
        return [self.name, self.sku] if self.sku else [self.name]
