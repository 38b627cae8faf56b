"""The people around a thing: who refills it, who approves what it buys, who repairs it.

A delivery is put on the shelf; somebody fills the machine from there, hours later, sometimes only
half, sometimes not at all until a reminder. Nobody can put in what nobody has bought.
"""

from dataclasses import dataclass

from sim.world.clock import DAY, HOUR, MINUTE, World

LOOKS = 72  # at the desk, an hour apart, for a question that has not come there


@dataclass
class Habits:
    """How the people at a site behave; shares are 0..1, times in seconds."""

    after_s: tuple[int, int] = (HOUR, 6 * HOUR)
    half: float = 0.1
    forgets: float = 0.05
    reminded_s: int = 2 * DAY
    works_from_h: int = 7
    works_until_h: int = 18
    looks_every_s: int = 3 * HOUR
    refills_below: float = 0.25
    repair_fails: float = 0.0
    approves: float = 1.0
    approves_after_s: tuple[int, int] = (10 * MINUTE, 5 * HOUR)
    answers: str = "console"
    checks: float = 0.0


def habits_of(people) -> Habits:
    """The habits that a scenario's [people] table describes."""
    return Habits(
        after_s=people.refill_after,
        half=people.half,
        forgets=people.forgets,
        reminded_s=people.reminded_after,
        repair_fails=people.repair_fails,
        approves=people.approves,
        approves_after_s=people.approves_after,
        answers=people.answers,
        checks=people.checks,
    )


class Housekeeper:
    """Fills a plant from the shelf: after a delivery, and whenever a look shows it nearly empty.

    `told(what, consumable, amount)` is called for every act, so that a timeline can show it.
    `shelf` holds what was delivered and is not in the machine yet, in the consumable's unit.
    """

    def __init__(self, world: World, plant, habits: Habits, name: str, told=None):
        self.world = world
        self.plant = plant
        self.habits = habits
        self.shelf: dict[str, float] = {}
        self.fills = 0
        self._draw = world.stream(f"people/{name}")
        self._told = told or (lambda what, consumable, amount: None)
        self._forgotten: set[str] = set()
        world.after(habits.looks_every_s, self._look_around)

    def delivered(self, consumable: str, amount: float) -> None:
        """Goods arrived at the door."""
        self.shelf[consumable] = self.shelf.get(consumable, 0.0) + amount
        self._told("delivered", consumable, amount)
        habits = self.habits
        delay = self._draw.randint(*habits.after_s)
        if self._draw.random() < habits.forgets:
            self._told("forgot", consumable, amount)
            self._forgotten.add(consumable)
            delay += habits.reminded_s
        self.world.at(self._at_work(self.world.now + delay), self._fill, consumable)

    def reminded(self, consumable: str) -> None:
        """The thing, or whoever answers its case, says that something lies there unused."""
        if consumable in self._forgotten:
            self._forgotten.discard(consumable)
            soon = self.world.now + self._draw.randint(*self.habits.after_s)
            self.world.at(self._at_work(soon), self._fill, consumable)

    def _look_around(self) -> None:
        """Somebody passes by and sees what is nearly empty, if they do not forget."""
        self.world.after(self.habits.looks_every_s, self._look_around)
        if self._at_work(self.world.now) > self.world.now:
            return
        for consumable, level in sorted(self.plant.levels.items()):
            low = level < self.habits.refills_below * self.plant.consumables[consumable]
            if low and self.shelf.get(consumable, 0.0) > 0 and consumable not in self._forgotten:
                self._fill(consumable)

    def _fill(self, consumable: str) -> None:
        lying = self.shelf.get(consumable, 0.0)
        room = self.plant.room(consumable)
        if lying <= 0 or room < 0.2 * self.plant.consumables[consumable]:
            return
        amount = lying / 2 if self._draw.random() < self.habits.half else lying
        self._forgotten.discard(consumable)
        self._take_out(consumable)
        put = self.plant.refill(consumable, amount)
        self.shelf[consumable] = lying - put
        self.fills += 1
        self._told("refilled", consumable, put)

    def _take_out(self, consumable: str) -> None:
        """The water tank leaves its place to be filled."""
        if consumable.startswith("water") and hasattr(self.plant, "take_tank_out"):
            self.plant.take_tank_out(self._draw.randint(MINUTE, 4 * MINUTE))

    def _at_work(self, at: int) -> int:
        """The first second from `at` on at which somebody is there."""
        opens, closes = self.habits.works_from_h * HOUR, self.habits.works_until_h * HOUR
        of_day = (self.world.start_unix + at) % DAY
        if of_day < opens:
            return at + opens - of_day
        return at if of_day < closes else at + DAY - of_day + opens


class Owner:
    """Answers when the thing asks for approval: on its console, or by a document through the desk.

    `type_line(text)` types on the console. `sign(order, yes)` signs, and has the desk carry it;
    returns whether the desk has heard of the question.
    """

    def __init__(self, world: World, habits: Habits, name: str, type_line, sign=None):
        self.world = world
        self.habits = habits
        self._draw = world.stream(f"owner/{name}")
        self._type = type_line
        self._sign = sign

    def notified(self, text: str) -> None:
        """The thing told its owner something; "approve REF? ..." is a question."""
        words = text.replace("?", " ").split()
        if len(words) < 2 or words[0] != "approve":
            return
        yes = self._draw.random() < self.habits.approves
        delay = self._draw.randint(*self.habits.approves_after_s)
        if self.habits.answers == "desk":
            self.world.after(delay, self._look, words[1], yes, LOOKS)
        else:
            self.world.after(delay, self._type, f"{'approve' if yes else 'deny'} {words[1]}")

    def _look(self, order: str, yes: bool, looks: int) -> None:
        """See at the desk what is asked, and answer; what is not there yet is looked for again."""
        if not self._sign(order, yes) and looks > 1:
            self.world.after(HOUR, self._look, order, yes, looks - 1)


class Receiver:
    """Opens what is delivered and, being asked to by the scenario, counts it against the order.

    Only what is wrong is said: `type_line(text)` types on the thing's console.
    """

    def __init__(self, world: World, habits: Habits, name: str, type_line):
        self.world = world
        self.habits = habits
        self._draw = world.stream(f"receiver/{name}")
        self._type = type_line
        self._came: dict[str, int] = {}

    def delivered(self, order: bytes, packs: int, ordered: int, right: bool) -> None:
        """A parcel came for an order (its id) of so many packs; right: the article ordered."""
        name = order.hex()[:8]
        came = self._came[name] = self._came.get(name, 0) + packs
        if not right:
            self._say(name, "wrong")
        elif came != ordered:
            self._say(name, str(came))

    def notified(self, text: str) -> None:
        """The thing misses goods, "water (18edc3de) from corner: never came": look for them."""
        order = text.partition("(")[2].partition(")")[0]
        if (text.endswith("never came") or ": empty, but " in text) and order:
            self._say(order, str(self._came[order]) if order in self._came else "nothing")

    def _say(self, order: str, word: str) -> None:
        if self._draw.random() < self.habits.checks:
            delay = self._draw.randint(*self.habits.after_s)
            self.world.after(delay, self._type, f"received {order} {word}")


class Technician:
    """Repairs what a case is about, when the desk says that the visit took place."""

    def __init__(self, world: World, plant, habits: Habits, name: str):
        self.visits = 0
        self._plant = plant
        self._habits = habits
        self._draw = world.stream(f"technician/{name}")

    def visited(self, mode: str, signal: str | None = None) -> list[str]:
        """Do the work for a failure mode; returns what was put right, nothing when it failed."""
        self.visits += 1
        if self._draw.random() < self._habits.repair_fails:
            return []
        return self._plant.put_right(mode, signal)
